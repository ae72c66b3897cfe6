"""Sub-words, words and characters: one text seen at three grains, and sums that stay sums."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

import torch
from torch import Tensor

from attention_core.errors import TextError


def _combining() -> str:
    """Every combining mark, as ranges inside a character class: `re` has no name for them."""
    marks = [code for code in range(0x300, 0x1F000) if unicodedata.category(chr(code))[0] == "M"]
    runs = [
        [code for _, code in run]
        for _, run in groupby(enumerate(marks), lambda place: place[1] - place[0])
    ]
    return "".join(rf"\U{run[0]:08x}-\U{run[-1]:08x}" for run in runs)


_CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W{_CJK}]"
_MARK = rf"[{_combining()}\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
_INNER = rf"(?:{_LETTER}|{_MARK}|[\u200c\u200d])*"  # Persian and Indic words hold joiners
_FLAG = r"[\U0001f1e6-\U0001f1ff]"
_WORD = re.compile(
    rf"[{_CJK}]{_MARK}*"  # an ideograph or a syllable stands for itself
    rf"|{_LETTER}{_INNER}(?:['’-]{_LETTER}{_INNER})*"
    rf"|{_FLAG}{_FLAG}"
    rf"|[^\w\s]{_MARK}*(?:\u200d[^\w\s]{_MARK}*)*"  # one mark, or one joined emoji
)
_FRENCH = re.compile(rf"aujourd['’]hui|{_LETTER}+['’](?={_LETTER})|.+", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """One position of a model's input or output.

    start, end   characters of the axis's text; equal when the token stands for no character
    """

    text: str
    """What a reader sees: their own characters, never the tokenizer's marks."""
    start: int
    end: int
    special: bool = False
    """Put there by the model ([CLS], </s>), not by the reader."""
    segment: int = 0
    """0 for the first text, 1 for the second of a pair."""
    piece: str = ""
    """The tokenizer's own name for it, such as ``##ing`` or ``Ġthe``."""


@dataclass(frozen=True)
class Axis:
    """The tokens along one side of an attention matrix, and the text they come from."""

    name: str
    """text, source or target."""
    text: str
    tokens: tuple[Token, ...]
    language: str = ""
    """ISO 639-1 where it decides how words are cut; French cuts after an apostrophe."""
    segment_starts: tuple[int, ...] = field(default=(0,))
    """Where each text of a pair begins in `text`."""

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Token positions word by word, in order; a special token is a word of its own."""
        spans = word_spans(self.text, self.language)
        word_at = {
            place: word for word, (start, end) in enumerate(spans) for place in range(start, end)
        }
        made: list[list[int]] = []
        last: tuple[int, int] | None = None
        for position, token in enumerate(self.tokens):
            word = word_at.get(_first_visible(self.text, token))
            mine = None if token.special or word is None else (token.segment, word)
            if mine is not None and mine == last:
                made[-1].append(position)
            else:
                made.append([position])
            last = mine
        return tuple(map(tuple, made))

    @cached_property
    def words(self) -> Axis:
        """The same axis with one token for each word."""
        return Axis(
            self.name,
            self.text,
            tuple(self._joined([self.tokens[position] for position in g]) for g in self.groups),
            self.language,
            self.segment_starts,
        )

    def _joined(self, parts: list[Token]) -> Token:
        first, last = parts[0], parts[-1]
        if len(parts) == 1:
            return first
        start, end = _first_visible(self.text, first), last.end
        return Token(
            visible(self.text[start:end]), start, end, first.special, first.segment,
            " ".join(part.piece for part in parts),
        )  # fmt: skip


def _first_visible(text: str, token: Token) -> int:
    """Where the token's first non-space character is: ``Ġthe`` starts at its t."""
    place = token.start
    while place < token.end and text[place].isspace():
        place += 1
    return place if place < token.end else token.start


def word_spans(text: str, language: str = "") -> list[tuple[int, int]]:
    """Start and end of each word or mark; an ideograph is a word, French elides: J' | aime."""
    spans = [match.span() for match in _WORD.finditer(text)]
    if language != "fr":
        return spans
    return [match.span() for span in spans for match in _FRENCH.finditer(text, *span)]


def visible(text: str) -> str:
    """A reader's characters with the invisible ones named: U+200D alone becomes ⟨200D⟩.

    Joiners between visible characters stay, so that a joined emoji remains one picture.
    """
    if any(_shows(character) for character in text):
        text = text.strip() or text
        return "".join(
            character if _harmless(character) else f"⟨{ord(character):04X}⟩" for character in text
        )
    return "".join(f"⟨{ord(c):04X}⟩" if not c.isspace() else "␣" for c in text)


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"


def _harmless(character: str) -> bool:
    category = unicodedata.category(character)
    joins = character in "\u200c\u200d\ufe0e\ufe0f" or "\U000e0020" <= character <= "\U000e007f"
    return category[0] not in "C" or category == "Co" or joins


def readable(text: str) -> str:
    """The text a model may read: composed, on one line, without what cannot be encoded.

    Raises TextError when nothing is left.
    """
    text = "".join(c for c in text if unicodedata.category(c) != "Cs" and c != "\x00")
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(map(_shows, text)):
        raise TextError("There is no word here yet; type at least one word.")
    return text


def merge_keys(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Sub-words to words on the looked-at side: the sum, so that rows keep their total.

    weights  (..., query, key)
    returns  (..., query, group)
    """
    return weights @ membership(groups, weights)


def merge_queries(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Sub-words to words on the looking side: the mean, so that rows keep their total.

    weights  (..., query, key)
    returns  (..., group, key)
    """
    member = membership(groups, weights)
    return (member / member.sum(0).clamp_min(1)).T @ weights


def membership(groups: Sequence[Sequence[int]], like: Tensor) -> Tensor:
    """(token, group), 1 where the token belongs; every token in exactly one group."""
    member = torch.zeros(sum(map(len, groups)), len(groups), dtype=like.dtype)
    for column, group in enumerate(groups):
        member[list(group), column] = 1
    return member

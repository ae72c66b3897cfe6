"""Tokens along a text: each with its characters, grouped into words.

>>> axis = spaced("two words")
>>> [(token.text, token.start, token.end) for token in axis.tokens]
[('two', 0, 3), ('words', 4, 9)]
>>> len(axis), axis.groups, axis.unit
(2, ((0,), (1,)), 'tokens')
>>> axis.distances(axis).tolist()
[[0.0, 1.0], [1.0, 0.0]]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from attention_core.axes.axis import Axis, steps
from attention_core.axes.text import visible
from attention_core.axes.words import word_spans
from attention_core.marking import N_


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
class TextAxis:
    """The tokens along one side of an attention matrix, and the text they come from."""

    name: str
    """text, source or target."""
    text: str
    tokens: tuple[Token, ...]
    language: str = ""
    """ISO 639-1 where it decides how words are cut; French cuts after an apostrophe."""
    segment_starts: tuple[int, ...] = field(default=(0,))
    """Where each text of a pair begins in `text`."""

    unit = N_("tokens")

    def __len__(self) -> int:
        return len(self.tokens)

    def distances(self, keys: Axis) -> Tensor:
        """(query, key), tokens: how many places apart, both counted from the beginning."""
        return steps(len(self), len(keys))

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
            place = _first_visible(self.text, token)
            blank = -1 - place  # the bytes of one wide blank belong together, as those of a letter
            mine = None if token.special else (token.segment, word_at.get(place, blank))
            if mine is not None and mine == last:
                made[-1].append(position)
            else:
                made.append([position])
            last = mine
        return tuple(map(tuple, made))

    @cached_property
    def words(self) -> TextAxis:
        """The same axis with one token for each word."""
        parts = [[self.tokens[position] for position in group] for group in self.groups]
        follow = [*(_first_visible(self.text, group[0]) for group in parts[1:]), len(self.text)]
        joined = tuple(map(self._joined, parts, follow))
        return TextAxis(self.name, self.text, joined, self.language, self.segment_starts)

    def _joined(self, parts: list[Token], follows: int) -> Token:
        """The word that these tokens make, by the text's own characters.

        follows  where the next word begins: a token that reaches into it is cut there
        """
        first = parts[0]
        start, end = _first_visible(self.text, first), max(part.end for part in parts)
        end = min(end, follows) if follows > start else end
        if first.special or start >= end:
            return first
        pieces = " ".join(part.piece for part in parts)
        return Token(visible(self.text[start:end]), start, end, False, first.segment, pieces)


def _first_visible(text: str, token: Token) -> int:
    """Where the token's first non-space character is: ``Ġthe`` starts at its t."""
    place = token.start
    while place < token.end and text[place].isspace():
        place += 1
    return place if place < token.end else token.start


def spaced(text: str) -> TextAxis:
    """A text with one token for each word between blanks: for examples and notebooks."""
    tokens, end = list[Token](), 0
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        tokens.append(Token(word, start, end))
    return TextAxis("text", text, tuple(tokens))

"""From a reader's text to a model's tokens, each with the reader's own characters.

>>> from models.families import fake
>>> made = tokens(fake.tokenizer().backend_tokenizer, "cats")
>>> [(token.text, token.start, token.end) for token in made.axis.tokens if not token.special]
[('cat', 0, 3), ('s', 3, 4)]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tokenizers import Regex, Tokenizer, pre_tokenizers
from tokenizers.models import Unigram

from attention_core.axes.text import visible
from attention_core.axes.tokens import TextAxis, Token
from models.families.cutting import Cutter

SEPARATOR = "\n"
"""Between the two texts of a pair."""
_SPACES = "▁Ġ"
"""How SentencePiece and byte-level tokenizers write a space."""
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Tokens:
    """One text, or a pair, as a model takes it. ids and types: one number for each token."""

    axis: TextAxis
    ids: tuple[int, ...]
    types: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


def tokens(
    tokenizer: Cutter, text: str, second: str = "", name: str = "text", language: str = ""
) -> Tokens:
    """The text's tokens, and after them those of the second text of a pair.

    text, second  as `typed` or `readable` returns them
    """
    encoding = tokenizer.encode(text, second or None)
    whole = text + SEPARATOR + second if second else text
    start = len(text) + len(SEPARATOR) if second else 0
    columns = zip(  # each of these is built anew whenever it is asked for, so ask once
        encoding.tokens,
        encoding.sequence_ids,
        encoding.special_tokens_mask,
        encoding.type_ids,
        encoding.offsets,
        strict=True,
    )
    shown = _marked([_token(_Piece(*column), whole, start) for column in columns], whole)
    axis = TextAxis(name, whole, tuple(_numbered(shown)), language, (0, start) if second else (0,))
    return Tokens(axis, tuple(encoding.ids), tuple(encoding.type_ids))


def decoder_input(target: Tokens, start: int, piece: str, ends: frozenset[int]) -> Tokens:
    """What a decoder is given to predict the target: a start token first, no end token.

    start, piece  the id and the name of the start token
    ends          ids of end tokens, dropped where the target ends with one
    """
    keep = len(target) - (1 if target.ids and target.ids[-1] in ends else 0)
    first = Token(piece, 0, 0, special=True, piece=piece)
    axis = replace(target.axis, tokens=(first, *target.axis.tokens[:keep]))
    return Tokens(axis, (start, *target.ids[:keep]), (0,) * (keep + 1))


def cut(tokenizer: Cutter, text: str, second: str, limit: int) -> tuple[str, str]:
    """The longest beginnings of both texts that fit into `limit` tokens together.

    The longer text is shortened first, so that a short question keeps its words.
    """
    extra = tokenizer.num_special_tokens_to_add(bool(second))
    room = max(1, limit - extra)
    ends, second_ends = _ends(tokenizer, text), _ends(tokenizer, second)
    while True:
        share = _shares(len(ends), len(second_ends), room)
        shorter = text[: _end(ends, share[0])], second[: _end(second_ends, share[1])]
        if room == 1 or len(tokenizer.encode(shorter[0], shorter[1] or None).ids) <= limit:
            return shorter
        room -= 1


def _shares(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of each text are kept when both together have `room`."""
    if first <= second:
        mine = min(first, max(room // 2, room - second))
        return mine, min(second, room - mine)
    other, mine = _shares(second, first, room)
    return mine, other


def _ends(tokenizer: Cutter, text: str) -> list[int]:
    """Where each ordinary token of the text ends, in characters."""
    if not text:
        return []
    return [end for _, end in tokenizer.encode(text, add_special_tokens=False).offsets]


def _end(ends: Sequence[int], count: int) -> int:
    return max(ends[:count], default=0)


class _Piece(NamedTuple):
    """What a tokenizer says of one token."""

    name: str
    segment: int | None
    special: int
    type: int
    offsets: Sequence[int]


def _token(piece: _Piece, text: str, second_start: int) -> Token:
    if piece.special or piece.segment is None:
        place = 0 if piece.type == 0 else second_start
        return Token(piece.name, place, place, True, piece.type, piece.name)
    start, end = (place + second_start * piece.segment for place in piece.offsets)
    if not piece.name.strip(_SPACES) and text[start:end].strip():
        end = start  # a space that the tokenizer put in front; it points at the next letter
    shown = _shown(text[start:end], piece.name)
    return Token(shown, start, end, False, piece.segment, piece.name)


def _marked(row: Sequence[Token], text: str) -> list[Token]:
    """Each token with the accents behind its letter, where the tokenizer has stripped them."""
    made: list[Token] = []
    behind = len(text)
    for token in reversed(row):
        end = token.end
        while token.start < end < behind and unicodedata.category(text[end])[0] == "M":
            end += 1
        if end > token.end:
            token = replace(token, end=end, text=visible(text[token.start : end]))
        behind = behind if token.special else token.start
        made.append(token)
    return made[::-1]


def left_out(axis: TextAxis) -> tuple[str, ...]:
    """What a reader typed and no token stands for, blanks apart: the model does not read it."""
    covered = bytearray(len(axis.text))
    for token in axis.tokens:
        covered[token.start : token.end] = b"\1" * (token.end - token.start)
    lost = (
        c if not c.isspace() and not seen else " "
        for c, seen in zip(axis.text, covered, strict=True)
    )
    return tuple(dict.fromkeys("".join(lost).split()))


def guarded(tokenizer: Tokenizer, special: Iterable[str]) -> Tokenizer:
    """The tokenizer, so changed that typed text never becomes a special piece.

    A unigram model takes the letters of ``</s>`` for the piece itself, unless they are parted.
    """
    parts = [f"{re.escape(s[0])}(?={re.escape(s[1:])})" for s in sorted(special) if s[1:]]
    if parts and isinstance(tokenizer.model, Unigram):
        split = pre_tokenizers.Split(Regex("|".join(parts)), "isolated")
        before = [] if tokenizer.pre_tokenizer is None else [tokenizer.pre_tokenizer]
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*before, split])
    return tokenizer


def _shown(characters: str, piece: str) -> str:
    """The reader's characters; a token that stands for none shows its mark for a space."""
    if characters:
        return visible(characters)
    return visible(" " * len(piece) if not piece.strip(_SPACES) else piece)


def _numbered(row: Sequence[Token]) -> list[Token]:
    """Tokens that share a character get part numbers: 🦄₁ 🦄₂ are bytes of one 🦄."""
    made: list[Token] = []
    for group in _sharing(row):
        if len(group) == 1:
            made += group
            continue
        made += [
            replace(token, text=token.text + str(part).translate(_SUBSCRIPTS))
            for part, token in enumerate(group, start=1)
        ]
    return made


def _sharing(row: Sequence[Token]) -> list[list[Token]]:
    """Neighbours grouped while each begins before the one in front of it has ended."""
    groups: list[list[Token]] = []
    for token in row:
        last = groups[-1][-1] if groups else token
        shares = last.segment == token.segment and last.start <= token.start < last.end
        if groups and shares and not token.special:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups

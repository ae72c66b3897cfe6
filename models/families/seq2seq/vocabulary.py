"""Between texts and the numbers of a sequence-to-sequence model, one side at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from attention_core.axes.text import readable, visible
from attention_core.axes.tokens import TextAxis, Token
from models.families.cutting import Cutter, joined
from models.families.tokenization import Tokens, cut, tokens


@dataclass(frozen=True)
class Vocabulary:
    """What one side's texts are cut into.

    tokenizer  with the special tokens that this side puts around a text
    special    pieces that stand for no characters
    unknown    the piece for what the vocabulary does not have
    numbers    the model's number of each piece, where it is not the tokenizer's
    prefix     what is put before each text, such as ``translate English to French:``
    language   ISO 639-1; "" where it is not known
    """

    tokenizer: Cutter
    special: frozenset[str]
    unknown: str
    numbers: Mapping[str, int] | None = None
    prefix: str = ""
    language: str = ""

    def read(self, text: str, name: str) -> Tokens:
        """The pieces of a reader's text, as the model takes them; the prefix counts as special.

        Raises TextError when there is no word in it.
        """
        text = readable(text)
        made = tokens(self.tokenizer, self.prefix + text, name=name, language=self.language)
        axis = replace(made.axis, text=text, tokens=tuple(map(self._behind, made.axis.tokens)))
        if self.numbers is None:
            return replace(made, axis=axis)
        return replace(made, axis=axis, ids=tuple(self.number(t.piece) for t in axis.tokens))

    def _behind(self, token: Token) -> Token:
        """The token with its place counted from the end of the prefix."""
        start, end = (max(0, place - len(self.prefix)) for place in (token.start, token.end))
        inside = bool(self.prefix) and end == 0
        return replace(token, start=start, end=end, special=token.special or inside)

    def cut(self, text: str, limit: int) -> str:
        """The longest beginning of a text that has at most `limit` pieces with all around it."""
        shorter, _ = cut(self.tokenizer, self.prefix + readable(text), "", limit)
        return shorter.removeprefix(self.prefix)

    def number(self, piece: str) -> int:
        """The model's number of a piece; that of the unknown one where it has none."""
        return self._numbers.get(piece, self._numbers[self.unknown])

    @cached_property
    def known(self) -> frozenset[int]:
        """The numbers that have a piece."""
        return frozenset(self._numbers.values())

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return self.tokenizer.get_vocab() if self.numbers is None else self.numbers

    def piece(self, number: int) -> str:
        """The vocabulary's own name of a number; models have rows that no piece has."""
        return self._names.get(number, f"#{number}")

    @cached_property
    def _names(self) -> dict[int, str]:
        return {number: piece for piece, number in self._numbers.items()}

    def is_special(self, number: int) -> bool:
        return number not in self.known or self.piece(number) in self.special

    def text(self, numbers: Sequence[int]) -> str:
        """What the pieces say, special ones left out."""
        pieces = [self.piece(number) for number in numbers if not self.is_special(number)]
        return joined(self.tokenizer, pieces).strip()

    def shown(self, number: int) -> str:
        """One piece as a reader sees it; a space that stands alone is drawn."""
        if self.is_special(number):
            return self.piece(number)
        return visible(self.text([number])) or "␣"

    def written(self, numbers: Sequence[int], name: str) -> Tokens:
        """The pieces that a model wrote, each with its part of the text that they make."""
        text = self.text(numbers)
        made = tuple(self._placed(numbers, text))
        return Tokens(TextAxis(name, text, made, self.language), tuple(numbers), (0,) * len(made))

    def _placed(self, numbers: Sequence[int], text: str) -> Iterator[Token]:
        """A piece begins where the text of those before it ends: so half a letter has no width."""
        end = 0
        for place, number in enumerate(numbers, start=1):
            piece = self.piece(number)
            if self.is_special(number):
                yield Token(piece, end, end, special=True, piece=piece)
                continue
            start = end
            end = max(end, _shared(self.text(numbers[:place]), text))
            start += len(text[start:end]) - len(text[start:end].lstrip())
            yield Token(visible(text[start:end]) or self.shown(number), start, end, piece=piece)


def _shared(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))

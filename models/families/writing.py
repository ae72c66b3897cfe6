"""What a word of a translation was made of, whichever network wrote it: its logarithm as a function
of the vectors that the source enters as.

>>> from models.ours.translator.asking import TranslatorAsker
>>> TranslatorAsker.__base__.__name__
'WritingAsker'
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from attention_core.axes.tokens import TextAxis
from attention_core.errors import AttentionError, TextError
from attention_core.numbers.attribution import Around, Layer, Output
from attention_core.watching.capture import never
from models.families.asking import OFFERED, Blank, Candidate, Kind, Wanted

REMEMBERED: Final = 32
Given = TypeVar("Given")
"""What a network is called with for one pair."""


class Pair(NamedTuple, Generic[Given]):
    """A text and its translation. ids: of the target's pieces"""

    axis: TextAxis
    target: TextAxis
    ids: tuple[int, ...]
    given: Given


class Looks(NamedTuple):
    """What a decoder looked at in the source, layer by layer, and what both looked at besides."""

    cross: tuple[Layer, ...] = ()
    around: Around | None = None


Measure = Callable[[Tensor], Tensor]
"""From log-probabilities (batch, target, vocabulary) to the number of each text, (batch,)."""


class WritingAsker(ABC, Generic[Given]):
    """The outputs of one translator; many threads may ask at once.

    The output is the log-probability of one piece of the translation that it writes, given the
    pieces before it, or the difference of two. The looks are those of the decoder at the source.

    name  of the model, for sentences
    """

    kinds: tuple[Kind, ...] = ("translation",)
    mask = ""

    def __init__(self, name: str) -> None:
        self.name = name
        self._pair = lru_cache(REMEMBERED)(self._made)

    @property
    @abstractmethod
    def blanks(self) -> tuple[Blank, ...]:
        """What may stand where a token is taken away, the best first."""

    @abstractmethod
    def piece(self, number: int) -> str:
        """What a piece says; raises TextError when there is no such piece."""

    @abstractmethod
    def _made(self, text: str) -> Pair[Given]:
        """A text with the translation that the network writes of it."""

    @abstractmethod
    def _chances(self, pair: Pair[Given], vectors: Tensor | None = None) -> Tensor:
        """(batch, target, vocabulary): the log-probability of each piece at each step.

        vectors  (batch, source, width), in place of the source's tokens
        """

    @abstractmethod
    def _vectors(self, pair: Pair[Given]) -> Tensor:
        """(source, width): what the source's tokens enter as."""

    @abstractmethod
    def _blank(self, blank: Blank, given: Tensor) -> Tensor:
        """(source, width): what stands there when a token is taken away."""

    @abstractmethod
    def _looks(self, pair: Pair[Given], given: Tensor, measure: Measure) -> Looks:
        """Where the network looked for this number."""

    def masks(self, _text: str) -> int:
        """No word is masked."""
        return 0

    def written(self, text: str) -> tuple[str, ...]:
        """The pieces of its translation, each of which can be asked about."""
        return tuple(token.text for token in self._pair(text).target.tokens)

    @torch.no_grad()
    def shares(self, text: str, kind: Kind, place: int = 0) -> Tensor:
        """(vocabulary,), float64: the probability of every piece there, after those that it wrote
        before.
        """
        pair = self._asked(text, Wanted(kind, place=place))
        return self._chances(pair)[0, place].double().exp()

    @torch.no_grad()
    def loss(self, text: str) -> float | None:
        """The mean of −log p over the pieces of the translation that it writes by itself."""
        pair = self._pair(text)
        found = self._chances(pair)[0].double()
        return -float(found[range(len(pair.ids)), pair.ids].mean())

    @torch.no_grad()
    def candidates(self, text: str, kind: Kind, place: int = 0) -> list[Candidate]:
        """What else it could have written there, the piece that it wrote first."""
        shares, pair = self.shares(text, kind, place), self._pair(text)
        own, most = pair.ids[place], min(OFFERED, len(shares))
        best = [one for one in shares.topk(most).indices.tolist() if one != own and shares[one] > 0]
        return [Candidate(one, self.piece(one), float(shares[one])) for one in (own, *best)]

    def output(self, text: str, wanted: Wanted, cancelled: Callable[[], bool] = never) -> Output:
        """That number of one text.

        Raises TextError when there is nothing to read; AttentionError when there is no such output.
        """
        pair = self._asked(text, wanted)
        measure = self._measure(pair, wanted)
        given = self._vectors(pair).detach()
        special = torch.tensor([token.special for token in pair.axis.tokens])
        blank = torch.where(special[:, None], given, self._blank(self._chosen(wanted), given))

        @lru_cache(1)
        def looked() -> Looks:
            return self._looks(pair, given, measure)

        return Output(
            pair.axis, given, blank,
            torch.eye(len(pair.ids), dtype=torch.float64)[wanted.place],
            lambda vectors: measure(self._chances(pair, vectors)),
            lambda: looked().cross, self.name, cancelled, True,
            around=lambda: looked().around,
        )  # fmt: skip

    def _measure(self, pair: Pair[Given], wanted: Wanted) -> Measure:
        """From all log-probabilities to the wanted number."""
        word = pair.ids[wanted.place] if wanted.word is None else wanted.word
        self.piece(word)
        if wanted.rather is not None:
            self.piece(wanted.rather)
        if wanted.rather == word:
            raise AttentionError(
                "Both words are the same, so nothing speaks for one rather than the other; choose "
                "two words."
            )

        def measured(chances: Tensor) -> Tensor:
            at = chances[:, wanted.place]
            return at[:, word] if wanted.rather is None else at[:, word] - at[:, wanted.rather]

        return measured

    def _chosen(self, wanted: Wanted) -> Blank:
        blank = wanted.blank or self.blanks[0]
        if blank not in self.blanks:
            raise AttentionError(
                "{model} has no such token to put in place of a missing word; choose the mean of "
                "all words or zeros.",
                model=self.name,
            )
        return blank

    def _asked(self, text: str, wanted: Wanted) -> Pair[Given]:
        if wanted.kind not in self.kinds:
            raise AttentionError(
                "{model} translates; ask it what a word of its translation was made of.",
                model=self.name,
            )
        pair = self._pair(text)
        if not 0 <= wanted.place < len(pair.ids):
            raise TextError(
                "The translation has {count} pieces, so there is no piece {place}; choose one of "
                "them.",
                count=len(pair.ids),
                place=wanted.place + 1,
            )
        return pair

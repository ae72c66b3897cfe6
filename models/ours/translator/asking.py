"""What a word of a translation was made of: its number as a function of the source's vectors.

>>> from models.ours.translator.reader import load_translator
>>> asker = TranslatorAsker(load_translator("bahdanau-en-fr"))
>>> asker.written("I see a cat.")
('Je', 'vois', 'un', 'chat', '.', '</s>')
>>> output = asker.output("I see a cat.", Wanted("translation", place=3))
>>> [token.text for token in output.axis.tokens], output.layers[0].weights.shape
(['I', 'see', 'a', 'cat', '.', '</s>'], torch.Size([1, 6, 6]))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.axes.tokens import TextAxis
from attention_core.errors import AttentionError, TextError
from attention_core.numbers.attribution import Layer, Output
from attention_core.watching.acts import Body, Seat
from attention_core.watching.capture import Announced, Want, capture, never
from attention_core.watching.intervention import feed_forwards
from attention_core.watching.place import Place
from models.families.asking import OFFERED, Blank, Candidate, Kind, Wanted
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.transformer import Transformer
from models.ours.translator.vocabulary import START_ID

REMEMBERED: Final = 32


class _Pair(NamedTuple):
    """A text and its translation, as the network takes them. given: what the decoder is given"""

    axis: TextAxis
    target: TextAxis
    source: Tensor
    given: Tensor
    ids: tuple[int, ...]


class TranslatorAsker:
    """The outputs of one of our translators; many threads may ask at once.

    The output is the log-probability of one piece of the translation that it writes, given the
    pieces before it. The looks are those of the decoder at the source.
    """

    kinds: tuple[Kind, ...] = ("translation",)
    blanks: tuple[Blank, ...] = ("mean", "zero")
    mask = ""

    def __init__(self, reader: TranslatorReader) -> None:
        self.reader = reader
        self._pair = lru_cache(REMEMBERED)(self._made)

    def masks(self, _text: str) -> int:
        """No word is masked."""
        return 0

    def written(self, text: str) -> tuple[str, ...]:
        """The pieces of its translation, each of which can be asked about."""
        return tuple(token.text for token in self._pair(text).target.tokens)

    def piece(self, number: int) -> str:
        """What a piece says; raises TextError when there is no such piece."""
        if not 0 <= number < self.reader.network.shape.vocabulary:
            raise TextError(
                "{model} has no token number {number}; choose one of the words it offers.",
                model=self.reader.name,
                number=number,
            )
        return self.reader.shown(number)

    @torch.no_grad()
    def shares(self, text: str, kind: Kind, place: int = 0) -> Tensor:
        """(vocabulary,), float64: the probability of every piece there, after those that it wrote
        before.
        """
        pair = self._asked(text, Wanted(kind, place=place))
        logits = self.reader.network.follow(pair.source, pair.given).logits
        return logits[0, place].double().softmax(-1)

    @torch.no_grad()
    def loss(self, text: str) -> float | None:
        """The mean of −log p over the pieces of the translation that it writes by itself."""
        pair = self._pair(text)
        logits = self.reader.network.follow(pair.source, pair.given).logits[0].double()
        return float(nn.functional.cross_entropy(logits, torch.tensor(pair.ids)))

    def translated(self, text: str) -> str:
        """Its translation, searched for anew."""
        return self.reader.translate(text).text

    def body(self, text: str) -> Body:
        """What of the network can be acted upon while it translates the text."""
        pair, network = self._pair(text), self.reader.network
        read, wrote = len(pair.axis.tokens), len(pair.ids)
        hands = isinstance(network, Transformer)
        seats = {
            str(place): Seat(
                mechanism, getattr(mechanism, "heads", 1),
                read if place.stack == "encoder" else wrote,
                wrote if place.kind == "decoder" else read,
                hands, causal=place.kind == "decoder",
            )
            for place, mechanism in network.places.items()
        }  # fmt: skip
        return Body(seats, network.layers if hands else {}, self._mlps, self.reader.name)

    @cached_property
    @torch.no_grad()
    def _mlps(self) -> dict[Place, nn.Module]:
        network: Any = self.reader.network
        if not isinstance(network, Transformer):
            return {}
        with feed_forwards(network.sites, network.layers) as found:
            network.follow(torch.tensor([[START_ID]]), torch.tensor([[START_ID]]))
        return found

    @torch.no_grad()
    def candidates(self, text: str, kind: Kind, place: int = 0) -> list[Candidate]:
        """What else it could have written there, the piece that it wrote first."""
        shares, pair = self.shares(text, kind, place), self._pair(text)
        own = pair.ids[place]
        best = [one for one in shares.topk(OFFERED).indices.tolist() if one != own]
        return [Candidate(one, self.piece(one), float(shares[one])) for one in (own, *best)]

    def output(self, text: str, wanted: Wanted, cancelled: Callable[[], bool] = never) -> Output:
        """That number of one text.

        Raises TextError when there is nothing to read; AttentionError when there is no such output.
        """
        pair = self._asked(text, wanted)
        word = pair.ids[wanted.place] if wanted.word is None else wanted.word
        self.piece(word)
        if wanted.rather is not None:
            self.piece(wanted.rather)
        if wanted.rather == word:
            raise AttentionError(
                "Both words are the same, so nothing speaks for one rather than the other; choose "
                "two words."
            )

        def measure(logits: Tensor) -> Tensor:
            at = logits[:, wanted.place]
            if wanted.rather is None:
                return at.log_softmax(-1)[:, word]
            return at[:, word] - at[:, wanted.rather]

        network = self.reader.network
        given = network.embed(pair.source)[0].detach()
        special = torch.tensor([token.special for token in pair.axis.tokens])
        blank = torch.where(special[:, None], given, self._blank(wanted, given))
        return Output(
            pair.axis, given, blank,
            torch.eye(len(pair.ids), dtype=torch.float64)[wanted.place],
            lambda vectors: measure(self._followed(pair, vectors)),
            lambda: self._layers(pair, given, measure), self.reader.name, cancelled, True,
        )  # fmt: skip

    def _asked(self, text: str, wanted: Wanted) -> _Pair:
        if wanted.kind not in self.kinds:
            raise AttentionError(
                "{model} translates; ask it what a word of its translation was made of.",
                model=self.reader.name,
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

    def _made(self, text: str) -> _Pair:
        axis, pieces, target, ids = self.reader.pieces(text, self.reader.translate(text).text)
        given = torch.tensor([[START_ID, *ids[:-1]]])
        return _Pair(axis, target, torch.tensor([pieces]), given, tuple(ids))

    @torch.no_grad()
    def _blank(self, wanted: Wanted, given: Tensor) -> Tensor:
        blank = wanted.blank or self.blanks[0]
        if blank not in self.blanks:
            raise AttentionError(
                "{model} has no such token to put in place of a missing word; choose the mean of "
                "all words or zeros.",
                model=self.reader.name,
            )
        if blank == "zero":
            return torch.zeros_like(given)
        network: Any = self.reader.network
        whole: Tensor = network.embed(torch.arange(network.shape.vocabulary))
        return whole.mean(0).expand_as(given)

    def _followed(self, pair: _Pair, vectors: Tensor) -> Tensor:
        """(batch, target, vocabulary)"""
        rows = len(vectors)
        source, given = pair.source.expand(rows, -1), pair.given.expand(rows, -1)
        return self.reader.network.follow(source, given, vectors).logits

    def _layers(
        self, pair: _Pair, given: Tensor, measure: Callable[[Tensor], Tensor]
    ) -> tuple[Layer, ...]:
        """The decoder's looks at the source, layer by layer; nothing where there are none."""
        want = Want(gradients=True)
        with capture(want=want) as seen, torch.enable_grad():
            number = measure(self._followed(pair, given[None]))[0]
            if not seen.looks:
                return ()
            felt = seen.gradients(number).looks
        found = dict[str, list[tuple[Announced, Tensor]]]()
        for place, mechanism in self.reader.network.places.items():
            if place.crosses:
                found[str(place)] = [
                    (look, slope)
                    for look, slope in zip(seen.looks, felt, strict=True)
                    if look.module is mechanism
                ]
        return tuple(
            Layer(
                _stepped([look.weights.detach() for look, _slope in looks]),
                _stepped([slope for _look, slope in looks]),
            )
            for looks in found.values()
            if looks
        )


def _stepped(looks: list[Tensor]) -> Tensor:
    """(head, target, source) out of one look of all steps, or of one look a step."""
    size = looks[0].shape[-1]
    heads = looks[0].shape[-3] if looks[0].ndim > 3 else 1
    return torch.cat([look.reshape(heads, -1, size) for look in looks], 1)

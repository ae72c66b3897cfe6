"""What a word of a translation was made of: its number as a function of the source's vectors.

>>> from models.families.asking import Wanted
>>> from models.ours.translator.reader import load_translator
>>> asker = TranslatorAsker(load_translator("bahdanau-en-fr"))
>>> asker.written("I see a cat.")
('Je', 'vois', 'un', 'chat', '.', '</s>')
>>> output = asker.output("I see a cat.", Wanted("translation", place=3))
>>> [token.text for token in output.axis.tokens], output.layers[0].weights.shape
(['I', 'see', 'a', 'cat', '.', '</s>'], torch.Size([1, 6, 6]))
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.errors import TextError
from attention_core.numbers.attribution import Around, Layer
from attention_core.watching.acts import Body, Seat
from attention_core.watching.capture import Announced, Want, capture
from attention_core.watching.intervention import feed_forwards
from attention_core.watching.place import Place
from models.families.asking import Blank
from models.families.writing import Looks, Measure, Pair, WritingAsker
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.transformer import Transformer
from models.ours.translator.vocabulary import START_ID


class _Given(NamedTuple):
    """What the network is called with: the source, and what the decoder is given."""

    source: Tensor
    written: Tensor


class TranslatorAsker(WritingAsker[_Given]):
    """The outputs of one of our translators; many threads may ask at once."""

    blanks: tuple[Blank, ...] = ("mean", "zero")

    def __init__(self, reader: TranslatorReader) -> None:
        super().__init__(reader.name)
        self.reader = reader

    def piece(self, number: int) -> str:
        """What a piece says; raises TextError when there is no such piece."""
        if not 0 <= number < self.reader.network.shape.vocabulary:
            raise TextError(
                "{model} has no token number {number}; choose one of the words it offers.",
                model=self.name,
                number=number,
            )
        return self.reader.shown(number)

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
        return Body(seats, network.layers if hands else {}, self._mlps, self.name)

    @cached_property
    @torch.no_grad()
    def _mlps(self) -> dict[Place, nn.Module]:
        network: Any = self.reader.network
        if not isinstance(network, Transformer):
            return {}
        with feed_forwards(network.sites, network.layers) as found:
            network.follow(torch.tensor([[START_ID]]), torch.tensor([[START_ID]]))
        return found

    def _made(self, text: str) -> Pair[_Given]:
        axis, pieces, target, ids = self.reader.pieces(text, self.reader.translate(text).text)
        given = _Given(torch.tensor([pieces]), torch.tensor([[START_ID, *ids[:-1]]]))
        return Pair(axis, target, tuple(ids), given)

    def _vectors(self, pair: Pair[_Given]) -> Tensor:
        return self.reader.network.embed(pair.given.source)[0]

    @torch.no_grad()
    def _blank(self, blank: Blank, given: Tensor) -> Tensor:
        if blank == "zero":
            return torch.zeros_like(given)
        network: Any = self.reader.network
        whole: Tensor = network.embed(torch.arange(network.shape.vocabulary))
        return whole.mean(0).expand_as(given)

    def _chances(self, pair: Pair[_Given], vectors: Tensor | None = None) -> Tensor:
        rows = 1 if vectors is None else len(vectors)
        source, written = (one.expand(rows, -1) for one in pair.given)
        return self.reader.network.follow(source, written, vectors).logits.log_softmax(-1)

    def _looks(self, pair: Pair[_Given], given: Tensor, measure: Measure) -> Looks:
        """The decoder's looks at the source, and where they have any those of both at themselves;
        nothing where there are none.
        """
        with capture(want=Want(gradients=True)) as seen, torch.enable_grad():
            number = measure(self._chances(pair, given[None]))[0]
            if not seen.looks:
                return Looks()
            felt = seen.gradients(number).looks
        found = dict[str, list[Layer]]()
        for place, mechanism in self.reader.network.places.items():
            own = [
                (look, slope)
                for look, slope in zip(seen.looks, felt, strict=True)
                if look.module is mechanism
            ]
            if own:
                found.setdefault(place.kind, []).append(_layer(own))
        encoder, decoder, cross = (
            tuple(found.get(kind, ())) for kind in ("encoder", "decoder", "cross")
        )
        whole = encoder and len(decoder) == len(cross)
        return Looks(cross, Around(encoder, decoder) if whole else None)


def _layer(looks: list[tuple[Announced, Tensor]]) -> Layer:
    return Layer(
        _stepped([look.weights.detach() for look, _slope in looks]),
        _stepped([slope for _look, slope in looks]),
    )


def _stepped(looks: list[Tensor]) -> Tensor:
    """(head, query, key) out of one look of all steps, or of one look a step."""
    size = looks[0].shape[-1]
    heads = looks[0].shape[-3] if looks[0].ndim > 3 else 1
    return torch.cat([look.reshape(heads, -1, size) for look in looks], 1)

"""What a word of a translation of the library's encoder–decoders was made of.

Source and target are framed as the model frames them, and a step shares its probability among the
pieces that may come there, as the search does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from attention_core.errors import AttentionError, TextError
from attention_core.numbers.attribution import Around
from attention_core.watching.acts import Body, Seat
from models.families.asking import BLANKS, SAME, Blank
from models.families.layers import stacks
from models.families.seq2seq.search import chances
from models.families.seq2seq.translator import Seq2Seq
from models.families.untouched import FOREIGN, embeddings
from models.families.writing import Looks, Measure, Pair, WritingAsker

Inputs = Mapping[str, Tensor]


class Seq2SeqAsker(WritingAsker[Inputs]):
    """The outputs of one encoder–decoder of the library; many threads may ask at once."""

    def __init__(self, translator: Seq2Seq) -> None:
        super().__init__(translator.name)
        self.translator = translator
        self._model: Any = translator.watch.model

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """What may stand where a token is taken away, the best first."""
        known = {"mask": False, "padding": self._padding is not None}
        return tuple(one for one in BLANKS if known.get(one, True))

    @cached_property
    def _padding(self) -> int | None:
        found = getattr(self._model.config, "pad_token_id", None)
        rows: Any = self._table.weight
        return found if isinstance(found, int) and 0 <= found < len(rows) else None

    @cached_property
    def _table(self) -> nn.Module:
        """What turns the source's numbers into vectors."""
        found = embeddings(self._model.get_encoder())
        if found is None:
            raise self._unable()
        return found

    def piece(self, number: int) -> str:
        """What a piece says; raises TextError when there is no such piece."""
        side = self.translator.frame.target
        if number not in side.known:
            raise TextError(
                "{model} has no token number {number}; choose one of the words it offers.",
                model=self.name,
                number=number,
            )
        return side.shown(number)

    def translated(self, text: str) -> str:
        """Its translation, searched for anew."""
        return self.translator.translate(text).text

    def body(self, text: str) -> Body:
        """What of the model can be acted upon while it translates the text."""
        watch = self.translator.watch
        seats = {
            str(site.place): Seat(
                watch.places[str(site.place)], site.heads, len(site.queries.tokens),
                len(site.keys.tokens), causal=site.place.kind == "decoder",
            )
            for site in self.translator.translate(text).record.sites
            if str(site.place) in watch.places
        }  # fmt: skip
        return Body(seats, watch.layers, watch.mlps, self.name)

    def _made(self, text: str) -> Pair[Inputs]:
        source, target = self.translator.pair(text)
        inputs: Inputs = self.translator.inputs(source, target)
        pair = Pair(source.axis, target.axis, target.ids, inputs)
        self._check(pair)
        return pair

    @torch.no_grad()
    def _check(self, pair: Pair[Inputs]) -> None:
        """Raises AttentionError where the model takes vectors for something else than tokens."""
        try:
            plain = self._chances(pair)[0]
            again = self._chances(pair, self._vectors(pair)[None])[0]
        except FOREIGN as fault:
            raise self._unable() from fault
        wrote = range(len(pair.ids)), pair.ids
        if not torch.allclose(plain[wrote], again[wrote], rtol=SAME, atol=SAME, equal_nan=True):
            raise self._unable()

    def _unable(self) -> AttentionError:
        return AttentionError(
            "{model} does more with a token than to look up its vector, so it cannot be asked what "
            "an output was made of; choose another model.",
            model=self.name,
        )

    def _vectors(self, pair: Pair[Inputs]) -> Tensor:
        return torch.as_tensor(self._table(pair.given["input_ids"]))[0].detach()

    @torch.no_grad()
    def _blank(self, blank: Blank, given: Tensor) -> Tensor:
        if blank == "zero":
            return torch.zeros_like(given)
        rows: Any = self._table.weight
        numbers = torch.arange(len(rows)) if blank == "mean" else torch.tensor([self._padding])
        made: Tensor = self._table(numbers.to(given.device))
        return made.mean(0).expand_as(given)

    def _inputs(self, pair: Pair[Inputs], vectors: Tensor | None) -> dict[str, Any]:
        """What the model is called with, the source being vectors (batch, source, width)."""
        inputs: dict[str, Any] = {**pair.given, "use_cache": False}
        if vectors is None:
            return inputs
        del inputs["input_ids"]
        for name in ("attention_mask", "decoder_input_ids"):
            inputs[name] = inputs[name].expand(len(vectors), -1)
        return {**inputs, "inputs_embeds": vectors}

    def _shares(self, outputs: Any) -> Tensor:
        return chances(outputs.logits, self.translator.frame)

    def _chances(self, pair: Pair[Inputs], vectors: Tensor | None = None) -> Tensor:
        return self._shares(self._model(**self._inputs(pair, vectors), return_dict=True))

    def _looks(self, pair: Pair[Inputs], given: Tensor, measure: Measure) -> Looks:
        sizes = len(pair.axis.tokens), len(pair.ids)
        found = stacks(
            self.translator.watch, self._inputs(pair, given[None]), self._model, sizes,
            lambda outputs: measure(self._shares(outputs)),
        )  # fmt: skip
        encoder, decoder, cross = (found[kind] for kind in ("encoder", "decoder", "cross"))
        whole = encoder and len(decoder) == len(cross) > 0
        return Looks(cross, Around(encoder, decoder) if whole else None)

"""What a translator would say at a step if it looked otherwise there.

>>> from models.ours.translator.reader import load_translator
>>> looking = Looking(load_translator("bahdanau-en-fr"), "I see a cat.")
>>> looking.written[3], looking.rows.shape, looking.answer(3)(looking.rows[3][None]).shape[0]
('chat', torch.Size([6, 6]), 1)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from attention_core.axes.tokens import TextAxis
from attention_core.errors import AttentionError
from attention_core.watching.capture import WEIGHTS, capture
from attention_core.watching.edit import Edit
from models.ours.translator.network import select
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.recurrent import Recurrent
from models.ours.translator.vocabulary import START_ID


@dataclass(frozen=True)
class Row(Edit):
    """One query's weights put in place of its own, with their history. rows (case, key)"""

    rows: Tensor = field(default_factory=lambda: torch.empty(0))

    def apply(self, weights: Tensor, allowed: Tensor, first: int) -> Tensor:
        """weights (case, head, query, key)"""
        del allowed
        (step,) = self.queries or ()
        if not first <= step < first + weights.shape[-2]:
            return weights
        here = torch.arange(first, first + weights.shape[-2], device=weights.device) == step
        return torch.where(here[:, None], self.rows[:, None, None].to(weights), weights)


class Looking:
    """One translation of a translator with one look at a step; many threads may ask at once.

    axis     the pieces of the source; written: those of its translation
    rows     (step, key): where it looked
    """

    def __init__(self, reader: TranslatorReader, text: str) -> None:
        if not isinstance(reader.network, Recurrent) or len(reader.network.sites) != 1:
            raise AttentionError(
                "{model} does not look once a word: a Transformer looks many times; choose a "
                "recurrent translator.",
                model=reader.name,
            )
        self.reader = reader
        axis, pieces, target, ids = reader.pieces(text, reader.translate(text).text)
        self.axis: TextAxis = axis
        self.written = tuple(token.text for token in target.tokens)
        self._source = torch.tensor([pieces])
        self._given = torch.tensor([[START_ID, *ids[:-1]]])
        self.rows = self._looked()

    @torch.no_grad()
    def _looked(self) -> Tensor:
        with capture(want=WEIGHTS) as found:
            self.reader.network.follow(self._source, self._given)
        return torch.cat([one.weights[0] for one in found.looks])

    def answer(self, step: int) -> Callable[[Tensor], Tensor]:
        """From other weights at a step, (case, key), to the probability of each piece there."""
        network, (site,) = self.reader.network, self.reader.network.sites
        with torch.no_grad():
            read = network.encode(self._source)
            state = network.begin(read)
            for before in range(step):
                _logits, state = network.advance(read, self._given[:, before], state, before)

        def said(rows: Tensor) -> Tensor:
            same = torch.zeros(len(rows), dtype=torch.long)
            edit = Row(site, "zero", queries=(step,), rows=rows)
            with self.reader.editing([edit]):
                logits, _state = network.advance(
                    select(read, same), self._given[same, step], select(state, same), step
                )
            return logits.softmax(-1)

        return said

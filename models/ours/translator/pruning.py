"""How many heads a translator can do without: the least needed one is switched off, and so on.

Which head goes next is chosen on some pairs, by the loss of their translations; how well the rest
translates is reported on others, greedily written, by BLEU. Nothing is trained in between.

>>> from models.ours.translator.reader import load_translator
>>> pairs = [Pair("I see a cat.", "Je vois un chat.")]
>>> pruning = Pruning(load_translator("transformer-en-fr"), pairs, pairs)
>>> len(pruning), pruning.row(0, never).left
(73, 72)

Sources: Voita et al. 2019, https://arxiv.org/abs/1905.09418, who learn which heads to keep; Michel
et al. 2019, https://arxiv.org/abs/1905.10650, who take them away one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

import torch
from torch import nn

from attention_core.errors import ModelError, Superseded, TextError
from attention_core.watching.capture import never
from attention_core.watching.intervention import Intervention
from models.ours.translator import quality
from models.ours.translator.corpus import Pair
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.search import greedy_batch
from models.ours.translator.transformer import Transformer
from models.ours.translator.vocabulary import END_ID, PAD_ID, START_ID

AT_ONCE: Final = 64
"""Sentences in one batch."""
FEWEST: Final = 2
"""Pairs, one to choose on and one to report on."""

Head = tuple[str, int]
"""Its site and its number, from 0."""
__all__ = ["Head", "Pruning", "Step", "halves", "never"]


class Step(NamedTuple):
    """The translator after one more head is off.

    off           which one; None before the first
    left          heads that are on
    loss          nats a piece, on the pairs that heads are chosen on
    bleu          0 to 100, on the pairs that are reported on; None where it was not measured
    translations  of those
    """

    off: Head | None
    left: int
    loss: float
    bleu: float | None
    translations: tuple[str, ...]


def halves(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Every other pair to choose on, and the rest to report on.

    Raises TextError when there are too few.
    """
    if len(pairs) < FEWEST:
        raise TextError(
            "Heads are chosen on one half of the pairs and the translation is measured on the "
            "other, so at least two pairs are needed."
        )
    return list(pairs[::2]), list(pairs[1::2])


class Pruning:
    """The work of a job: row 0 is the whole translator, each further row has one head less.

    Raises ModelError for a translator whose heads cannot be switched off one by one.
    """

    def __init__(
        self, reader: TranslatorReader, chosen_on: Sequence[Pair], reported_on: Sequence[Pair],
        every: int = 1, tried: int | None = None,
    ) -> None:  # fmt: skip
        """
        every  after how many heads translations are measured; at both ends they always are
        tried  heads that are tried in a step: those that cost least when they were last tried; in
               the first step, and where it is None, all of them
        """
        if not isinstance(reader.network, Transformer):
            raise ModelError(
                "{model} has one head, so none can be left out; choose a Transformer.",
                model=reader.name,
            )
        self.reader, self.reported_on = reader, list(reported_on)
        self.every, self.tried = every, tried
        self.heads: list[Head] = [
            (site, head)
            for site, mechanism in reader.network.sites.items()
            for head in range(int(getattr(mechanism, "heads", 1)))
        ]
        self._off: list[Head] = []
        self._costs: list[dict[Head, float]] = [{}]
        whole = [reader.pieces(pair.source, pair.target, cut=True) for pair in chosen_on]
        self._batches = [
            _batch([(one, ids) for _axis, one, _target, ids in whole[start : start + AT_ONCE]])
            for start in range(0, len(whole), AT_ONCE)
        ]
        self._sources = [reader.source_pieces(pair.source, True)[1] for pair in reported_on]

    def __len__(self) -> int:
        return len(self.heads) + 1

    def row(self, place: int, cancelled: Callable[[], bool]) -> Step:
        """The translator with so many heads off.

        Raises Superseded when nobody waits any more.
        """
        del self._off[max(0, place - 1) :], self._costs[max(1, place) :]
        if not place:
            return self._step(None, self.loss([]), cancelled)
        known, losses = self._costs[-1], dict[Head, float]()
        left = [head for head in self.heads if head not in self._off]
        for head in sorted(left, key=lambda one: known.get(one, 0))[
            : self.tried if known else None
        ]:
            if cancelled():
                raise Superseded
            losses[head] = self.loss([*self._off, head])
        least = min(losses, key=losses.__getitem__)
        self._off.append(least)
        self._costs.append(known | losses)
        return self._step(least, losses[least], cancelled)

    @property
    def off(self) -> tuple[Head, ...]:
        """The heads that are off, in the order in which they went."""
        return tuple(self._off)

    def _step(self, off: Head | None, loss: float, cancelled: Callable[[], bool]) -> Step:
        left = len(self.heads) - len(self._off)
        if left and len(self._off) % self.every:
            return Step(off, left, loss, None, ())
        found = list[str]()
        with self.without(self._off):
            for start in range(0, len(self._sources), AT_ONCE):
                if cancelled():
                    raise Superseded
                some = self._sources[start : start + AT_ONCE]
                written = greedy_batch(self.reader.network, some)
                found += [str(self.reader.target.decode(ids)).strip() for ids in written]
        references = [[pair.target for pair in self.reported_on]]
        score = quality.score(found, references, self.reader.languages[1])
        return Step(off, left, loss, score.bleu, tuple(found))

    def without(self, off: Sequence[Head]) -> AbstractContextManager[None]:
        """The translator without these heads, inside the block and in this thread only."""
        sites = dict.fromkeys(site for site, _head in off)
        return self.reader.intervening(
            [
                Intervention(site, "heads", "zero", heads=tuple(h for s, h in off if s == site))
                for site in sites
            ]
        )

    @torch.inference_mode()
    def loss(self, off: Sequence[Head]) -> float:
        """Nats a piece of the pairs that heads are chosen on, without these heads."""
        total, count = 0.0, 0
        with self.without(off):
            for source, given, wanted in self._batches:
                logits = self.reader.network.follow(source, given).logits
                total += float(
                    nn.functional.cross_entropy(
                        logits.flatten(0, 1),
                        wanted.flatten(),
                        ignore_index=PAD_ID,
                        reduction="sum",
                    )
                )
                count += int((wanted != PAD_ID).sum())
        return total / count


def _batch(
    pairs: Sequence[tuple[list[int], list[int]]],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(source, what the decoder is given, what it must say), each (text, piece), padded."""
    sources = [source for source, _ids in pairs]
    given = [[START_ID, *ids[:-1]] for _source, ids in pairs]
    wanted = [[*ids[:-1], END_ID] for _source, ids in pairs]
    return _padded(sources), _padded(given), _padded(wanted)


def _padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([[*row, *[PAD_ID] * (width - len(row))] for row in rows])

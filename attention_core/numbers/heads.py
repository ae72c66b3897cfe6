"""Which head aligns? Every head of a model, read as word alignment in every way, and ranked.

>>> weights = torch.tensor([[[0.9, 0.1], [0.2, 0.8]], [[0.1, 0.9], [0.8, 0.2]]])
>>> gold = Gold(frozenset({Link(0, 0), Link(1, 1)}), frozenset())
>>> ranking = HeadRanking()
>>> ranking.add(AttendedPair([("cross.0", weights)], [[0], [1]], [[0], [1]], gold))
>>> best = ranking.best()
>>> best.site, best.head, best.scores.error_rate
('cross.0', 0, 0.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attention_core.axes.merging import merge_keys, merge_queries
from attention_core.errors import ShapeError, TextError
from attention_core.numbers.alignment import (
    EXTRACTIONS,
    Counts,
    Extraction,
    Gold,
    Link,
    Scores,
    crossing,
    linked,
)
from attention_core.numbers.alignment import shifted as look_of_other_step

Groups = Sequence[Sequence[int]]
Matrix = NDArray[np.float32]


class Method(NamedTuple):
    """A way to read links out of weights; `least` as in `extract`."""

    how: Extraction
    least: float = 0.0


METHODS: Final = tuple(
    sorted(
        (Method(how, least) for how, way in EXTRACTIONS.items() for least in way.tried),
        key=lambda method: method.least,
    )
)
"""Every way with every least weight it is tried with, those without one first."""
SHIFTS: Final = (0, 1, -1)
"""Decoding steps: 1 takes a word's look from the step after it was written."""


@dataclass(frozen=True)
class AttendedPair:
    """What a model looked at while it wrote one sentence, and the links it ought to have found.

    sites    name and weights (head, query piece, key piece) of each layer
    rows     for each target word its query pieces; a piece may belong to no word
    columns  for each source word its key pieces
    """

    sites: Sequence[tuple[str, Tensor]]
    rows: Groups
    columns: Groups
    gold: Gold


def at_words(weights: Tensor, pair: AttendedPair, shift: int) -> Matrix:
    """Words instead of pieces: added over keys, averaged over queries.

    weights  (..., query piece, key piece)
    shift    decoding steps between a word and the look that it is given
    returns  (..., target word, source word)
    """
    looks = look_of_other_step(merge_keys(weights.float(), pair.columns).numpy(), shift)
    merged: Matrix = merge_queries(torch.from_numpy(looks), pair.rows).numpy()
    return merged


class Ranked(NamedTuple):
    """One head read in one way. head is None for the mean of the heads of a site; several layers
    that are read `together` have a + in their name and one head.

    crossing_recall  found share of those sure links that cross another; 0 where none does
    """

    site: str
    head: int | None
    method: Method
    shift: int
    scores: Scores
    crossing_recall: float


class HeadRanking:
    """Heads × methods × shifts by alignment error rate, over the sentences added so far.

    Sentences are added one by one, so that a page can show how far it is and stop; only counts are
    kept of them.
    """

    def __init__(self, methods: Sequence[Method] = METHODS, shifts: Sequence[int] = SHIFTS) -> None:
        self.methods, self.shifts = tuple(methods), tuple(shifts)
        self.sentences = 0
        self._heads: list[tuple[str, int]] = []
        self._found: NDArray[np.int64]
        """(method, shift, head, kind): links found; of these sure, right, sure and crossing. The
        first sentence says how many heads there are."""
        self._gold = np.zeros(3, dtype=np.int64)
        """Sure, possible, and sure links that cross."""

    def add(self, pair: AttendedPair) -> None:
        """Count what every head finds in one sentence.

        Raises ShapeError when its sites are others than those before, or its gold links name a
        word that it has not.
        """
        self._expect([(name, len(weights)) for name, weights in pair.sites])
        gold = _gold_cells(pair)
        words = np.stack([self._words(pair, shift) for shift in self.shifts])
        for index, method in enumerate(self.methods):
            links = linked(words, *method)
            self._found[index, ..., 0] += links.sum((-2, -1))
            self._found[index, ..., 1:] += np.einsum("shij,kij->shk", links, gold, dtype=np.int64)
        sure, right, crossed = gold.sum((-2, -1))
        self._gold += (sure, right - sure, crossed)
        self.sentences += 1

    def _expect(self, heads: list[tuple[str, int]]) -> None:
        if not self.sentences:
            self._heads = heads
            readings = sum(count + (count > 1) for _, count in heads)
            shape = len(self.methods), len(self.shifts), readings, 4
            self._found = np.zeros(shape, dtype=np.int64)
        elif heads != self._heads:
            raise ShapeError(
                "This sentence has the heads {found} but those before it had {needed}; rank one "
                "model at a time.",
                found=heads, needed=self._heads,
            )  # fmt: skip

    def _words(self, pair: AttendedPair, shift: int) -> Matrix:
        """(head, target word, source word): added over keys, averaged over queries."""
        heads = torch.cat([_with_mean(weights) for _, weights in pair.sites])
        return at_words(heads, pair, shift)

    def table(self) -> list[Ranked]:
        """Every reading, the lowest error rate first.

        Of equals the one that finds more crossing links comes first, then earlier layers, heads
        before their mean, and methods and shifts in their order: the table is always the same.
        """
        return sorted(
            (self._ranked(*place) for place in np.ndindex(*self._order())),
            key=lambda ranked: (ranked.scores.error_rate, -ranked.crossing_recall),
        )

    def best(self) -> Ranked:
        """Raises TextError when no sentence was added."""
        if not self.sentences:
            raise TextError("There are no sentences with gold links; add at least one.")
        return self.table()[0]

    def _order(self) -> tuple[int, int, int]:
        return len(self._names()), len(self.methods), len(self.shifts)

    def _ranked(self, head: int, method: int, shift: int) -> Ranked:
        found, sure, right, crossed = map(int, self._found[method, shift, head])
        all_sure, possible, all_crossing = map(int, self._gold)
        return Ranked(
            *self._names()[head], self.methods[method], self.shifts[shift],
            Counts(found, all_sure, possible, sure, right).scores,
            crossed / all_crossing if all_crossing else 0.0,
        )  # fmt: skip

    def _names(self) -> list[tuple[str, int | None]]:
        return [
            (name, head)
            for name, count in self._heads
            for head in (*range(count), *([None] if count > 1 else []))
        ]


def _with_mean(weights: Tensor) -> Tensor:
    """(head, query, key) with the mean of the heads as one more, where there are several."""
    return torch.cat([weights, weights.mean(0, keepdim=True)]) if len(weights) > 1 else weights


def _gold_cells(pair: AttendedPair) -> NDArray[np.bool_]:
    """(kind, target word, source word): links that are sure, that are right, that cross."""
    sure, possible = pair.gold
    kinds: tuple[set[Link], ...] = set(sure), set(sure | possible), crossing(sure)
    cells = np.zeros((3, len(pair.rows), len(pair.columns)), dtype=np.bool_)
    for kind, links in enumerate(kinds):
        for link in links:
            if link.target >= len(pair.rows) or link.source >= len(pair.columns):
                raise ShapeError(
                    "There is a gold link {source}-{target}, counted from 0, but only {sources} "
                    "source words and {targets} target words; correct the gold links.",
                    source=link.source, target=link.target,
                    sources=len(pair.columns), targets=len(pair.rows),
                )  # fmt: skip
            cells[kind, link.target, link.source] = True
    return cells

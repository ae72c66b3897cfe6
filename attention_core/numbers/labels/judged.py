"""What heads are called where people have said what is right: heads that follow a relation of
grammar, heads that align. Each is held against the truth, and against the simplest guess.

>>> ones = torch.ones(1, 2, dtype=torch.int64)
>>> judged = Judged(torch.tensor([[36, 20]]), 40 * ones, 12 * ones, Guess(1, 16, 40))
>>> [round(end, 2) for end in judged.interval(0, 0)], judged.guess.share
([0.77, 0.96], 0.4)
>>> judged.having(), round(float(judged.scores.values[0, 1]), 2)
([(0, 0)], 0.5)

That a head must beat the best fixed offset: Clark et al. 2019, section 4.2,
https://arxiv.org/abs/1906.04341; how sure that is: `attention_core.numbers.share`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import torch
from torch import Tensor

from attention_core.numbers.heads import HeadRanking
from attention_core.numbers.named import Named
from attention_core.numbers.share import gained, wilson
from attention_core.numbers.syntax import EVERY, Study
from attention_core.numbers.syntax.study import LEAST
from attention_core.numbers.syntax.tree import PUNCTUATION

MARGIN: Final = 0.1
"""By how much a head must be right more often than the guess, at the least."""

NAMELESS: Final = (EVERY, PUNCTUATION)
"""What is no relation of grammar for which a head would be called."""


class Guess(NamedTuple):
    """What knows nothing of the model: an offset, or 0 for a diagonal; right in so many of all."""

    offset: int
    right: int
    all: int

    @property
    def share(self) -> float:
        return self.right / self.all if self.all else 0.0


@dataclass(frozen=True)
class Judged:
    """How often each head is right.

    right  (layer, head): in so many cases; where a layer has fewer heads, nothing of nothing
    all    (layer, head): cases
    both   (layer, head): in so many the guess is right too
    guess  the simplest guess at the same
    """

    right: Tensor
    all: Tensor
    both: Tensor
    guess: Guess

    @property
    def scores(self) -> Named:
        """(layer, head): the share that is right, 0 to 1; NaN where there is no case."""
        return Named(self.right / self.all, ("layer", "head"))

    def interval(self, layer: int, head: int) -> tuple[float, float]:
        """Of 95 %, of the share, as if the cases were independent of each other."""
        return wilson(int(self.right[layer, head]), int(self.all[layer, head]))

    def gain(self, layer: int, head: int) -> tuple[float, float, float]:
        """How far the share lies above that of the guess, and the ends of its interval of 95 %."""
        right, both = int(self.right[layer, head]), int(self.both[layer, head])
        low, high = gained(right - both, self.guess.right - both, self.guess.all)
        share = float(self.scores.values[layer, head])
        return share - self.guess.share, low, high

    def has(self, layer: int, head: int) -> bool:
        """Whether a head is called so: it gains MARGIN or more, and surely something."""
        gain, low, _high = self.gain(layer, head)
        return round(gain, 6) >= MARGIN and low > 0

    def having(self) -> list[tuple[int, int]]:
        """(layer, head) of every head that is called so, the highest score first."""
        return list(self._called)

    @cached_property
    def _called(self) -> list[tuple[int, int]]:
        layers, heads = self.right.shape
        found = [
            (layer, head)
            for layer in range(layers)
            for head in range(heads)
            if self.has(layer, head)
        ]
        return sorted(found, key=lambda place: -float(self.scores.values[place]))


def following(study: Study, places: Sequence[tuple[int, int]]) -> dict[str, Judged]:
    """Every relation that is frequent enough, by its name: how often each head names the head of a
    word. Each half of the sentences is asked with what was chosen on the other one.

    places  layer and number of each head of the study, from 0
    """
    layers, heads = (1 + max((place[axis] for place in places), default=-1) for axis in (0, 1))
    rows, columns = (torch.tensor([place[axis] for place in places]) for axis in (0, 1))
    made = dict[str, Judged]()
    for relation in (one.relation for one in study.table(LEAST)):
        found = study.turned(relation)
        if relation in NAMELESS or found is None:
            continue
        right, all_, both = torch.zeros(3, layers, heads, dtype=torch.int64)
        right[rows, columns] = torch.from_numpy(found.right)
        both[rows, columns] = torch.from_numpy(found.both)
        all_[rows, columns] = found.all
        made[relation] = Judged(right, all_, both, Guess(found.offset, found.guessed, found.all))
    return made


def aligning(
    halves: tuple[HeadRanking, HeadRanking], sites: Sequence[str], diagonal: Guess
) -> Judged:
    """How often the word that each head looks at most is one that people linked.

    halves    the same readings on two halves: the step of each head is chosen on the one and
              counted on the other
    sites     the layers in order
    diagonal  linking each word to the same place of the other sentence, on both

    Which words the diagonal has right as well is not counted: as few as there can be, which makes
    the interval as wide as it can be.
    """
    counted = [
        {(one.site, one.head, one.shift): one.scores for one in half.table() if one.site in sites}
        for half in halves
    ]
    heads = 1 + max((head for _site, head, _shift in counted[0] if head is not None), default=-1)
    right, all_ = torch.zeros(2, len(sites), heads, dtype=torch.int64)
    for chosen, reported in (counted, counted[::-1]):
        steps = dict[tuple[str, int], int]()
        for (site, head, shift), _scores in sorted(
            chosen.items(), key=lambda one: (-one[1].precision, abs(one[0][2]), one[0][2])
        ):
            if head is not None:
                steps.setdefault((site, head), shift)
        for (site, head), shift in steps.items():
            scores = reported[site, head, shift]
            place = sites.index(site), head
            right[place] += round(scores.precision * scores.found)
            all_[place] += scores.found
    both = (right + diagonal.right - all_).clamp_min(0)
    return Judged(right, all_, both, diagonal)

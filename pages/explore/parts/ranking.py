"""All heads of a reading in the order of what is asked of them, over words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
import torch
from torch import Tensor

from attention_core.numbers import patterns
from attention_core.numbers.named import Named
from attention_core.pictures.views import View, view
from pages.showing.readings import Part

LINES: Final = 160
"""Words whose lines can still be told apart."""
KNOWN: Final = (("it", "animal"), ("are", "keys"), ("full", "cup"))
"""Pairs that the examples are about: who looks, and at what."""


@dataclass(frozen=True)
class Ranked:
    """Every head's score.

    scores   (layer, head), 0 to 1; NaN where a layer has no such head or the text no such place
    even     the score of an even look at all that may be looked at; None where that says nothing
    ordered  (layer, head), the best first; of equals the earlier one
    """

    scores: Named
    even: float | None
    ordered: list[tuple[int, int]]

    @property
    def best(self) -> tuple[int, int] | None:
        """The first of them; None where nothing could be scored."""
        return self.ordered[0] if self.ordered else None


def seen(part: Part, layer: int) -> View:
    """One layer's heads, word by word."""
    return view(part.sites[layer], None, "words", "shown")


def rows(part: Part) -> list[str]:
    """The words that look."""
    return [row.text for row in seen(part, 0).rows]


def columns(part: Part) -> list[str]:
    """The words that are looked at."""
    return [column.text for column in seen(part, 0).columns]


def start(part: Part) -> tuple[int, int]:
    """Who looks and at what, before the reader chooses: what an example is about, or else the
    strongest look between two words in the mean of the last layer's heads.
    """
    here, there = rows(part), columns(part)
    for word, other in KNOWN:
        if word in here and other in there:
            return here.index(word), there.index(other)
    cell = seen(part, len(part.sites) - 1).telling()
    return (cell.row, cell.column) if cell else (0, 0)


def between(part: Part, here: Sequence[int], there: Sequence[int]) -> Ranked:
    """By what goes from some words to others."""

    def wanted(one: View) -> Tensor:
        return patterns.between(here, there, (len(one.rows), len(one.columns)))

    return _on(part, wanted)


def habit(part: Part, name: str) -> Ranked:
    """By a habit of `patterns.PATTERNS`, of the reader's words; special tokens are not asked."""

    def wanted(one: View) -> Tensor:
        said = [row.text for row in one.rows]
        pairs = patterns.PATTERNS[name].pairs(said)
        own = torch.tensor([not row.special for row in one.rows])
        pairs = pairs & own[:, None]
        if name != "first":
            pairs = pairs & own
        return torch.nn.functional.pad(pairs, (0, len(one.columns) - len(said)))

    return _on(part, wanted)


def like(part: Part, layer: int, head: int) -> Ranked:
    """By how alike they look to one of them, which is left out of the order."""
    model = torch.from_numpy(seen(part, layer).weights[head])
    found = _ranked(part, lambda one: patterns.likeness(torch.from_numpy(one.weights), model))
    return Ranked(found, None, [place for place in _order(found) if place != (layer, head)])


def table(
    part: Part, order: Sequence[tuple[int, int]], place: tuple[str, str],
    scored: Mapping[str, Ranked],
) -> pd.DataFrame:  # fmt: skip
    """A row for each head in that order: its layer and head from 1, then its scores.

    place   what the columns of layer and head are called
    scored  what the other columns are called, and what stands in them
    """
    return pd.DataFrame(
        {
            place[0]: [part.sites[layer].layer + 1 for layer, _head in order],
            place[1]: [head + 1 for _layer, head in order],
            **{
                name: [float(one.scores.values[at]) for at in order] for name, one in scored.items()
            },
        }
    )


def _on(part: Part, wanted: Callable[[View], Tensor]) -> Ranked:
    first = seen(part, 0)
    pairs = wanted(first)
    found = _ranked(part, lambda one: patterns.on(torch.from_numpy(one.weights), pairs))
    return Ranked(found, patterns.even(torch.from_numpy(first.allowed), pairs), _order(found))


def _ranked(part: Part, score: Callable[[View], Tensor]) -> Named:
    most = max(site.heads for site in part.sites)
    scores = torch.full((len(part.sites), most), torch.nan)
    for layer, site in enumerate(part.sites):
        scores[layer, : site.heads] = score(seen(part, layer))
    return Named(scores, ("layer", "head"))


def _order(scores: Named) -> list[tuple[int, int]]:
    """The places of what was scored, the best first."""
    known = [(layer, head) for layer, head in scores.values.isfinite().nonzero().tolist()]
    return sorted(known, key=lambda place: -float(scores.values[place]))

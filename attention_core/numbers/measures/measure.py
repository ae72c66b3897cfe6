"""One number for each head of a site: what a measure is, and how all are taken at once.

>>> from attention_core.axes.tokens import spaced
>>> from attention_core.watching.place import Place
>>> from attention_core.watching.record import Integrity, Stored
>>> largest = Measure("largest", "largest", "The largest weight.", 1, lambda r: r.rows.amax((1, 2)))
>>> axis = spaced("two words")
>>> weights = Stored(torch.tensor([[[0.75, 0.25], [0.5, 0.5]]]))
>>> largest.of(Site((Place("encoder", 0),), 1, axis, axis, weights, Integrity(0, 0)))
Named(values=tensor([0.7500]), axes=('head',), unit='')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from attention_core.axes.axis import Axis
from attention_core.numbers.named import Named
from attention_core.watching.capture import never, wanted
from attention_core.watching.record import Site

TILE = 1 << 22
"""Weights in memory at one time while measures are taken: 16 MB."""


@dataclass(frozen=True)
class Read:
    """Some heads of a site with their weights, which are made once for all measures.

    weights  (head, query, key)
    crosses  True where the keys are another text, picture or sound than the queries
    """

    weights: Tensor
    queries: Axis
    keys: Axis
    crosses: bool = False

    @cached_property
    def looking(self) -> Tensor:
        """(query,), bool: the reader's own tokens; all where the model added every one."""
        own = torch.tensor([not token.special for token in self.queries.tokens])
        return own if bool(own.any()) else torch.ones_like(own)

    @cached_property
    def rows(self) -> Tensor:
        """(head, query, key): the weights of the reader's own tokens.

        Where they stand beside each other, as between [CLS] and [SEP], nothing is copied.
        """
        own = self.looking.nonzero()[:, 0]
        first, end = int(own[0]), int(own[-1]) + 1
        beside = end - first == len(own)
        return self.weights[:, first:end] if beside else self.weights[:, own]

    @cached_property
    def apart(self) -> Tensor:
        """(query, key): how far the reader's own tokens are from each key; 0 where unknown."""
        return torch.nan_to_num(self.queries.distances(self.keys)[self.looking]).float()

    def further(self, weights: Tensor) -> Read:
        """More heads of the same site: what depends on both axes alone is kept."""
        read = replace(self, weights=weights)
        for name in ("looking", "apart"):
            if name in vars(self):
                vars(read)[name] = vars(self)[name]
        return read

    def nothing(self) -> Tensor:
        """(head,), NaN: what a measure says where it does not apply."""
        return torch.full((len(self.weights),), torch.nan)


AXIS = "axis"
"""The unit of a measure that counts in whatever the axis counts in."""


@dataclass(frozen=True)
class Measure:
    """One number for each head.

    title        in a word or two, marked for translation
    explanation  a sentence for the reader, marked for translation
    place        in the order of menus and columns
    heads        gives (head,)
    unit         bits, …; empty for a share of 1; `AXIS` for the unit of the axis itself
    """

    name: str
    title: str
    explanation: str
    place: int
    heads: Callable[[Read], Tensor]
    unit: str = ""

    def of(self, site: Site[Any]) -> Named:
        """The number of every head of a site: (head,)."""
        return taken(site, [self])[self.name]

    def unit_of(self, site: Site[Any]) -> str:
        """What its numbers count on this site."""
        return site.queries.unit if self.unit == AXIS else self.unit


def taken(
    site: Site[Any], measures: Iterable[Measure], cancelled: Callable[[], bool] = never
) -> dict[str, Named]:
    """Several measures of one site by name, each (head,); its weights are made only once.

    Heads are read a few at a time, so that a long text needs no more memory than its longest head.

    Raises Superseded when `cancelled`, which is asked before every few heads, says so.
    """
    return _taken([site], list(measures), cancelled)[0]


def table(
    sites: Iterable[Site[Any]], measures: Iterable[Measure], cancelled: Callable[[], bool] = never
) -> dict[str, Named]:
    """Measures of every head: name to (layer, head); NaN where a layer has fewer heads.

    Layers that look from one text at the same one are read together, as `taken` reads one.
    """
    measures = list(measures)
    alike = groupby(sites, lambda site: (id(site.queries), id(site.keys), site.place.crosses))
    rows = [row for _axes, some in alike for row in _taken(list(some), measures, cancelled)]
    return {measure.name: _stacked([row[measure.name] for row in rows]) for measure in measures}


def _taken(
    sites: Sequence[Site[Any]], measures: Sequence[Measure], cancelled: Callable[[], bool]
) -> list[dict[str, Named]]:
    """As `taken`, of several sites with the same axes."""
    here = sites[0]
    wide = max(1, TILE // max(1, len(here.queries) * len(here.keys)))
    parts: list[list[Tensor]] = [[] for _measure in measures]
    read: Read | None = None
    for some in wanted(_few(sites, wide), cancelled):
        made = [site.weights(heads) for site, heads in some]
        weights = torch.cat(made) if len(made) > 1 else made[0]
        if read is None:
            read = Read(weights, here.queries, here.keys, here.place.crosses)
        else:
            read = read.further(weights)
        for part, measure in zip(parts, measures, strict=True):
            part.append(measure.heads(read))
    counts = [site.heads for site in sites]
    split = [torch.split(torch.cat(part), counts) for part in parts]
    return [
        {
            measure.name: Named(values[at], ("head",), measure.unit_of(site))
            for values, measure in zip(split, measures, strict=True)
        }
        for at, site in enumerate(sites)
    ]


def _few(sites: Sequence[Site[Any]], wide: int) -> Iterator[list[tuple[Site[Any], range]]]:
    """All heads of all sites in their order, at most so many at a time."""
    some: list[tuple[Site[Any], range]] = []
    room = wide
    for site in sites:
        first = 0
        while first < site.heads:
            heads = range(first, min(first + room, site.heads))
            some.append((site, heads))
            first, room = heads.stop, room - len(heads)
            if not room:
                yield some
                some, room = [], wide
    if some:
        yield some


def _stacked(rows: list[Named]) -> Named:
    """(layer, head) of several (head,); NaN where a layer has fewer heads."""
    most = max((row.along("head") for row in rows), default=0)
    values = torch.full((len(rows), most), torch.nan)
    for layer, row in enumerate(rows):
        values[layer, : row.along("head")] = row.values
    return Named(values, ("layer", "head"), rows[0].unit if rows else "")

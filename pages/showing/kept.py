"""Views that were made a moment ago, shared by all readers: a click makes only what it changes.

A click on a head leaves the picture of all heads of its layer as it is, and going back to a head
asks for what was there before. How much is kept is bounded by size, not by how many ask; nothing
here keeps a reading alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Final, NamedTuple
from weakref import ReferenceType, ref

import plotly.graph_objects as go
import torch
from cachetools import LRUCache

from attention_core.numbers.named import Named
from attention_core.pictures import figures, views
from attention_core.pictures.chart import Theme
from attention_core.pictures.views import Grain, Specials, View
from attention_core.watching.record import Site

BYTES: Final = 48 << 20
"""Weights that are kept at most: some sixty layers of 126 words, or three of 510, with 12 heads."""
FIGURES: Final = 32

Asked = tuple[int, tuple[int, ...] | None, Grain, Specials, int]


class Kept(NamedTuple):
    """A view, and the site that it is of as long as that is there."""

    site: ReferenceType[Site]
    view: View


class Views:
    """The views that were asked for last, at most so many bytes of them."""

    def __init__(self, most: int = BYTES) -> None:
        self._most = most
        self._kept: LRUCache[Asked, Kept] = LRUCache(most, getsizeof=_bytes)
        self._lock = Lock()

    def view(
        self, site: Site, heads: Sequence[int] | None, grain: Grain, specials: Specials,
        shift: int = 0,
    ) -> View:  # fmt: skip
        """As `views.view`; of one site object always the same view, while it is kept."""
        asked = id(site), None if heads is None else tuple(heads), grain, specials, shift
        with self._lock:
            found = self._kept.get(asked)
        if found is not None and found.site() is site:  # an id may have gone to another site
            return found.view
        made = Kept(ref(site), views.view(site, heads, grain, specials, shift))
        made.view.weights.setflags(write=False)
        if _bytes(made) <= self._most:
            with self._lock:
                self._kept[asked] = made
        return made.view


def _bytes(kept: Kept) -> int:
    """Without the words, which the reading holds; one at least, so that their number is bounded."""
    return max(1, kept.view.weights.nbytes + kept.view.allowed.nbytes)


VIEWS: Final = Views()
view: Final = VIEWS.view


def heads_map(
    across: Named, upwards: Named, titles: tuple[str, str], name: str, theme: Theme
) -> go.Figure:
    """As `figures.heads_map` of the values of two measures; not to change."""
    return _heads_map(_listed(across.values), _listed(upwards.values), titles, name, theme)


Table = tuple[tuple[float, ...], ...]


@lru_cache(FIGURES)
def _heads_map(
    across: Table, upwards: Table, titles: tuple[str, str], name: str, theme: Theme
) -> go.Figure:
    return figures.heads_map(torch.tensor(across), torch.tensor(upwards), titles, name, theme)


def _listed(values: torch.Tensor) -> Table:
    """(layer, head) as something that can be looked up."""
    return tuple(tuple(row) for row in values.tolist())

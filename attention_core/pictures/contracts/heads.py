"""The heads of a model: all of them at a glance, or those of one layer as lines.

>>> from attention_core.pictures.contracts.packing import packed
>>> small, large = np.zeros((2, 1, 1)), np.full((4, 1, 1), 255)  # layers of 2 and of 4 heads
>>> sent = packed(HeadGrid(sites=["1", "2"], thumbnails=[small, large]))
>>> sent["thumbnails"].tolist(), sent["thumbnails_shapes"]
([0, 0, 255, 255, 255, 255], [[2, 1, 1], [4, 1, 1]])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import (
    Array,
    Chosen,
    Labels,
    Picture,
    Sent,
    flat,
    told,
)

GRID_TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("All heads; arrow keys move, Enter chooses"),
    "head": N_("layer {site} · head {head}"),
    "maximum": N_("its largest"),
    "hint": N_("Point at a thumbnail to name it; click to open it."),
    "note": N_("Each thumbnail is shaded relative to its own largest weight."),
}
"""What the grid says; {site} and {head} are filled in by it."""

VIEW_TEXT: Mapping[str, str] = {
    **FILES,
    "queries": N_("looks"),
    "keys": N_("is looked at"),
    "head": N_("Head {head}: click shows or hides it, double click shows it alone"),
    "hint": N_("Point at a token to follow its look; click to keep it, Escape lets go."),
    "note": N_(
        "Lines are as strong as their share of the row's largest weight; "
        "numbers are means over the heads shown."
    ),
    "strongest": N_(
        "Of {all} lines the {drawn} strongest are drawn; point at a token for its own."
    ),
}
"""What the lines say; {head}, {drawn} and {all} are filled in by it."""


@dataclass(frozen=True, kw_only=True)
class HeadGrid(Picture):
    """Thumbnails of every head; a site, a layer's attention, may have as many heads as it likes.

    sites        one label for each layer, as people see it
    thumbnails   for each site (head, row, column)   0 … 255, relative to its own largest weight
    values       for each site (head)                a number for each, shown as a bar under it
    head         [site, head] that is open, counted from 0
    """

    widget: ClassVar[str] = "head_grid"
    words: ClassVar[Mapping[str, str]] = GRID_TEXT

    sites: Annotated[Sequence[str], Labels("site")]
    thumbnails: Annotated[Sequence[Array], Sent("head size size", np.uint8, ragged="site")]
    values: Annotated[Sequence[Array] | None, Sent("head", np.float32, ragged="site")] = None
    name: str = "heads"
    head: Annotated[Sequence[int] | None, Chosen()] = None

    def __post_init__(self) -> None:
        """Each site has as many values as thumbnails."""
        super().__post_init__()
        for pictures, numbers in zip(self.thumbnails, self.values or (), strict=False):
            flat(np.asarray(numbers), np.float32, len(pictures))


@dataclass(frozen=True, kw_only=True)
class HeadView(Picture):
    """Queries left, keys right, lines between.

    weights   (head, query, key)   0 … 1
    allowed   (query, key)         False = may not look; None = all may
    heads     the number of each head in its layer, from 0; its colour follows its number
    special   positions of tokens that the model put there, shown quieter
    active    numbers of the heads that are shown, None = the reader decides (all at first)
    pins      queries that are kept lit
    """

    widget: ClassVar[str] = "head_view"
    words: ClassVar[Mapping[str, str]] = VIEW_TEXT

    rows: Annotated[Sequence[str], Labels("query")]
    columns: Annotated[Sequence[str], Labels("key")]
    heads: Annotated[Sequence[int], Labels("head")]
    weights: Annotated[Array, Sent("head query key", np.uint16, shares=True, planes=True)]
    allowed: Annotated[Array | None, Sent("query key", np.uint8)] = None
    special_rows: Sequence[int] = ()
    special_columns: Sequence[int] = ()
    name: str = "head-view"
    active: Annotated[Sequence[int] | None, Chosen()] = None
    pins: Annotated[Sequence[int] | None, Chosen()] = None

    def drawn(self, chosen: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """The lines of the heads that are shown, and the numbers of what is pinned."""
        active = told(chosen, "active")
        for place, number in enumerate(self.heads):
            if active is None or number in active:
                yield "weights", f"{place}/rows"
        for row in told(chosen, "pins") or ():
            yield "weights", f"row/{row}"

"""Several matrices over the same words; forbidden, zero and weighted cells look different.

>>> from attention_core.pictures.contracts.packing import packed
>>> one = Panel("soft", "", ["a"], ["b", "c"], np.array([[0.25, 0.75]]), np.ones((1, 2)))
>>> two = Panel("hard", "", ["a"], ["b", "c"], np.array([[0.0, 1.0]]), np.ones((1, 2)))
>>> packed(Mosaic(panels=[one, two]))["weights"].tolist()
[0.25, 0.75, 0.0, 1.0]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import (
    Array,
    Chosen,
    Contract,
    Labels,
    Parts,
    Picture,
    Sent,
)

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("Matrices side by side; arrow keys move from cell to cell in all of them"),
    "common": N_("one scale for all"),
    "own": N_("each its own scale"),
    "blocked": N_("not allowed to look"),
    "hint": N_("Point at a cell to read it in every picture."),
    "note": N_(
        "Hatched: not allowed to look. ○: allowed, but exactly zero. "
        "Colour: weight; red: below zero."
    ),
}
"""What the widget says."""


@dataclass(frozen=True)
class Panel(Contract):
    """One matrix: weights and allowed are (row, column); panels of a group share their words."""

    title: str
    note: str
    rows: Annotated[Sequence[str], Labels("row")]
    columns: Annotated[Sequence[str], Labels("column")]
    weights: Annotated[Array, Sent("row column", np.float32)]
    allowed: Annotated[Array, Sent("row column", np.uint8)]
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Mosaic(Picture):
    """The panels, as many beside each other as stay legible.

    scale   colours from 0 to the largest weight of all panels (common), or of each (own)

    Raises ShapeError when there is no panel.
    """

    widget: ClassVar[str] = "mosaic"
    words: ClassVar[Mapping[str, str]] = TEXT

    panels: Annotated[Sequence[Panel], Parts(Panel)]
    name: str = "mechanisms"
    scale: Annotated[Literal["common", "own"] | None, Chosen()] = None

    def __post_init__(self) -> None:
        """There is something to draw."""
        super().__post_init__()
        if not self.panels:
            raise ShapeError("There is nothing to draw; choose at least one mechanism.")

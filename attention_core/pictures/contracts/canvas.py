"""Squared paper on which the reader draws with the mouse, a finger or the arrow keys.

>>> from attention_core.pictures.contracts.packing import choices
>>> choices(Canvas(side=2, levels=15, reach=1.0, ink="00f8"))
{'ink': '00f8'}
>>> Canvas(side=2, levels=15, reach=1.0, ink="00")
Traceback (most recent call last):
    ...
attention_core.errors.ShapeError: 2 cells are drawn on but the paper has 4; give each cell one \
hexadecimal digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import Chosen, Picture

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("Paper to draw on; arrow keys move the pen, Space puts it down and lifts it"),
    "pen": N_("Pen"),
    "eraser": N_("Eraser"),
    "clear": N_("Clear"),
    "hint": N_("Draw here, with the mouse or a finger."),
    "down": N_("row {row}, column {column}, the pen is down"),
    "up": N_("row {row}, column {column}, the pen is up"),
    "note": "",
}
"""What the paper says; {row} and {column} are filled in by it."""


@dataclass(frozen=True, kw_only=True)
class Canvas(Picture):
    """A square of cells, each with more or less ink.

    side    cells along one side
    levels  steps between paper and ink, at most 15
    reach   how far ink reaches from the line of the pen, in cells
    ink     row by row, a hexadecimal digit for each cell
    """

    widget: ClassVar[str] = "canvas"
    words: ClassVar[Mapping[str, str]] = TEXT

    side: int
    levels: int
    reach: float
    name: str = "drawing"
    ink: Annotated[str | None, Chosen()] = None

    def __post_init__(self) -> None:
        """There is one digit for each cell."""
        super().__post_init__()
        if self.ink is not None and len(self.ink) != self.side**2:
            raise ShapeError(
                "{found} cells are drawn on but the paper has {needed}; "
                "give each cell one hexadecimal digit.",
                found=len(self.ink),
                needed=self.side**2,
            )

"""One attention matrix, every weight of it exact: rows are queries, columns are keys.

>>> from attention_core.pictures.contracts.packing import packed
>>> drawn = Matrix(rows=["a"], columns=["b", "c"], weights=np.array([[0.25, 0.75]]), found=[(0, 1)])
>>> packed(drawn)["weights"].tolist(), packed(drawn)["found"]
([[0.25, 0.75]], [[0, 1]])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import Array, Chosen, Contract, Labels, Picture, Sent

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("Attention matrix; arrow keys move from cell to cell"),
    "scale": N_("Colour scale"),
    "whole": N_("whole matrix"),
    "row": N_("each row"),
    "row_maximum": N_("row's largest"),
    "blocked": N_("not allowed to look"),
    "sure": N_("sure link"),
    "possible": N_("possible link"),
    "found": N_("found link"),
    "hint": N_("Point at a cell to read its weight; click to choose it."),
    "drawing_label": N_("Attention matrix; arrow keys move, Enter draws a link"),
    "drawing_hint": N_(
        "Click a cell for a sure link, again for a possible one, once more to erase it."
    ),
    "note": "",
}
"""What the widget says."""

Pairs = Sequence[Sequence[int]]


def ordered(links: Pairs) -> list[list[int]]:
    """Links in order of the rows, each once.

    >>> ordered([(2, 0), (0, 1), (2, 0)])
    [[0, 1], [2, 0]]
    """
    return [list(link) for link in sorted({(int(row), int(column)) for row, column in links})]


@dataclass(frozen=True)
class Links(Contract):
    """Gold links as [row, column], in order of the rows, each once; none is both."""

    sure: Pairs = ()
    possible: Pairs = ()

    def __post_init__(self) -> None:
        """As the browser reports them, so that its own drawing is recognised."""
        sure = ordered(self.sure)
        object.__setattr__(self, "sure", sure)
        object.__setattr__(
            self, "possible", [link for link in ordered(self.possible) if link not in sure]
        )


@dataclass(frozen=True, kw_only=True)
class Matrix(Picture):
    """A heatmap with exact read-out.

    weights   (query, key)   ≥ 0, sent in single precision
    allowed   (query, key)   False = may not look, hatched; None = all may
    found     links as [row, column], drawn as dots; gold ones are squares
    drawing   a click draws a gold link instead of choosing a cell: sure, possible, none again
    scale     colours from 0 to the largest weight of the matrix, or of each row
    cell      the chosen cell; () = none; pins: rows that are marked

    Raises ShapeError when a link lies outside.
    """

    widget: ClassVar[str] = "matrix"
    words: ClassVar[Mapping[str, str]] = TEXT

    rows: Annotated[Sequence[str], Labels("query")]
    columns: Annotated[Sequence[str], Labels("key")]
    weights: Annotated[Array, Sent("query key", np.float32, planes=True)]
    allowed: Annotated[Array | None, Sent("query key", np.uint8)] = None
    found: Pairs = ()
    drawing: bool = False
    name: str = "matrix"
    scale: Annotated[Literal["matrix", "row"] | None, Chosen()] = None
    cell: Annotated[Sequence[int] | None, Chosen()] = None
    pins: Annotated[Sequence[int] | None, Chosen()] = None
    gold: Annotated[Links, Chosen()] = Links()

    def __post_init__(self) -> None:
        """Every link has a cell."""
        super().__post_init__()
        object.__setattr__(self, "found", ordered(self.found))
        for row, column in (*self.gold.sure, *self.gold.possible, *self.found):
            self._check_link(row, column)

    def drawn(self, chosen: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """The matrix, coloured as it is wanted."""
        return [("weights", "0/rows" if chosen.get("scale") == "row" else "0/matrix")]

    def _check_link(self, row: int, column: int) -> None:
        rows, columns = len(self.rows), len(self.columns)
        if not (0 <= row < rows and 0 <= column < columns):
            raise ShapeError(
                "The link ({row}, {column}) lies outside a matrix of {rows} rows and {columns} "
                "columns; leave it out, and count from 0.",
                row=row,
                column=column,
                rows=rows,
                columns=columns,
            )

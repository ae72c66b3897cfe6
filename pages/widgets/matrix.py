"""One attention matrix, every weight of it exact: rows are queries, columns are keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from streamlit.components.v2.bidi_component.state import ComponentResult

from attention_core.errors import ShapeError
from attention_core.marking import N_
from pages.widgets.widget import FILES, Callback, flat, mount, registered

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

_RENDERER = registered("matrix")


def matrix(
    *,
    key: str,
    rows: Sequence[str],
    columns: Sequence[str],
    weights: NDArray[np.floating[Any]],
    allowed: NDArray[np.bool_] | None = None,
    scale: Literal["matrix", "row"] | None = None,
    cell: Sequence[int] | None = None,
    pins: Sequence[int] | None = None,
    sure: Iterable[Sequence[int]] = (),
    possible: Iterable[Sequence[int]] = (),
    found: Iterable[Sequence[int]] = (),
    drawing: bool = False,
    title: str = "",
    caption: str = "",
    name: str = "matrix",
    text: Mapping[str, str] = TEXT,
    on_cell_change: Callback = None,
    on_scale_change: Callback = None,
    on_gold_change: Callback = None,
) -> ComponentResult:
    """A heatmap with exact read-out; the result has `cell` ([query, key]), `scale` and `gold`.

    weights   (query, key)   ≥ 0, sent in single precision
    allowed   (query, key)   False = may not look, hatched; None = all may
    scale     colours from 0 to the largest weight of the matrix, or of each row
    cell      the chosen cell; () = none, None = the reader decides; pins: rows that are marked
    sure, possible, found   links as [row, column]: gold ones as squares, found ones as dots
    drawing   a click draws a gold link instead of choosing a cell: sure, possible, none again;
              `gold` is then {"sure": [[row, column], …], "possible": …}, in order of the rows
    """
    shape = (len(rows), len(columns))
    data: dict[str, Any] = {
        "rows": list(rows),
        "columns": list(columns),
        "weights": flat(weights, np.float32, *shape),
        "allowed": None if allowed is None else flat(allowed, np.uint8, *shape),
        "found": _links(found, shape),
        "drawing": drawing,
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }
    choices = {
        "scale": scale,
        "cell": None if cell is None else list(cell),
        "pins": None if pins is None else list(pins),
        "gold": _gold(sure, possible, shape),
    }
    callbacks = {"cell": on_cell_change, "scale": on_scale_change, "gold": on_gold_change}
    return mount(_RENDERER, key, data, choices, callbacks)


def _gold(
    sure: Iterable[Sequence[int]], possible: Iterable[Sequence[int]], shape: tuple[int, int]
) -> dict[str, list[list[int]]]:
    """As the browser reports it, so that its own drawing is recognised; no link is both."""
    certain = _links(sure, shape)
    return {
        "sure": certain,
        "possible": [link for link in _links(possible, shape) if link not in certain],
    }


def _links(links: Iterable[Sequence[int]], shape: tuple[int, int]) -> list[list[int]]:
    """In order of the rows, each once; ShapeError when one lies beside the matrix."""
    placed = sorted({(int(row), int(column)) for row, column in links})
    for row, column in placed:
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise ShapeError(
                "The link ({row}, {column}) lies outside a matrix of {rows} rows and {columns} "
                "columns; leave it out, and count from 0.",
                row=row,
                column=column,
                rows=shape[0],
                columns=shape[1],
            )
    return [list(link) for link in placed]

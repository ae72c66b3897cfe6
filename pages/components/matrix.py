"""One attention matrix, every weight of it exact: rows are queries, columns are keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from streamlit.components.v2.bidi_component.state import ComponentResult

from attention_core.marking import N_
from pages.components.widget import FILES, Callback, flat, mount, registered

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("Attention matrix; arrow keys move from cell to cell"),
    "scale": N_("Colour scale"),
    "whole": N_("whole matrix"),
    "row": N_("each row"),
    "row_maximum": N_("row's largest"),
    "blocked": N_("not allowed to look"),
    "hint": N_("Point at a cell to read its weight; click to choose it."),
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
    title: str = "",
    caption: str = "",
    name: str = "matrix",
    text: Mapping[str, str] = TEXT,
    on_cell_change: Callback = None,
    on_scale_change: Callback = None,
) -> ComponentResult:
    """A heatmap with exact read-out; the result has `cell` ([query, key]) and `scale`.

    weights   (query, key)   ≥ 0, sent in single precision
    allowed   (query, key)   False = may not look, hatched; None = all may
    scale     colours from 0 to the largest weight of the matrix, or of each row
    cell      the chosen cell; () = none, None = the reader decides; pins: rows that are marked
    """
    shape = (len(rows), len(columns))
    data: dict[str, Any] = {
        "rows": list(rows),
        "columns": list(columns),
        "weights": flat(weights, np.float32, *shape),
        "allowed": None if allowed is None else flat(allowed, np.uint8, *shape),
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }
    choices = {
        "scale": scale,
        "cell": None if cell is None else list(cell),
        "pins": None if pins is None else list(pins),
    }
    return mount(_RENDERER, key, data, choices, {"cell": on_cell_change, "scale": on_scale_change})

"""Several matrices over the same words; forbidden, zero and weighted cells look different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from streamlit.components.v2.bidi_component.state import ComponentResult

from attention_core.errors import ShapeError
from attention_core.marking import N_
from pages.widgets.widget import FILES, Callback, flat, mount, registered

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

_RENDERER = registered("mosaic")


@dataclass(frozen=True)
class Panel:
    """One matrix: weights and allowed are (row, column); panels of a group share their words."""

    title: str
    note: str
    rows: Sequence[str]
    columns: Sequence[str]
    weights: NDArray[np.floating[Any]]
    allowed: NDArray[np.bool_]
    group: str = ""


def mosaic(
    *,
    key: str,
    panels: Sequence[Panel],
    scale: Literal["common", "own"] | None = None,
    title: str = "",
    caption: str = "",
    name: str = "mechanisms",
    text: Mapping[str, str] = TEXT,
    on_scale_change: Callback = None,
) -> ComponentResult:
    """The panels, as many beside each other as stay legible; the result has `scale`.

    scale   colours from 0 to the largest weight of all panels (common), or of each (own)

    Raises ShapeError when there is no panel, or the numbers of one do not fit its labels.
    """
    if not panels:
        raise ShapeError("There is nothing to draw; choose at least one mechanism.")
    sizes = [(len(panel.rows), len(panel.columns)) for panel in panels]
    weights = [
        flat(one.weights, np.float32, *size) for one, size in zip(panels, sizes, strict=True)
    ]
    allowed = [flat(one.allowed, np.uint8, *size) for one, size in zip(panels, sizes, strict=True)]
    data: dict[str, Any] = {
        "panels": [
            {
                "title": one.title, "note": one.note, "group": one.group,
                "rows": list(one.rows), "columns": list(one.columns),
            }
            for one in panels
        ],
        "weights": np.concatenate(weights),
        "allowed": np.concatenate(allowed),
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }  # fmt: skip
    return mount(_RENDERER, key, data, {"scale": scale}, {"scale": on_scale_change})

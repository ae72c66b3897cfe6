"""All heads of a model at a glance: a thumbnail each; one of them is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.components.v2.bidi_component.state import ComponentResult

from attention_core.marking import N_
from pages.widgets.widget import FILES, Callback, flat, mount, registered

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("All heads; arrow keys move, Enter chooses"),
    "head": N_("layer {site} · head {head}"),
    "maximum": N_("its largest"),
    "hint": N_("Point at a thumbnail to name it; click to open it."),
    "note": N_("Each thumbnail is shaded relative to its own largest weight."),
}
"""What the widget says; {site} and {head} are filled in by it."""

_RENDERER = registered("head_grid")


def head_grid(
    *,
    key: str,
    sites: Sequence[str],
    thumbnails: NDArray[np.uint8],
    chosen: Sequence[int] | None = None,
    values: NDArray[np.floating[Any]] | None = None,
    title: str = "",
    caption: str = "",
    name: str = "heads",
    text: Mapping[str, str] = TEXT,
    on_head_change: Callback = None,
) -> ComponentResult:
    """Thumbnails of every head; the result's `head` is [site, head], counted from 0.

    sites        one label for each layer, as people see it
    thumbnails   (site, head, row, column)   0 … 255, each relative to its own largest weight
    chosen       [site, head] that is open; None leaves it to the reader
    values       (site, head)                a number for each, shown as a bar under it
    """
    heads, size = thumbnails.shape[1], thumbnails.shape[2]
    data: dict[str, Any] = {
        "sites": list(sites),
        "heads": heads,
        "size": size,
        "thumbs": flat(thumbnails, np.uint8, len(sites), heads, size, size),
        "values": None if values is None else flat(values, np.float32, len(sites), heads),
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }
    choices = {"head": None if chosen is None else list(chosen)}
    return mount(_RENDERER, key, data, choices, {"head": on_head_change})

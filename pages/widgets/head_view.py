"""One layer's heads as lines between two columns of tokens: who looks at whom."""

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
    "queries": N_("looks"),
    "keys": N_("is looked at"),
    "head": N_("Head {head}: click shows or hides it, double click shows it alone"),
    "hint": N_("Point at a token to follow its look; click to keep it, Escape lets go."),
    "note": N_(
        "Lines are as strong as their share of the row's largest weight; "
        "numbers are means over the heads shown."
    ),
}
"""What the widget says; {head} is filled in by it."""

_RENDERER = registered("head_view")


def head_view(
    *,
    key: str,
    rows: Sequence[str],
    columns: Sequence[str],
    weights: NDArray[np.floating[Any]],
    heads: Sequence[int] | None = None,
    allowed: NDArray[np.bool_] | None = None,
    special_rows: Sequence[int] = (),
    special_columns: Sequence[int] = (),
    active: Sequence[int] | None = None,
    pins: Sequence[int] | None = None,
    title: str = "",
    caption: str = "",
    name: str = "head-view",
    text: Mapping[str, str] = TEXT,
    on_pins_change: Callback = None,
    on_active_change: Callback = None,
) -> ComponentResult:
    """Queries left, keys right, lines between; the result has `pins` and `active`.

    weights   (head, query, key)   0 … 1; sent in steps of 1/65535
    allowed   (query, key)         False = may not look; None = all may
    heads     the number of each head in its layer, from 0; its colour follows its number
    special   positions of tokens that the model put there, shown quieter
    active    numbers of the heads that are shown, None = the reader decides (all at first)
    pins      queries that are kept lit, None = the reader decides
    """
    numbers = list(range(len(weights)) if heads is None else heads)
    shape = (len(numbers), len(rows), len(columns))
    steps = np.rint(np.clip(weights, 0.0, 1.0) * 65535.0)
    data: dict[str, Any] = {
        "rows": list(rows),
        "columns": list(columns),
        "heads": numbers,
        "weights": flat(steps, np.uint16, *shape),
        "allowed": None if allowed is None else flat(allowed, np.uint8, *shape[1:]),
        "special": [list(special_rows), list(special_columns)],
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }
    choices = {
        "active": None if active is None else list(active),
        "pins": None if pins is None else list(pins),
    }
    callbacks = {"pins": on_pins_change, "active": on_active_change}
    return mount(_RENDERER, key, data, choices, callbacks)

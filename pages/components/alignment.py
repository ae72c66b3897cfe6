"""A sentence and its translation with ribbons between: which word came from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.components.v2.bidi_component.state import ComponentResult

from attention_core.marking import N_
from pages.components.widget import FILES, Callback, flat, mount, registered

TEXT: Mapping[str, str] = {
    **FILES,
    "source": N_("source"),
    "target": N_("translation"),
    "hint": N_("Point at a word to see where it looked; click to keep it, Escape lets go."),
    "note": N_(
        "At the translation a ribbon is as wide as its weight; outlined ones are taken as links."
    ),
}
"""What the widget says."""

_RENDERER = registered("alignment")


def alignment(
    *,
    key: str,
    source: Sequence[str],
    target: Sequence[str],
    weights: NDArray[np.floating[Any]],
    links: Sequence[tuple[int, int]] = (),
    pins: Sequence[int] | None = None,
    title: str = "",
    caption: str = "",
    name: str = "alignment",
    text: Mapping[str, str] = TEXT,
    on_pins_change: Callback = None,
) -> ComponentResult:
    """Ribbons from target words to the source words they looked at; the result has `pins`.

    weights   (target, source)   0 … 1
    links     (source, target) pairs that count as aligned, drawn stronger
    pins      target words that are kept lit
    """
    data: dict[str, Any] = {
        "source": list(source),
        "target": list(target),
        "weights": flat(weights, np.float32, len(target), len(source)),
        "links": [list(link) for link in links],
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }
    choices = {"pins": None if pins is None else list(pins)}
    return mount(_RENDERER, key, data, choices, {"pins": on_pins_change})

"""A sentence and its translation with ribbons between: which word came from where."""

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
    sources: Sequence[int] | None = None,
    group: str = "",
    compact: bool = False,
    title: str = "",
    caption: str = "",
    name: str = "alignment",
    text: Mapping[str, str] = TEXT,
    on_pins_change: Callback = None,
    on_sources_change: Callback = None,
) -> ComponentResult:
    """Ribbons from target words to the source words they looked at.

    The result has `pins` and `sources`: the words of either side that the reader keeps lit.

    weights   (target, source)   0 … 1
    links     (source, target) pairs that count as aligned, drawn stronger
    pins      target words that are kept lit
    sources   source words that are kept lit; give every panel what one of them reported
    group     panels of one name light the source word that is pointed at in any of them
    compact   small, for several panels on a page: less height, and no hint or note on the screen
    """
    data: dict[str, Any] = {
        "source": list(source),
        "target": list(target),
        "weights": flat(weights, np.float32, len(target), len(source)),
        "links": [list(link) for link in links],
        "group": group,
        "compact": compact,
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }
    choices = {
        "pins": None if pins is None else list(pins),
        "sources": None if sources is None else list(sources),
    }
    callbacks = {"pins": on_pins_change, "sources": on_sources_change}
    return mount(_RENDERER, key, data, choices, callbacks)

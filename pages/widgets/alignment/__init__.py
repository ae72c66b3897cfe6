"""A sentence and its translation with ribbons between: which word came from where."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.alignment import TEXT, Alignment
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "Alignment", "alignment"]


def alignment(
    picture: Alignment,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_pins_change: Callback = None,
    on_sources_change: Callback = None,
) -> ComponentResult:
    """Ribbons between the words; the result has `pins` and `sources`, the words kept lit."""
    return show(picture, key, text, {"pins": on_pins_change, "sources": on_sources_change})

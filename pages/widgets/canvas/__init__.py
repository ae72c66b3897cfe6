"""Squared paper: draw, erase, clear."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.canvas import TEXT, Canvas
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "Canvas", "canvas"]


def canvas(
    paper: Canvas,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_ink_change: Callback = None,
) -> ComponentResult:
    """Paper to draw on; the result's `ink` has a hexadecimal digit for each cell, row by row."""
    return show(paper, key, text, {"ink": on_ink_change})

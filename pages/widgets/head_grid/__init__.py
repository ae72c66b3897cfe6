"""All heads of a model at a glance: a thumbnail each; one of them is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.heads import GRID_TEXT as TEXT
from attention_core.pictures.contracts.heads import HeadGrid
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "HeadGrid", "head_grid"]


def head_grid(
    picture: HeadGrid,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_head_change: Callback = None,
) -> ComponentResult:
    """Thumbnails of every head; the result's `head` is [site, head], counted from 0."""
    return show(picture, key, text, {"head": on_head_change})

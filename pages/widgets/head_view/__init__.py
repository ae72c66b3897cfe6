"""One layer's heads as lines between two columns of tokens: who looks at whom."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.heads import VIEW_TEXT as TEXT
from attention_core.pictures.contracts.heads import HeadView
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "HeadView", "head_view"]


def head_view(
    picture: HeadView,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_pins_change: Callback = None,
    on_active_change: Callback = None,
) -> ComponentResult:
    """Queries left, keys right, lines between; the result has `pins` and `active`."""
    return show(picture, key, text, {"pins": on_pins_change, "active": on_active_change})

"""One attention matrix, every weight of it exact: rows are queries, columns are keys."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.matrix import TEXT, Links, Matrix
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "Links", "Matrix", "matrix"]


def matrix(
    picture: Matrix,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_cell_change: Callback = None,
    on_scale_change: Callback = None,
    on_gold_change: Callback = None,
) -> ComponentResult:
    """A heatmap with exact read-out; the result has `cell` ([query, key]), `scale` and `gold`."""
    return show(
        picture,
        key,
        text,
        {"cell": on_cell_change, "scale": on_scale_change, "gold": on_gold_change},
    )

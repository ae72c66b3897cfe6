"""The beam as a tree: what a translator kept at every step, and which way it took in the end."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.tree import TEXT, Tree
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "Tree", "tree"]


def tree(
    picture: Tree,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_node_change: Callback = None,
) -> ComponentResult:
    """Pieces from left to right; the result has `node`."""
    return show(picture, key, text, {"node": on_node_change})

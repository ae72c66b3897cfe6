"""A sound with its words under it: play, click, follow."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.hearing import TEXT, Hearing
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "Hearing", "hearing"]


def hearing(
    picture: Hearing,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_word_change: Callback = None,
) -> ComponentResult:
    """A sound over time; the result's `word` is the one kept lit, counted from 0, −1 for none."""
    return show(picture, key, text, {"word": on_word_change})

"""A picture under its patches, with heat: point, click, drag."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.picture import TEXT, PictureMap, heat
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "PictureMap", "heat", "picture_map"]


def picture_map(
    picture: PictureMap,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_chosen_change: Callback = None,
) -> ComponentResult:
    """A picture with a look over it; the result's `chosen` are places, counted from 0."""
    return show(picture, key, text, {"chosen": on_chosen_change})

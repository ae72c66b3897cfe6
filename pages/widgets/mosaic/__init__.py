"""Several matrices over the same words; forbidden, zero and weighted cells look different."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.pictures.contracts.mosaic import TEXT, Mosaic, Panel
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "Mosaic", "Panel", "mosaic"]


def mosaic(
    picture: Mosaic,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_scale_change: Callback = None,
) -> ComponentResult:
    """The panels beside each other; the result has `scale`."""
    return show(picture, key, text, {"scale": on_scale_change})

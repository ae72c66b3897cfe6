"""A chart on the page, and how the reader saves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, get_args

import plotly.graph_objects as go
import streamlit as st

from attention_core.pictures.chart import Form, Theme, boxed, toolbar
from pages.frame.language import _

FORMS: Final[tuple[Form, ...]] = get_args(Form)


def theme() -> Theme:
    """Whether the reader's page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def chart(
    figure: go.Figure, key: str, file_name: str, took: Callable[[], None] | None = None,
    several: bool = False,
) -> None:  # fmt: skip
    """A chart with a button that saves it as SVG or PNG; `took` hears of the dot clicked.

    several  True where a box may be drawn over many dots
    """
    if several:
        boxed(figure)
    place = st.container()
    with st.popover(_("Picture"), icon=":material/download:", type="tertiary"):
        form = st.segmented_control(
            _("The camera over the chart saves it as"), FORMS, default=FORMS[0],
            format_func=str.upper, required=True, key=f"{key}.form", persist_state="session",
        )  # fmt: skip
    said = _("Save as {form}").format(form=form.upper())
    place.plotly_chart(
        figure, key=key, theme=None, config=toolbar(form, file_name, said),
        on_select=took or "ignore", selection_mode=("points", "box") if several else "points",
    )  # fmt: skip


def point(key: str) -> int | None:
    """The place of the dot that was clicked, from inside the callback of its chart."""
    taken = points(key)
    return taken[0] if taken else None


def points(key: str) -> list[int]:
    """The places of all dots that were clicked or that a box was drawn over."""
    found = st.session_state[key]["selection"]["points"]
    return [one["point_index"] for one in found if one["curve_number"] == 0]

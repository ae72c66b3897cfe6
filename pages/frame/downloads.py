"""The numbers behind a picture, as files; made only when the reader asks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from attention_core.files import export
from attention_core.pictures.views import View
from pages.frame.language import _

FORMATS = (
    ("CSV", "text/csv", export.as_csv),
    ("NPZ", "application/octet-stream", export.as_npz),
    ("JSON", "application/json", export.as_json),
)


def numbers(view: View, name: str) -> None:
    """A small menu with the view's numbers in three formats."""
    with st.popover(_("Numbers"), icon=":material/download:", type="tertiary"):
        for title, mime, make in FORMATS:
            st.download_button(
                title,
                data=lambda make=make: make(view),  # type: ignore[misc]
                file_name=f"{name}.{title.lower()}",
                mime=mime,
                on_click="ignore",
                type="tertiary",
                key=f"{name}.{title}",
            )


def file(label: str, make: Callable[[], str], file_name: str) -> None:
    """One text file, such as links in the Pharaoh format; made when the reader asks."""
    st.download_button(
        label, lambda: make().encode(), file_name, "text/plain", on_click="ignore",
        type="tertiary", icon=":material/download:", key=f"download.{file_name}",
    )  # fmt: skip


def lines(label: str, make: Callable[[], Sequence[Mapping[str, object]]], file_name: str) -> None:
    """A long table as CSV, worked out only when the reader asks."""
    file(label, lambda: _csv(make()), file_name)


def rows(made: Sequence[Mapping[str, object]], file_name: str) -> None:
    """A table as CSV, one column for each name in its first row."""

    if made:
        file("CSV", lambda: _csv(made), file_name)


def _csv(made: Sequence[Mapping[str, object]]) -> str:
    page = io.StringIO()
    table = csv.DictWriter(page, list(made[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(made)
    return page.getvalue()

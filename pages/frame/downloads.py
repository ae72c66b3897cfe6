"""The numbers behind a picture, as files; made only when the reader asks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from attention_core.files import registry
from attention_core.pictures.views import View
from pages.frame.language import _


def numbers(make: Callable[[], View], name: str) -> None:
    """A small menu with a view's numbers in every format that we write.

    make  the view, worked out when the reader asks: what is offered is kept as long as the reader
    """
    with st.popover(_("Numbers"), icon=":material/download:", type="tertiary"):
        for form in registry.attention().values():
            if form.write is None:
                continue
            title = form.endings[0].upper()
            st.download_button(
                title,
                data=partial(_written, form.write, make),
                file_name=f"{name}.{form.endings[0]}",
                mime=form.mime,
                on_click="ignore",
                type="tertiary",
                key=f"{name}.{title}",
            )


def _written(write: Callable[[View], bytes], make: Callable[[], View]) -> bytes:
    return write(make())


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

"""Choosing a picture: a ready one, a file of one's own, or what the camera sees now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import streamlit as st

from attention_core.files.photograph import BYTES, FORMATS, Photograph
from models.store import photographs
from models.work.uploads import UPLOADS
from pages.frame import link
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import choosing
from pages.showing.bringing import brought

Source = Literal["ready", "own", "camera"]
ENDINGS: Final = [*(form.lower() for form in FORMATS), "jpg", "tif"]


class Choices(NamedTuple):
    """Where a picture comes from, and which of the ready ones it is."""

    source: Choice[Source]
    ready: Choice[str]


def choices(page: str, which: str = "picture") -> Choices:
    """What a page asks of a picture. which: its name in the address"""
    source: Choice[Source] = link.one_of(page, f"{which}-from", ("ready", "own", "camera"), "ready")
    return Choices(source, link.text(page, which, next(iter(photographs.READY))))


def chosen(asked: Choices, about: Sequence[Kept]) -> Photograph | None:
    """The picture that the reader chose, or None while there is none.

    about  choices about places in it: forgotten when the picture changes
    """
    titles = {"ready": _("An example"), "own": _("Your own picture"), "camera": _("Camera")}
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        source = choosing.segments(asked.source, _("Picture"), titles, about)
        if source == "ready":
            return _ready(asked.ready, about)
    return own(f"{asked.source.key}.{source}", source == "camera", about)


def own(key: str, camera: bool, about: Sequence[Kept]) -> Photograph | None:
    """A picture of the reader's own, from the camera or a file."""
    if camera:
        file = st.camera_input(_("Take a picture"), key=f"{key}.file", label_visibility="collapsed")
    else:
        file = st.file_uploader(
            _("A picture, chosen, dropped or pasted: {formats}").format(formats=", ".join(FORMATS)),
            type=ENDINGS, max_upload_size=BYTES // 1_000_000, key=f"{key}.file",
        )  # fmt: skip
    return brought(file, UPLOADS.picture, key, about)


def _ready(choice: Choice[str], about: Sequence[Kept]) -> Photograph:
    names = photographs.names()
    if link.value(choice) not in names:
        link.choose(choice, names[0])
    titles = {name: _(photographs.READY[name].title) for name in names}
    name = choosing.dropdown(choice, _("Which picture"), titles, about, width=260)
    return photographs.photograph(name)

"""Choosing a sound: a ready one, one's own voice, or a file."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import streamlit as st

from attention_core.files.sound import BYTES, RATE, Sound
from models.store import sounds
from models.work.uploads import UPLOADS
from pages.frame import link
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import choosing
from pages.showing.bringing import brought

Source = Literal["ready", "voice", "file"]
_EXACT: Final[Literal[16000]] = RATE


class Choices(NamedTuple):
    """Where a sound comes from, and which of the ready ones it is."""

    source: Choice[Source]
    ready: Choice[str]


def choices(page: str) -> Choices:
    """What a page asks of a sound."""
    source: Choice[Source] = link.one_of(page, "from", ("ready", "voice", "file"), "ready")
    return Choices(
        source, link.one_of(page, "sound", tuple(sounds.READY), next(iter(sounds.READY)))
    )


def chosen(asked: Choices, about: list[Kept]) -> Sound | None:
    """The sound that the reader chose, or None while there is none.

    about  choices about places in it: forgotten when the sound changes
    """
    titles = {"ready": _("An example"), "voice": _("Your voice"), "file": _("A file")}
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        source = choosing.segments(asked.source, _("Sound"), titles, about)
        if source == "ready":
            said = {name: f"“{sentence}”" for name, sentence in sounds.READY.items()}
            name = choosing.dropdown(asked.ready, _("Which sound"), said, about, width=330)
            return sounds.sound(name)
    key = f"{asked.source.key}.{source}"
    file = (
        st.audio_input(_("Record a sentence"), sample_rate=_EXACT, key=f"{key}.file")
        if source == "voice"
        else st.file_uploader(
            _("A WAV file; its first half minute is heard"), type=["wav"],
            max_upload_size=BYTES // 1_000_000, key=f"{key}.file",
        )
    )  # fmt: skip
    return brought(file, UPLOADS.sound, key, about)

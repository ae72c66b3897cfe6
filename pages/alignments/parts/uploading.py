"""Asking for a file of pairs: our own or the reader's, as a table, as two texts, as JSON lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attention_core.files import corpus, registry
from attention_core.files.format import PairsFormat, Part, Reading
from attention_core.files.pairs import Pairs
from attention_core.numbers.alignment import Direction
from pages.frame import ask, link, prose
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import choosing, sentences

MEGABYTES = 5
"""The largest file that the browser sends; as server.maxUploadSize in .streamlit/config.toml."""


class Upload(NamedTuple):
    """The choices about the file of one page."""

    page: str
    origin: Choice[str]
    form: Choice[str]
    first: Choice[str]
    direction: Choice[Direction]
    cut: Choice[bool]

    @property
    def all(self) -> tuple[Kept, ...]:
        return self.origin, self.form, self.first, self.direction, self.cut


def choices(page: str) -> Upload:
    """Our own pairs at first."""
    return Upload(
        page,
        link.one_of(page, "from", ("ready", "own"), "ready"),
        link.one_of(page, "form", tuple(formats()), "table"),
        choosing.first(page),
        choosing.direction(page),
        link.flag(page, "cut"),
    )


def asked(upload: Upload, ready: Callable[[], Pairs | None], needs_links: bool) -> Pairs | None:
    """The pairs of the reader, or our own; None while there are none."""
    own = _("my own file")
    if (
        choosing.segments(upload.origin, _("Pairs"), {"ready": _("ready ones"), "own": own})
        != "own"
    ):
        return ready()
    titles = {name: _(one.title) for name, one in formats().items()}
    form = formats()[choosing.segments(upload.form, _("Format"), titles)]
    files = _files(upload, form, needs_links)
    explained(form, needs_links)
    if form.counted:
        counted(upload, form, needs_links)
    if files is None:
        return None
    how = Reading(
        bool(link.value(upload.cut)), int(link.value(upload.first)), link.value(upload.direction)
    )
    pairs = ask.answered(lambda: _read(form.name, files, how), upload.cut)
    if pairs is not None:
        _remarked(upload, form, pairs)
    return pairs


def formats() -> dict[str, PairsFormat]:
    """Those that we read, by their names in the address."""
    return {name: one for name, one in registry.pairs().items() if one.read is not None}


def explained(form: PairsFormat, needs_links: bool) -> None:
    """What a file of this form looks like."""
    words = _("Words are what spaces separate.") if needs_links and form.counted else ""
    limits = _("Up to 10,000 pairs and {size} MB.").format(size=MEGABYTES)
    prose.note(prose.filled(" ".join(filter(None, (_(form.looks), words, limits)))))


def counted(upload: Upload, form: PairsFormat, needs_links: bool) -> None:
    """How links are to be read; asked only where links matter."""
    with st.container(horizontal=True, gap="medium"):
        if needs_links or any(part.links for part in form.parts):
            choosing.convention(upload.first, upload.direction)


def _files(upload: Upload, form: PairsFormat, needs_links: bool) -> tuple[bytes | None, ...] | None:
    """The content of the files, None as long as one that is needed is missing."""

    def file(part: Part) -> bytes | None:
        optional = part.links and not needs_links
        given = st.file_uploader(
            _("Links, if there are any") if optional else _(part.title), list(part.endings),
            key=f"{upload.page}.{part.name}", max_upload_size=MEGABYTES,
            on_change=ask.forget, args=((upload.cut,),),
        )  # fmt: skip
        return None if given is None else given.getvalue()

    found = list[bytes | None]()
    for column, part in zip(_columns(len(form.parts)), form.parts, strict=True):
        with column:
            found.append(file(part))
    needed = zip(form.parts, found, strict=True)
    missing = any(data is None and (needs_links or not part.links) for part, data in needed)
    return None if missing else tuple(found)


def _columns(count: int) -> list[DeltaGenerator]:
    """One file takes the whole width."""
    return st.columns(count) if count > 1 else [st.container()]


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(form: str, files: tuple[bytes | None, ...], how: Reading) -> Pairs:
    """Read once, however many readers bring the same file."""
    return corpus.read(form, files, how)


def _remarked(upload: Upload, form: PairsFormat, pairs: Pairs) -> None:
    """What was assumed of the file, and the way to count otherwise."""
    for note in pairs.notes:
        prose.note(sentences.noted(note))
    if form.counted and link.value(upload.first) == "0" and corpus.from_one(pairs):
        st.button(_("Count from 1"), on_click=link.choose, args=(upload.first, "1"),
                  key=f"{upload.page}.from_one")  # fmt: skip

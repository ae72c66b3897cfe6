"""Asking for a file of pairs: our own or the reader's, as a table, as two texts, as JSON lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from attention_core.numbers.alignment import Direction
from models.corpora import pairs
from models.corpora.pairs import Pairs
from pages.frame import ask, link, prose
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import choosing

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
        link.one_of(page, "form", ("table", "texts", "json"), "table"),
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
    choosing.segments(
        upload.form,
        _("Format"),
        {"table": _("one table"), "texts": _("text files"), "json": _("JSON lines")},
    )
    files = _files(upload, needs_links)
    form = str(link.value(upload.form))
    explained(form, needs_links)
    if form != "json":
        counted(upload, needs_links)
    if files is None:
        return None
    cut, first = bool(link.value(upload.cut)), int(link.value(upload.first))
    direction: Direction = link.value(upload.direction)
    return ask.answered(lambda: _read(form, files, cut, first, direction), upload.cut)


def explained(form: str, needs_links: bool) -> None:
    """What a file of this form looks like."""
    said = {
        "table": _("UTF-8; on each line a sentence, a tab, its translation, and perhaps a tab and "
                   "links such as 0-0 1-2 3p3."),
        "texts": _("UTF-8; a sentence a line, the same number of lines in each file."),
        "json": _("On each line an object with src, tgt, sure and possible, counted from 0, and "
                  "perhaps raw."),
    }  # fmt: skip
    words = _("Words are what spaces separate.") if needs_links and form != "json" else ""
    limits = _("Up to 10,000 pairs and {size} MB.").format(size=MEGABYTES)
    prose.note(prose.filled(" ".join(filter(None, (said[form], words, limits)))))


def counted(upload: Upload, needs_links: bool) -> None:
    """How links are to be read; asked only where links matter."""
    with st.container(horizontal=True, gap="medium"):
        if needs_links or link.value(upload.form) == "texts":
            choosing.convention(upload.first, upload.direction)


def _files(upload: Upload, needs_links: bool) -> tuple[bytes | None, ...] | None:
    """The content of the files, None as long as one that is needed is missing."""

    def file(name: str, label: str, kinds: list[str]) -> bytes | None:
        given = st.file_uploader(
            label, kinds, key=f"{upload.page}.{name}", max_upload_size=MEGABYTES,
            on_change=ask.forget, args=((upload.cut,),),
        )  # fmt: skip
        return None if given is None else given.getvalue()

    if link.value(upload.form) != "texts":
        json = link.value(upload.form) == "json"
        kinds = ["jsonl", "json", "txt"] if json else ["tsv", "txt", "csv"]
        table = file("file", _("File of pairs"), kinds)
        return None if table is None else (table,)
    columns = st.columns(3)
    texts = ["txt", "text", "tok", "en", "fr", "de", "zh", "src", "tgt"]
    with columns[0]:
        source = file("source", _("Sentences"), texts)
    with columns[1]:
        target = file("target", _("Translations"), texts)
    with columns[2]:
        label = _("Links") if needs_links else _("Links, if there are any")
        links = file("gold", label, ["txt", "align", "pharaoh", "gold", "talp"])
    if source is None or target is None or (needs_links and links is None):
        return None
    return source, target, links


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(
    form: str, files: tuple[bytes | None, ...], cut: bool, first: int, direction: Direction
) -> Pairs:  # fmt: skip
    """Read once, however many readers bring the same file."""
    one, other, links = (*files, None, None)[:3]
    if form == "json":
        return pairs.from_json(one or b"", cut)
    if form == "table":
        return pairs.from_table(one or b"", cut, first, direction)
    return pairs.from_texts(one or b"", other or b"", links, cut, first, direction)

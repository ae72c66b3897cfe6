"""Asking for a file of pairs: our own or the reader's, as a table, as two texts, as JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attention_core.errors import AttentionError
from attention_core.files import corpus, registry
from attention_core.files.format import Columns, PairsFormat, Part, Reading, Table
from attention_core.files.formats.table_pairs import MOST_COLUMNS
from attention_core.files.pairs import Pairs
from attention_core.files.text import recoded
from attention_core.numbers.alignment import Direction
from models.work.uploads import UPLOADS
from pages.alignments.parts import codings
from pages.frame import ask, link, prose, session
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import choosing, sentences

MEGABYTES = 5
"""The largest file that the browser sends; as server.maxUploadSize in .streamlit/config.toml."""
NUMBERED = ("", "none", *map(str, range(1, MOST_COLUMNS + 1)))
"""How the address names a column of a table."""


class Upload(NamedTuple):
    """The choices about the file of one page."""

    page: str
    origin: Choice[str]
    form: Choice[str]
    coding: Choice[str]
    first: Choice[str]
    direction: Choice[Direction]
    cut: Choice[bool]
    source: Choice[str]
    target: Choice[str]
    links: Choice[str]

    @property
    def columns(self) -> tuple[Choice[str], ...]:
        """Of a table: numbers counted from 1, "none", or "" for the likely one."""
        return self.source, self.target, self.links

    @property
    def all(self) -> tuple[Kept, ...]:
        return (
            self.origin,
            self.form,
            self.coding,
            self.first,
            self.direction,
            self.cut,
            *self.columns,
        )


def choices(page: str) -> Upload:
    """Our own pairs at first."""
    return Upload(
        page,
        link.one_of(page, "from", ("ready", "own"), "ready"),
        link.one_of(page, "form", tuple(formats()), "table"),
        codings.choice(page),
        choosing.first(page),
        choosing.direction(page),
        link.flag(page, "cut"),
        *(
            link.one_of(page, name, NUMBERED, "")
            for name in ("column_source", "column_target", "column_links")
        ),
    )


def asked(
    upload: Upload, ready: Callable[[], Pairs | None], needs_links: bool, about: Sequence[Kept]
) -> Pairs | None:
    """The pairs of the reader, or our own; None while there are none.

    about  choices about the pairs that are shown: forgotten when others are asked for
    """
    titles = {"ready": _("ready ones"), "own": _("my own file")}
    if choosing.segments(upload.origin, _("Pairs"), titles, about) != "own":
        return ready()
    UPLOADS.warm()
    known = {name: _(one.title) for name, one in formats().items()}
    form = formats()[choosing.segments(upload.form, _("Format"), known, about)]
    files = _files(upload, form, needs_links, about)
    explained(form, needs_links)
    if form.counted:
        counted(upload, form, needs_links)
    if files is None:
        return None
    files = _recoded(upload, form, files)
    if files is None:
        return None
    how = ask.answered(lambda: _how(upload, form, files), upload.cut)
    if how is None:
        return None
    pairs = ask.answered(lambda: _read(form.name, files, how), upload.cut)
    for note in pairs.notes if pairs is not None else ():
        prose.note(sentences.noted(note))
    if form.counted and _counts_from_one(form.name, files, how, pairs):
        st.button(_("Count from 1"), on_click=link.choose, args=(upload.first, "1"),
                  key=f"{upload.page}.from_one")  # fmt: skip
    return pairs


def _recoded(
    upload: Upload, form: PairsFormat, files: tuple[bytes | None, ...]
) -> tuple[bytes | None, ...] | None:
    """The files in UTF-8 where the reader names their coding; None where they are in another."""
    if form.declares:
        return files
    coded = codings.asked(upload.coding, [data for data in files if data is not None])
    if not coded:
        return files
    made = ask.answered(lambda: [data and recoded(data, coded) for data in files], upload.cut)
    return None if made is None else tuple(made)


def _how(upload: Upload, form: PairsFormat, files: tuple[bytes | None, ...]) -> Reading:
    """As the reader says that the file is to be read. Raises TextError where it is no table."""
    first, direction = int(link.value(upload.first)), link.value(upload.direction)
    columns = _columned(upload, _table(form.name, files[0] or b"")) if form.table else None
    return Reading(bool(link.value(upload.cut)), first, direction, columns)


def _counts_from_one(
    form: str, files: tuple[bytes | None, ...], how: Reading, pairs: Pairs | None
) -> bool:
    """Whether links seem to count from 1: none names word 0, or they fit in no other way."""
    if how.first:
        return False
    if pairs is not None:
        return corpus.from_one(pairs)
    try:
        return _read(form, files, how._replace(first=1)).linked > 0
    except AttentionError:
        return False


def _columned(upload: Upload, table: Table) -> Columns | None:
    """Which columns hold what, asked with how each begins where there are more than two."""
    if len(table.beginnings) < 3:
        return None
    titles = {str(place): f"{place}: {text[:60]}" for place, text in enumerate(table.beginnings, 1)}
    names = (_("Column of sentences"), _("Column of translations"), _("Column of links"))
    chosen = list[int]()
    for place, name, choice, likely in zip(
        st.columns(3), names, upload.columns, table.likely, strict=True
    ):
        known = {"none": _("none"), **titles} if choice is upload.links else titles
        if link.value(choice) not in known:
            link.choose(choice, str(likely + 1) if likely >= 0 else "none")
        with place:
            taken = choosing.dropdown(choice, name, known)
        chosen.append(int(taken) - 1 if taken.isdigit() else -1)
    return Columns(*chosen)


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


def _files(
    upload: Upload, form: PairsFormat, needs_links: bool, about: Sequence[Kept]
) -> tuple[bytes | None, ...] | None:
    """The content of the files, None as long as one that is needed is missing."""

    def file(part: Part) -> bytes | None:
        optional = part.links and not needs_links
        given = st.file_uploader(
            _("Links, if there are any") if optional else _(part.title), list(part.endings),
            key=f"{upload.page}.{part.name}", max_upload_size=MEGABYTES,
            on_change=ask.forget, args=((upload.cut, upload.coding, *upload.columns, *about),),
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
def _table(form: str, data: bytes) -> Table:
    """Looked into once, however often the page is drawn."""
    return UPLOADS.table(session.reader(), form, data)


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(form: str, files: tuple[bytes | None, ...], how: Reading) -> Pairs:
    """Read once, however many readers bring the same file."""
    return UPLOADS.pairs(session.reader(), form, files, how)

"""Attention from files of other programs: read once, kept for a while, found again by its key.

A reader's file is read in a process of its own (`models.work.uploads`).
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

import streamlit as st

from attention_core.files import registry
from attention_core.files.coding import LOOKED_AT
from attention_core.files.format import AttentionFormat
from attention_core.files.formats.csv_table import as_csv
from attention_core.files.reading import Imported, read
from attention_core.files.text import recoded
from attention_core.watching.record import Note
from models.work.uploads import UPLOADS
from pages.frame import examples, session
from pages.frame.language import _
from pages.showing import looking
from pages.showing.readings import DEFAULTS, translate

KEPT = 16
"""Files in memory, of at most 40 MB each; mostly of far less."""


@dataclass(frozen=True)
class Foreign:
    """What was read from one file."""

    key: str
    form: str
    sentences: tuple[Imported, ...]
    notes: tuple[Note, ...] = ()


class _Drawer:
    """Files by key; the one that was not looked at for longest makes room for a new one."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, Foreign] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: str) -> Foreign | None:
        with self._guard:
            if key in self._files:
                self._files.move_to_end(key)
            return self._files.get(key)

    def put(self, file: Foreign) -> Foreign:
        with self._guard:
            self._files[file.key] = file
            while len(self._files) > KEPT:
                self._files.popitem(last=False)
        return file


_DRAWER = _Drawer()


def texts(data: bytes, form: str, sources: bytes | None) -> list[bytes]:
    """Which of these files are texts: a format of numbers is told by its beginning or its name."""
    binary = [one for name, one in formats().items() if one.binary and form in ("", name)]
    beside = [] if sources is None else [sources]
    numbers = any(form or one.recognise(data[:LOOKED_AT]) for one in binary)
    return beside if numbers else [data, *beside]


def opened(
    data: bytes, form: str, sources: bytes | None, cut: bool = False, coded: str = ""
) -> Foreign:
    """A file as the format says, or as it looks; raises TextError for what is wrong with it.

    form     a name of `formats`, or "" to be recognised
    sources  what was translated, a sentence a line, for files without it
    cut      True reads the beginning of a file with too many sentences
    coded    the coding of what is text in it, "" for the one that is recognised
    """
    if coded:
        given = texts(data, form, sources)
        data = recoded(data, coded) if data in given else data
        sources = None if sources is None else recoded(sources, coded)
    wanted = form if form in formats() else ""
    digest = hashlib.sha256(b"\n".join((wanted.encode(), b"%d" % cut, data, sources or b"")))
    key = digest.hexdigest()[:16]
    return _DRAWER.get(key) or _DRAWER.put(_read(key, data, wanted, sources or b"", cut))


def _read(key: str, data: bytes, form: str, sources: bytes, cut: bool) -> Foreign:
    found = UPLOADS.attention(session.reader(), data, form, sources, cut)
    return Foreign(key, found.form, found.sentences, found.notes)


def kept(key: str) -> Foreign | None:
    """The file of that key, None where this server has it no longer."""
    return _DRAWER.get(key)


@st.cache_resource(show_spinner=False)
def ready() -> Foreign:
    """The example: what Translate writes as CSV, special tokens and all, read back in."""
    model = DEFAULTS["translate"]
    look = looking.settled(translate(model, examples.TRANSLATE[0].text), model)
    if look is None:
        return Foreign("", "csv", ())
    return Foreign("", "csv", tuple(read(as_csv(look.view("words", "shown")), "csv")))


def titles() -> dict[str, str]:
    """The formats by their names in the address; the empty one is recognised."""
    return {"": _("recognise it"), **{name: _(form.title) for name, form in formats().items()}}


def formats() -> dict[str, AttentionFormat]:
    """Those that we read, by their names."""
    return {name: one for name, one in registry.attention().items() if one.read is not None}

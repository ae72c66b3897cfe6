"""Attention from files of other programs: read once, kept for a while, found again by its key."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

import streamlit as st

from attention_core.files import export, imports
from attention_core.files.imports import Format, Imported
from attention_core.pictures.views import view
from pages.frame import examples
from pages.frame.language import _
from pages.showing import looking
from pages.showing.readings import DEFAULTS, translate

KEPT = 16
"""Files in memory, of at most 40 MB each; mostly of far less."""


@dataclass(frozen=True)
class Foreign:
    """What was read from one file."""

    key: str
    form: Format
    sentences: tuple[Imported, ...]


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


def opened(data: bytes, form: str, sources: bytes | None) -> Foreign:
    """A file as the format says, or as it looks; raises TextError for what is wrong with it.

    form     one of `imports.FORMATS`, or "" to be recognised
    sources  what was translated, a sentence a line, for files without it
    """
    known: Format = next((one for one in imports.FORMATS if one == form), imports.detected(data))
    digest = hashlib.sha256(b"\n".join((known.encode(), data, sources or b"")))
    key = digest.hexdigest()[:16]
    lines = (sources or b"").decode("utf-8-sig", "replace")
    return _DRAWER.get(key) or _DRAWER.put(
        Foreign(key, known, tuple(imports.read(data, known, lines)))
    )


def kept(key: str) -> Foreign | None:
    """The file of that key, None where this server has it no longer."""
    return _DRAWER.get(key)


@st.cache_resource(show_spinner=False)
def ready() -> Foreign:
    """The example: what Translate writes as CSV, read back in."""
    model = DEFAULTS["translate"]
    look = looking.settled(translate(model, examples.TRANSLATE[0].text), model)
    if look is None:
        return Foreign("", "csv", ())
    return opened(export.as_csv(view(look.site, None, "tokens", "shown")), "csv", None)


def titles() -> dict[str, str]:
    """The formats by their names in the address; the empty one is recognised."""
    return {
        "": _("recognise it"),
        "csv": _("CSV table"),
        "npz": "NPZ",
        "marian": "Marian",
        "opennmt": "OpenNMT-py",
        "nematus": "Nematus",
    }


def explanations() -> dict[str, str]:
    """What a file of each format looks like."""
    return {
        "csv": _(
            "Source tokens in the first row, target tokens in the first column, weights between; "
            "an empty line begins the next sentence. What Translate writes as CSV is read too."
        ),
        "npz": _(
            "Arrays weights (target × source, or head × target × source), source and target; "
            "what numpy.savez writes."
        ),
        "marian": _(
            "What marian-decoder --alignment soft (or hard) prints: the translation, ||| and the "
            "weights. The file that was translated can be added."
        ),
        "opennmt": _("What onmt_translate --attn_debug prints or logs, best with --verbose."),
        "nematus": _(
            "What nematus/translate.py --output_alignment writes: a header with |||, then a row "
            "of weights for each target token. Sockeye, amun and OpenNMT (Lua) write such files."
        ),
    }

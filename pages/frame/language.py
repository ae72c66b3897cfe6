"""The reader's language: gettext catalogues, looked up for each session.

English is the language of the source, so it needs no catalogue. Mark literal text with `_("…")`
and fill `{placeholders}` afterwards: `_("Layer {layer}").format(layer=3)`.
"""

from __future__ import annotations

import gettext as gnu
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.frame import link

LANGUAGES: Final = {"en": "English", "zh": "中文"}
"""Code in the address to name on the switch."""

LOCALE: Final = Path(__file__).parent.parent / "locale"


_SETTLED: Final[ContextVar[str]] = ContextVar("settled", default="")


def gettext(text: str) -> str:
    """The text in the reader's language; the English text where there is no translation."""
    return translations(current()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The form for `count` things in the reader's language; placeholders are still to be filled."""
    return translations(current()).ngettext(one, many, count)


_ = gettext


def current() -> str:
    """The code of the language of this session; English where there is no session."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    return _SETTLED.get() or settle()


def settle() -> str:
    """Takes the reader's choice for the rest of this run: every sentence asks for it.

    A run has a thread of its own, and a change of the language is a new run from the top.
    """
    chosen = link.value(choice())
    spoken_here = chosen if chosen in LANGUAGES else spoken()
    _SETTLED.set(spoken_here)
    return spoken_here


def choice() -> link.Choice[str]:
    """The language as a choice in the address, `?lang=zh`; left out when the browser says it."""
    return link.one_of("frame", "lang", LANGUAGES, spoken())


def spoken() -> str:
    """The language that the reader's browser asks for, or English where we do not speak it."""
    asked = (st.context.locale or "en").split("-")[0].lower()
    return asked if asked in LANGUAGES else "en"


def switch() -> None:
    """The control that changes the language; the choice stays in the address across pages."""
    st.segmented_control(
        " / ".join(LANGUAGES.values()),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key=choice().key,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )


@cache
def translations(code: str) -> gnu.NullTranslations:
    """The compiled catalogue of one language, made in memory from its .po file."""
    path = LOCALE / code / "LC_MESSAGES" / "atlas.po"
    if not path.is_file():
        return gnu.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)

"""Asking the reader for text: boxes whose content survives everything, and ready examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from attention_core.errors import AttentionError, Superseded, TooLong
from pages.frame import link, waiting
from pages.frame.examples import Example
from pages.frame.language import _
from pages.frame.link import Choice, Kept

T = TypeVar("T")
MOST_CHARACTERS = 100_000


def text_box(choice: Choice[str], label: str, about: Sequence[Kept], height: int = 92) -> str:
    """A box for a text; what is typed is kept across pages and in the address.

    about  choices about places in this text, such as pins: forgotten when the text changes
    """
    typed = st.text_area(
        label,
        key=choice.key,
        height=height,
        max_chars=MOST_CHARACTERS,
        on_change=forget,
        args=(about,),
        persist_state="session",
    )
    if link.overruled(choice):
        forget(about)
    return typed or ""


def forget(choices: Sequence[Kept]) -> None:
    """Brings choices back to their defaults."""
    for choice in choices:
        choice.forget()


def examples(
    ready: Sequence[Example], about: Sequence[Kept], text: Choice[str],
    second: Choice[str] | None = None,
) -> None:  # fmt: skip
    """Ready sentences in a small menu; choosing one fills the box or boxes."""

    key = f"{text.key}.examples"
    shown = [f"{one.text} / {one.second}" if one.second else one.text for one in ready]

    def take() -> None:
        taken = ready[shown.index(st.session_state[key])]
        forget(about)
        link.choose(text, taken.text)
        if second is not None:
            link.choose(second, taken.second)

    st.menu_button(
        _("Examples"), shown, key=key, on_click=take, icon=":material/list:", type="tertiary"
    )


def answered(
    work: Callable[[], T], cut: Choice[bool], place: str = "", doing: str = ""
) -> T | None:
    """The result of some work on the reader's text, or None after saying what was wrong.

    place  a name for where on the page that is said, if it may be said in several
    doing  what the reader is told while they wait
    """
    try:
        with waiting.shown(doing or _("Computing …")):
            return work()
    except TooLong as problem:
        st.warning(said(problem), icon=":material/content_cut:")
        st.button(
            _("Read only the beginning"),
            on_click=link.choose,
            args=(cut, True),
            key=f"{cut.key}.agree{place}",
        )
    except AttentionError as problem:
        st.info(said(problem), icon=":material/info:")
    except Superseded:
        st.stop()  # a newer run of this very page is already on its way
    return None


def said(problem: AttentionError) -> str:
    """The problem's sentence in the reader's language, safe inside Markdown."""
    sentence = _(problem.sentence)
    filled = sentence.format(**problem.values) if problem.values else sentence
    return literal(filled)


def literal(text: str) -> str:
    """Text that Markdown shows as typed: nothing in it becomes bold, a link or an image."""
    return "".join(f"\\{letter}" if letter in _MARKS else letter for letter in text)


_MARKS = frozenset("\\`*_{}[]()#+-.!|<>$~:&^=")

"""Asking the reader for text: boxes whose content survives everything, and ready examples.

Enter sends what stands in a box, Shift and Enter begin a new line: `pages/widgets/hosts/habits.js`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape
from typing import TypeVar

import streamlit as st

from attention_core.errors import AttentionError, Superseded, TooLong
from pages.frame import link, prose, waiting
from pages.frame.examples import Example
from pages.frame.language import _
from pages.frame.link import Choice, Kept

T = TypeVar("T")
MOST_CHARACTERS = 100_000
QUOTED = 90
"""Characters of a text that are quoted above an older answer."""


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


def send(label: str, box: Choice[str]) -> None:
    """A button that sends what was typed, for those who have no Enter at hand.

    To leave a box is to send it, so the click has nothing left to do but to draw the page anew.
    """
    st.button(label, key=f"{box.key}.send", type="primary")


def answers(*boxes: Choice[str]) -> None:
    """Says to which texts the answer belongs that fills the rest of this block.

    As long as a box holds another text, because that was not sent yet or is still being worked on,
    the browser shows this and dims what follows.
    """
    read = {box.key: link.value(box) for box in boxes}
    texts = " / ".join(" ".join(text.split()) for text in read.values() if text.strip())
    shown = texts if len(texts) <= QUOTED else f"{texts[: QUOTED - 1]} …"
    sentence = prose.filled(_("This is still the answer to {text}"), text=prose.token(shown))
    given = escape(json.dumps(read))
    st.html(f'<p class="atlas-older" data-answers="{given}">{sentence}</p>')


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
    work: Callable[[], T], cut: Choice[bool] | None = None, place: str = "", doing: str = ""
) -> T | None:
    """The result of some work on what the reader gave, or None after saying what was wrong.

    cut    whether the beginning of a text may be read, where it can be too long
    place  a name for where on the page that is said, if it may be said in several
    doing  what the reader is told while they wait
    """
    try:
        with waiting.shown(doing or _("Computing …")):
            return work()
    except TooLong as problem:
        st.warning(said(problem), icon=":material/content_cut:")
        if cut is not None:
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

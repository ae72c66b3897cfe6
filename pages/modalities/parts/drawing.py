"""Paper to draw a digit on, and digits that were drawn before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from models.ours.digits.strokes import LEVELS, PEN, SIDE, Ink, drawn, parsed, ready, written
from pages.frame import link, prose
from pages.frame.language import _
from pages.showing import figures
from pages.showing.figures import said
from pages.widgets.canvas import TEXT, Canvas, canvas

PAGE: Final = "digits"
BLANK: Final = "0" * SIDE * SIDE


def paper(name: str, digit: int) -> link.Choice[str]:
    """What lies on one paper, a hexadecimal digit for each cell; at first a digit of ours."""
    first = written(drawn(ready()[digit]))
    return link.Choice(name, first, lambda raw: None if parsed(raw) is None else raw, page=PAGE)


FIRST = paper("ink", 3)
SECOND = paper("second", 7)
CHOICES: Final = (FIRST, SECOND)


def asked(choice: link.Choice[str], title: str) -> Ink:
    """The paper with its tools, and what lies on it."""
    key = f"{choice.key}.paper"

    def took() -> None:
        ink = figures.state(key, "ink") or BLANK
        link.choose(choice, ink if parsed(ink) is not None else BLANK)

    canvas(
        Canvas(
            side=SIDE, levels=LEVELS, reach=PEN, ink=link.value(choice), title=title,
            caption="", name=f"digit-{choice.name}",
        ),
        key=key,
        text=said(TEXT),
        on_ink_change=took,
    )  # fmt: skip
    examples(choice)
    ink = parsed(link.value(choice))
    assert ink is not None  # noqa: S101  (nothing else can be chosen)
    return ink


def examples(choice: link.Choice[str]) -> None:
    """One digit of ours of each kind, in a small menu."""
    key = f"{choice.key}.examples"
    names = [str(one.digit) for one in ready()]

    def take() -> None:
        chosen = ready()[names.index(st.session_state[key])]
        link.choose(choice, written(drawn(chosen)))

    st.menu_button(
        _("Examples"), names, key=key, on_click=take, icon=":material/list:", type="tertiary"
    )


def percent(share: float, digits: int = 0) -> prose.Markup:
    return prose.number(100 * share, digits)


def interval(found: Mapping[str, Any], share: float, ends: str = "interval") -> str:
    """A share with its interval, in per cent."""
    low, high = (100 * end for end in found[ends])
    return f"{100 * share:.1f} % [{low:.1f}, {high:.1f}]"


def steps(choice: link.Choice[int], label: str, count: int, one: Callable[[int], str]) -> int:
    """Which of several looks or rounds is open, counted from 0."""
    if not 0 <= link.value(choice) < count:
        link.choose(choice, count - 1)
    st.segmented_control(
        label, range(count), format_func=one, key=choice.key, required=True,
        persist_state="session",
    )  # fmt: skip
    return link.value(choice)

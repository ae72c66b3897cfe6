"""What goes together when it is left out: words of a text, or blocks of a picture's patches; and in
how many orders words come for Shapley values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import streamlit as st

from attention_core.numbers.attribution import Output
from attention_core.numbers.attribution.groups import Groups, blocks, parts
from models.families.pictures.asking import axis_of
from pages.explore.parts.attributing import Answers
from pages.frame import link, prose
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import choosing

WAYS: Final = ("words", "parts", "chosen")
GROUPED: Final = ("leave-group-out",)
"""Methods that have nothing to say until something goes together."""
LARGEST: Final = 8
"""Patches along the side of a block."""


class Together(NamedTuple):
    """The choices of a page about what goes together."""

    way: Choice[str]
    chosen: Choice[list[int]]


def choices(page: str) -> Together:
    """How words of a text are grouped, and the words that a reader chose."""
    return Together(
        link.one_of(page, "together", WAYS, "words"), link.numbers(page, "group", most=64)
    )


def of_text(by: Together, output: Output) -> Groups:
    """The groups that the reader chose; none where every word is one."""
    way = link.value(by.way)
    if way == "parts":
        return parts(output.axis)
    own = output.own.nonzero().flatten().tolist()
    chosen = tuple(place for place in own if place in link.value(by.chosen))
    return (chosen,) if way == "chosen" and len(chosen) > 1 else ()


def of_picture(side: int, region: Sequence[int], output: Output) -> Groups:
    """The region that the reader marked; or else blocks of so many patches along each side, none
    where every patch is one.
    """
    own = output.own.nonzero().flatten().tolist()
    marked = tuple(place for place in own if place in region)
    if len(marked) > 1:
        return (marked,)
    return blocks(axis_of(output), side) if side > 1 else ()


def asked(by: Together, made: Answers) -> None:
    """Which words go together."""
    titles = {
        "words": _("the pieces of a word"),
        "parts": _("parts between marks"),
        "chosen": _("words that you choose"),
    }
    if choosing.dropdown(by.way, _("Left out together"), titles, (), 230) != "chosen":
        return
    link.choose(by.chosen, [one for one in link.value(by.chosen) if one in made.own])
    st.multiselect(
        _("These words as one group"), list(made.own),
        format_func=lambda place: f"{place + 1} {made.tokens[place]}",
        key=by.chosen.key, persist_state="session", width=320,
    )  # fmt: skip


def block(choice: Choice[int]) -> None:
    """Of how many patches along each side a block is that is left out."""
    titles = {1: _("each patch alone")}
    titles |= {side: f"{side} × {side}" for side in range(2, LARGEST + 1)}
    choosing.dropdown(choice, _("Left out together"), titles, (), 200)


def samples(choice: Choice[int]) -> None:
    """In how many orders words or patches come for Shapley values."""
    known: Sequence[int] = sorted({8, 16, 64, 256, 1024, link.value(choice)} - {0})
    titles = {0: _("not asked"), **{one: f"{one:,}" for one in known}}
    choosing.dropdown(choice, _("Orders of Shapley values"), titles, (), 200)


def flow(choice: Choice[bool]) -> None:
    """How flow is shown."""
    choosing.switch(choice, _("Flow as shares of 1"))


def said(groups: Groups, made: Answers) -> None:
    """Which words go together, where it is not one each."""
    named = [group for group in groups if len(group) > 1]
    if named:
        texts = [" ".join(made.tokens[place] for place in group) for group in named]
        prose.note(
            prose.filled(
                _("Left out together: {groups}."),
                groups=prose.Markup(prose.listed([prose.token(text) for text in texts])),
            )
        )

"""Choosing what lies beside a sentence: a sense's drawing, another one, white paper, nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from attention_core.files.photograph import Photograph
from models.ours.decides.canvas import WIDTH, Placed
from models.ours.decides.nouns import Sense, drawings, senses
from models.ours.decides.scene import SCALE, noun, png, scene, titles
from models.ours.decides.sentences import words
from pages.frame import link
from pages.frame.language import _
from pages.frame.link import Kept
from pages.showing import choosing

PAGE: Final = "decides"
OTHER, BLANK, NONE = "other", "blank", "none"
MOST_SENSES: Final = 4

SHOWN = link.one_of(PAGE, "show", (*map(str, range(1, MOST_SENSES + 1)), OTHER, BLANK, NONE), "1")
DRAWING = link.text(PAGE, "drawing", drawings()[0])
PLACE = link.one_of(PAGE, "place", ("1", "2", "3", "4"), "1")
ALONE = link.flag(PAGE, "alone")
CHOICES = (SHOWN, DRAWING, PLACE, ALONE)


@dataclass(frozen=True)
class Scene:
    """What lies beside a sentence.

    word   the noun that the sentence is about; None where it has none
    kind   which sense is drawn, from 1, or one of OTHER, BLANK, NONE
    drawn  the drawings on the canvas, the chosen one first; None for no picture at all
    """

    word: str | None
    kind: str
    drawn: tuple[Placed, ...] | None
    place: int = 0
    alone: bool = False

    @property
    def photo(self) -> Photograph:
        """The canvas as a reader sees it."""
        return Photograph(png(self.drawn or ()), WIDTH * SCALE, WIDTH * SCALE)

    def showing(self, kind: str, drawing: str = "") -> Scene:
        """The same canvas with another picture on it."""
        if kind in (BLANK, NONE):
            return replace(self, kind=kind, drawn=() if kind == BLANK else None)
        name = drawing or _drawing(self.word, kind)
        drawn = scene(name, self.place, None if self.alone else self.word or "")
        return replace(self, kind=kind, drawn=tuple(drawn))


def asked(text: str, about: tuple[Kept, ...]) -> Scene:
    """What the reader wants beside their sentence."""
    word = noun(found for found, _start, _end in words(text))
    titles = {str(number): sense_title(one) for number, one in enumerate(meanings(word), 1)}
    titles |= {OTHER: _("another drawing"), BLANK: _("white paper"), NONE: _("no picture")}
    if link.value(SHOWN) not in titles:
        link.choose(SHOWN, next(iter(titles)))
    corners = {"1": "↖", "2": "↗", "3": "↙", "4": "↘"}
    name = ""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = choosing.segments(SHOWN, _("Beside it lies"), titles, about)
        if kind == OTHER:
            name = other(about)
        if kind not in (BLANK, NONE):
            choosing.segments(PLACE, _("Where it lies"), corners, about)
            choosing.switch(ALONE, _("nothing else on the paper"))
    return Scene(word, kind, (), int(link.value(PLACE)) - 1, link.value(ALONE)).showing(kind, name)


def meanings(word: str | None) -> tuple[Sense, ...]:
    """What a noun may mean, as far as the translator knows."""
    return senses()[word][:MOST_SENSES] if word else ()


def sense_title(sense: Sense) -> str:
    """One sense, by what it is called in both languages."""
    return f"{sense.french} · {sense.chinese}"


def other(about: tuple[Kept, ...]) -> str:
    """Any drawing that the reader wants on the paper."""
    named = titles(drawings())
    if link.value(DRAWING) not in named:
        link.choose(DRAWING, DRAWING.default)
    order = dict(sorted(named.items(), key=lambda pair: pair[1]))
    return choosing.dropdown(DRAWING, _("Which drawing"), order, about, width=300)


def _drawing(word: str | None, kind: str) -> str:
    """The first drawing of a sense; of any noun where the sentence has none."""
    known = meanings(word)
    number = int(kind) - 1 if kind.isdecimal() else 0
    return known[min(number, len(known) - 1)].drawings[0] if known else drawings()[0]

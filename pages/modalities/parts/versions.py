"""The same sentence beside the right picture, a wrong one, white paper, and no picture at all."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.frame import ask, prose
from pages.frame.language import _
from pages.modalities.parts.canvases import BLANK, NONE, OTHER, Scene, meanings, sense_title
from pages.modalities.parts.deciding import LANGUAGES, names
from pages.showing.readings import decide

WIDTH: Final = 150
"""Pixels of a side of a small canvas."""
ANYTHING: Final = {"cat": "1f3e0"}
"""For a word, a drawing that shows none of its senses; for all others a cat."""


def shown(text: str, scene: Scene) -> None:
    """A column for each kind of picture: the canvas, both translations, and their largest β."""
    made = [(_titled(one), one) for one in beside(scene)]
    for column, (title, one) in zip(st.columns(len(made), gap="medium"), made, strict=True):
        with column:
            sense = one.kind.isdecimal()  # then it is named by its words, which are not ours
            prose.note(prose.token(title) if sense else prose.filled(title))
            _one(text, one)
    prose.caption(
        prose.filled(
            _("The number is the largest β of a translation: how much it let the picture in.")
        )
    )


def beside(scene: Scene) -> list[Scene]:
    """Every sense's picture, one that shows no sense, white paper, no picture."""
    kinds = [str(number) for number, _sense in enumerate(meanings(scene.word), 1)]
    return [
        *(scene.showing(kind) for kind in kinds),
        scene.showing(OTHER, ANYTHING.get(scene.word or "", "1f408")),
        scene.showing(BLANK),
        scene.showing(NONE),
    ]


def _titled(scene: Scene) -> str:
    if scene.kind.isdecimal():
        return sense_title(meanings(scene.word)[int(scene.kind) - 1])
    return {OTHER: _("another picture"), BLANK: _("white paper"), NONE: _("no picture")}[scene.kind]


def _one(text: str, scene: Scene) -> None:
    if scene.drawn is None:
        st.html(f'<div class="atlas-nothing" style="--side:{WIDTH}px"></div>')
    else:
        st.image(scene.photo.png, width=WIDTH)
    found = ask.answered(
        lambda: {one: decide(text, one, scene.drawn) for one in LANGUAGES}, place=scene.kind
    )
    if found is None:
        return
    for language, decided in found.items():
        prose.sentence(decided.text)
        prose.note(
            prose.filled(
                _("{language}, β up to {gate}"),
                language=names()[language], gate=prose.number(max(decided.gates[:-1], default=0.0)),
            )
        )  # fmt: skip

"""Outputs about pictures and what they were made of, shared by all readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import streamlit as st

from attention_core.axes.patches import PatchAxis
from attention_core.errors import AttentionError, ModelError
from attention_core.files.photograph import Photograph
from attention_core.numbers.attribution import ALL, Found, Knobs, Output
from attention_core.numbers.faithfulness import Faith
from models.families.matching import Matcher
from models.families.matching.asking import AskingMatches, MatcherAsker
from models.families.pictures import Namer, Viewer
from models.families.pictures.asking import (
    AskingPictures,
    Blank,
    NamerAsker,
    PictureWanted,
    ViewerAsker,
    axis_of,
)
from models.ours.emoji.asking import EmojiAsker
from models.ours.emoji.reader import Reader as Towers
from models.store import catalogue
from pages.explore.parts import attributing
from pages.explore.parts.attributing import Answers, cancelled, working
from pages.frame import waiting
from pages.frame.language import _
from pages.showing import readings

CHANCES: Final = 4
"""Orders by chance that every method is held against."""
TIMES: Final = 16
"""How often patches are taken away, of an order: several at once."""


@dataclass(frozen=True)
class Asked:
    """One output about one picture.

    model   of patches, for likeness; of two towers, for a caption; empty for the classifier of
            this machine
    number  of the class; None: the likeliest. rather: the class it is held against
    other   the picture that it is compared with
    text    the caption that it is compared with
    side    of a caption: whether its patches or its words are asked about
    """

    photo: Photograph
    model: str = ""
    number: int | None = None
    rather: int | None = None
    other: Photograph | None = None
    blank: Blank = "mean"
    text: str = ""
    side: Literal["picture", "words"] = "picture"

    @property
    def key(self) -> tuple[str | int | None, ...]:
        """What tells it from any other."""
        other = self.other.digest if self.other else ""
        about = (self.photo.digest, self.model, self.number, self.rather, other, self.text)
        return *about, self.side, self.blank


def output_of(asked: Asked) -> Output:
    """That number; raises as `answers` does."""
    return _output(asked.key, asked)


def axis(asked: Asked) -> PatchAxis:
    """The patches; raises as `answers` does."""
    return axis_of(_output(asked.key, asked))


def shown(asked: Asked) -> Photograph:
    """The picture that the patches lie on; raises as `answers` does."""
    return _matching(asked.model).shown(asked.photo) if asked.text else asked.photo


def answers(asked: Asked, knobs: Knobs) -> Answers:
    """All methods about one output.

    Raises AttentionError with a sentence where there is nothing that could be asked.
    """
    return attributing.collected(
        _output(asked.key, asked),
        lambda name, heeded: _found(asked.key, name, heeded, asked),
        lambda: _blank(asked.key, asked),
        knobs,
    )


def tried(asked: Asked, knobs: Knobs) -> dict[str, Faith]:
    """What becomes of the output as each method takes patches away."""
    return _tried(asked.key, knobs, asked)


@st.cache_resource(max_entries=8, show_spinner=False)
def _output(key: tuple[object, ...], _asked: Asked) -> Output:
    output = working(_matched(_asked) if _asked.text else _looked(_asked))
    return replace(output, model=catalogue.entry(output.model).card.title)


def _looked(asked: Asked) -> Callable[[], Output]:
    asker = _asker(asked.model)
    wanted = PictureWanted(asker.kind, asked.number, asked.rather, asked.other, asked.blank)
    return lambda: asker.output(asked.photo, wanted, cancelled)


def _matched(asked: Asked) -> Callable[[], Output]:
    asker, photo = _matching(asked.model), asked.photo
    if asked.side == "words":
        return lambda: asker.words(photo, asked.text, cancelled)
    return lambda: asker.picture(photo, asked.text, asked.blank, cancelled)


@st.cache_resource(max_entries=32, show_spinner=False)
def _blank(key: tuple[object, ...], _asked: Asked) -> float:
    output = _output(key, _asked)
    return working(lambda: float(output.numbers(output.blank[None])[0]))


@st.cache_resource(max_entries=256, show_spinner=False)
def _found(
    key: tuple[object, ...], method: str, knobs: Knobs, _asked: Asked
) -> Found | AttentionError:
    output = _output(key, _asked)
    try:
        return working(lambda: ALL[method].of(output, knobs))
    except AttentionError as problem:
        return problem


@st.cache_resource(max_entries=16, show_spinner=False)
def _tried(key: tuple[object, ...], knobs: Knobs, _asked: Asked) -> dict[str, Faith]:
    made = answers(_asked, knobs)
    waiting.step(_("Taking patches away …"))
    return attributing.orders_tried(_output(key, _asked), made, CHANCES, TIMES)


def _matching(model: str) -> AskingMatches:
    """Who answers for that model of two towers; raises ModelError where nobody does."""
    found = readings.opened(model)
    if isinstance(found, Matcher):
        return MatcherAsker(found)
    if isinstance(found, Towers):
        return EmojiAsker(found)
    raise ModelError(
        "{model} does not say how well a text fits a picture; choose a model of two towers.",
        model=catalogue.entry(model).card.title,
    )


def _asker(model: str) -> AskingPictures:
    """Who answers for that model; raises ModelError where nobody does."""
    found = readings.opened(model) if model else readings.namer()
    if isinstance(found, Viewer):
        return ViewerAsker(found)
    if isinstance(found, Namer):
        return NamerAsker(found)
    raise ModelError(
        "{model} sees no pictures; choose a model that does.",
        model=catalogue.entry(model).card.title,
    )

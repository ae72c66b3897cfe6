"""What the lesson on explanations shows, worked out once for all readers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from attention_core.errors import AttentionError, ModelError
from attention_core.numbers.attribution import ALL, Found, Knobs
from attention_core.numbers.attribution.planted import counted
from attention_core.numbers.counterfactual import Adversary, adversary, shaken
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.rows import Looking
from models.store import catalogue, shelf
from pages.explore.parts import attributing
from pages.explore.parts.attributing import Answers, cancelled, working
from pages.frame import waiting
from pages.frame.language import _

SHUFFLES: Final = 30
MOST: Final = 24
"""Pieces of a translation that are tried: each takes some hundred steps."""
WORTH: Final = {
    "good": 1.0, "great": 1.0, "lovely": 1.0, "funny": 1.0, "warm": 1.0,
    "bad": -1.0, "awful": -1.0, "boring": -1.0, "cold": -1.0, "sad": -1.0,
}  # fmt: skip
"""What the planted model takes words to be worth; any other word is worth nothing."""


@dataclass(frozen=True)
class Tried:
    """One piece of a translation. moved: the median over the shuffles; found: the other look"""

    piece: str
    moved: float
    found: Adversary


@dataclass(frozen=True)
class Evidence:
    """One translation, piece by piece; `rows` as they were, (piece, source)."""

    source: tuple[str, ...]
    tried: tuple[Tried, ...]
    rows: tuple[tuple[float, ...], ...]

    def both(self, place: int) -> NDArray[np.float32]:
        """(2, source): where a piece looked, and where else it could have."""
        return np.array([self.rows[place], self.tried[place].found.row.tolist()], np.float32)


def translation(model: str, text: str) -> Evidence:
    """Every piece shuffled and looked for anew; raises AttentionError or TextError in words."""
    return _translation(model, text)


@st.cache_resource(max_entries=24, show_spinner=False)
def _translation(model: str, text: str) -> Evidence:
    reader = shelf.load(model)
    if not isinstance(reader, TranslatorReader):
        raise ModelError(
            "{model} does not translate; choose one of the translators.",
            model=catalogue.entry(model).card.title,
        )
    looking = working(lambda: Looking(reader, text))
    if len(looking.written) > MOST:
        raise AttentionError(
            "The translation has {count} pieces; at most {most} are tried. Shorten the text.",
            count=len(looking.written),
            most=MOST,
        )
    tried = []
    for step, piece in enumerate(looking.written):
        waiting.step(
            _("Looking for other attention: {done} of {count} …").format(
                done=step + 1, count=len(looking.written)
            )
        )
        tried.append(working(partial(_piece, looking, step, piece)))
    waiting.step("")
    names = tuple(token.text for token in looking.axis.tokens)
    return Evidence(names, tuple(tried), tuple(map(tuple, looking.rows.tolist())))


def _piece(looking: Looking, step: int, piece: str) -> Tried:
    answer, row = looking.answer(step), looking.rows[step]
    moved = median(shaken(answer, row, SHUFFLES).tolist())
    return Tried(piece, moved, adversary(answer, row, cancelled=cancelled))


def even(text: str) -> Answers:
    """All methods about the planted model whose attention is the same for all words.

    Raises AttentionError where there are too few words.
    """
    output = counted(WORTH, text.lower().replace(".", " ").replace(",", " ").split())

    def asked(name: str, knobs: Knobs) -> Found | AttentionError:
        try:
            return ALL[name].of(output, knobs)
        except AttentionError as problem:
            return problem

    return attributing.collected(
        output, asked, lambda: float(output.numbers(output.blank[None])[0]), Knobs(steps=4)
    )

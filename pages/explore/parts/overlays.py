"""Every method's answer about a picture as heat over the picture, and in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import exp, isnan
from typing import Final

import streamlit as st
import torch

from attention_core.numbers.attribution.groups import Groups
from pages.explore.parts import heats, pictured
from pages.explore.parts.attributing import Answers
from pages.explore.parts.pictured import Asked
from pages.frame import link, prose
from pages.frame.language import _
from pages.frame.link import Choice
from pages.frame.prose import Markup
from pages.showing import figures, maps, readings

MARKED: Final = "leave-one-out"
"""The method in whose picture a region can be marked."""
ACROSS: Final = 3
"""Pictures side by side."""


def said(asked: Asked, made: Answers) -> None:
    """The output in a sentence, and what is left of it without every patch."""
    if asked.text:
        prose.caption(_fitted(asked, made))
    else:
        prose.caption(_liked(made) if asked.model else _named(asked, made))


def _fitted(asked: Asked, made: Answers) -> Markup:
    if asked.side == "words":
        sentence = _(
            "The same cosine as a function of the words, the picture staying as it is: with every "
            "word taken away it is {blank}."
        )
    else:
        sentence = _(
            "The model finds {text} to fit the picture by {value} (the cosine of the vectors that "
            "its two towers make of them; 1 is the same direction). With every patch of the "
            "picture taken away it is {blank}. Neither tower sees what the other one is given."
        )
    return prose.filled(
        sentence, text=prose.token(asked.text), value=prose.number(made.value),
        blank=prose.number(made.blank),
    )  # fmt: skip


def _liked(made: Answers) -> Markup:
    return prose.filled(
        _(
            "The model finds the two pictures alike by {value} (the cosine of their vectors; 1 is "
            "the same direction). With every patch of the first one taken away it is {blank}."
        ),
        value=prose.number(made.value),
        blank=prose.number(made.blank),
    )


def _named(asked: Asked, made: Answers) -> Markup:
    labels = readings.naming(asked.photo).labels
    label = prose.token(labels[asked.number or 0])
    if asked.rather is not None:
        return prose.filled(
            _(
                "EfficientNet-Lite0 says {word} rather than {other}: it is {times} times as "
                "likely, and the logarithm of that is {value}. With every patch taken away the "
                "logarithm is {blank}."
            ),
            word=label,
            other=prose.token(labels[asked.rather]),
            times=prose.number(exp(min(made.value, 30.0)), 1),
            value=prose.number(made.value),
            blank=prose.number(made.blank),
        )
    return prose.filled(
        _(
            "EfficientNet-Lite0 says {word} with a probability of {share}: the logarithm is "
            "{value}. With every patch taken away it is {blank}."
        ),
        word=label,
        share=prose.number(exp(made.value)),
        value=prose.number(made.value),
        blank=prose.number(made.blank),
    )


def shown(asked: Asked, made: Answers, page: str, marked: Choice[list[int]]) -> None:
    """A picture for each method; what speaks against the output is left dark.

    marked  the region that the reader marks in the picture of what is left out
    """
    axis, photo = pictured.axis(asked), pictured.shown(asked)
    names = list(made.found)
    for start in range(0, len(names), ACROSS):
        columns = st.columns(ACROSS, gap="medium")
        for name, column in zip(names[start : start + ACROSS], columns, strict=False):
            scores = made.found[name].scores[list(made.own)].clamp_min(0.0)
            weights = (scores / scores.max().clamp_min(1e-12)).reshape(1, -1).to(torch.float32)
            with column:
                st.markdown(f"**{heats.title(name)}**")
                key, marks = f"{page}.{name}", name == MARKED
                maps.over(
                    photo, axis, weights, key, _taking(key, axis.before, marked) if marks else None,
                    [at - axis.before for at in link.value(marked)] if marks else None,
                    title=heats.title(name), name=name, plain=True,
                    hint=_("Drag over a region: it is then left out as a whole.")
                    if marks
                    else _("Point at a patch to read its share."),
                )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "Bright patches spoke for the output, each picture relative to its own strongest "
                "patch. What speaks against it is dark here, and in the file with its sign."
            )
        )
    )


def _taking(key: str, before: int, marked: Choice[list[int]]) -> Callable[[], None]:
    """Keeps the region that the reader marked in the picture of that key."""

    def take() -> None:
        link.choose(marked, [before + place for place in figures.state(key, "chosen") or ()])

    return take


def region(made: Answers, groups: Groups) -> None:
    """What the region that the reader marked is worth as a whole, and patch by patch."""
    whole, alone = (made.found.get(name) for name in ("leave-group-out", "leave-one-out"))
    if len(groups) != 1 or whole is None or alone is None:
        return
    places = list(groups[0])
    prose.caption(
        prose.filled(
            _(
                "The region that you marked has {count} patches. Without all of them the output "
                "falls by {whole}; without one at a time by {alone} added up (below 0 it rises)."
            ),
            count=len(places),
            whole=prose.number(float(whole.scores[places[0]]), 3),
            alone=prose.number(float(alone.scores[places].sum()), 3),
        )
    )


def told(made: Answers, count: int) -> Markup:
    """Which methods name the patches whose loss really changes the output."""
    return Markup(" ".join(_told(made, count)))


def _told(made: Answers, count: int) -> Iterator[Markup]:
    whole = next((name for name in heats.WHOLE if name in made.found), None)
    if whole is None:
        return
    same = {*heats.KIN, frozenset({whole})}
    others = [name for name in made.found if frozenset((name, whole)) not in same]
    if not others:
        return
    best = max(others, key=lambda name: made.agreed(whole, name, count))
    yield prose.filled(
        _(
            "Of the {count} patches whose loss changes the output most ({whole}), {best} names "
            "{shared}."
        ),
        count=count, whole=heats.title(whole), best=heats.title(best),
        shared=made.agreed(whole, best, count),
    )  # fmt: skip
    if "attention" in made.found and best != "attention":
        tau = made.kendall(whole, "attention")
        yield prose.filled(
            _("Attention names {shared} (τ of all patches: {tau})."),
            shared=made.agreed(whole, "attention", count),
            tau="–" if isnan(tau) else prose.number(tau),
        )

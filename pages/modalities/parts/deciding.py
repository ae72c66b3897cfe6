"""Two translations with what each word took from the picture, and one word's look over it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from attention_core.axes.patches import PatchAxis
from models.ours.decides.canvas import WIDTH
from models.ours.decides.nouns import Language, ambiguous, senses
from models.ours.decides.reader import Decided, load_decider
from models.store import catalogue
from pages.frame import link, prose
from pages.frame.language import _
from pages.frame.prose import Markup
from pages.modalities.parts.canvases import PAGE, Scene, sense_title
from pages.showing import choosing, figures, maps
from pages.showing.figures import said
from pages.widgets.alignment import TEXT, Alignment, alignment

Both = Mapping[Language, Decided]
LANGUAGES: Final[tuple[Language, ...]] = ("fr", "zh")
TEXT_SITE, PICTURE_SITE = "cross.0", "picture-cross.0"
WORD = link.numbers(PAGE, "word", ordered=True)
"""The language and the word that is open, both counted from 0; the likeliest one at first."""


def names() -> dict[Language, str]:
    """What each language is called."""
    return {"fr": _("French"), "zh": _("Chinese")}


def words() -> None:
    """The words that the translator knows, in a small window."""
    with st.popover(_("Words it knows"), icon=":material/list:", type="tertiary"):
        several = [
            f"{word} ({', '.join(map(sense_title, senses()[word]))})" for word in ambiguous()
        ]
        prose.note(
            prose.filled(
                _("{count} words with more than one sense: {words}."),
                count=len(several), words=prose.listed(several),
            )
        )  # fmt: skip
        known = load_decider().known.source[2:]
        prose.note(
            prose.filled(_("All {count} words: {words}"), count=len(known), words=" ".join(known))
        )


def about() -> None:
    """The translator's card."""
    choosing.about(catalogue.entry("decides").card)


def measured() -> None:
    """How often the translator is right, on sentences that it never saw."""
    report = catalogue.entry("decides").card.measured["measured"]
    for language, name in names().items():
        found = report[language]
        prose.note(
            prose.filled(
                _(
                    "{language}, measured on {count} held-out sentences with an ambiguous word: "
                    "the right noun beside the right drawing {right} %, without a picture "
                    "{none} %, the other noun when the drawing is swapped {swapped} %."
                ),
                language=name,
                count=found["cases"],
                right=_percent(found["right_picture"]),
                none=_percent(found["no_picture"]),
                swapped=_percent(found["follows_the_other"]),
            )
        )


def _percent(found: Mapping[str, float]) -> Markup:
    return prose.number(100 * found["share"], 1)


def opened(found: Both) -> tuple[Language, int]:
    """The word whose look is shown: the one chosen, or the one that let most of the picture in."""
    chosen = link.value(WORD)
    if len(chosen) == 2 and chosen[0] < len(LANGUAGES):
        language = LANGUAGES[chosen[0]]
        if chosen[1] < len(found[language].gates):
            return language, chosen[1]
    gates = found["fr"].gates[:-1]
    return "fr", max(range(len(gates)), key=gates.__getitem__, default=0)


def picture(found: Both, scene: Scene) -> None:
    """The canvas with one word's look over it."""
    if scene.drawn is None:
        prose.caption(
            prose.filled(_("There is no picture: the gate of every word is held shut, β = 0."))
        )
        return
    language, place = opened(found)
    made = found[language]
    site = made.record.site(PICTURE_SITE)
    axis = site.keys
    assert isinstance(axis, PatchAxis)  # noqa: S101  (for the type checker)
    look = site.weights([0])[0, place]
    spoken = told(made, place, look, scene)
    maps.over(
        scene.photo, axis, look[None], f"{PAGE}.map", title=made.text,
        caption=prose.joined(spoken), name=f"picture-{language}-{place + 1}",
        hint=_("Point at a cell to read its share of the look."),
    )  # fmt: skip
    prose.caption(spoken)
    prose.note(
        prose.filled(
            _("The network sees this paper at {side} × {side} pixels, in {grid} × {grid} cells."),
            side=WIDTH,
            grid=axis.grid[0],
        )
    )  # fmt: skip


def told(made: Decided, place: int, look: Tensor, scene: Scene) -> Markup:
    """How much a word took from the picture, and from where. look (cell,)"""
    word, gate = made.words.tokens[place].text, made.gates[place]
    if not scene.drawn:
        return prose.filled(
            _("{word}: β = {gate}; there is nothing on the paper to be seen."),
            word=prose.token(word), gate=prose.number(gate),
        )  # fmt: skip
    inside = torch.tensor(scene.drawn[0].cells())
    return prose.filled(
        _(
            "{word}: β = {gate}. {share} % of its look at the picture rests on the drawing "
            "({area} % of the paper)."
        ),
        word=prose.token(word), gate=prose.number(gate),
        share=prose.number(100 * float(look[inside].sum()), 0),
        area=prose.number(100 * float(inside.float().mean()), 0),
    )  # fmt: skip


def translations(found: Both) -> None:
    """French and Chinese beside each other: the sentence, its ribbons, and β word by word."""
    columns = st.columns(2, gap="medium")
    open = opened(found)
    for language, column in zip(LANGUAGES, columns, strict=True):
        with column:
            st.subheader(names()[language], anchor=False)
            prose.headline(found[language].text)
            chosen = open[1] if open[0] == language else None
            ribbons(found[language], language, chosen)
            bars(found[language], chosen)
    prose.caption(
        prose.filled(
            _(
                "Each bar is β: how far the picture was let in when the word was "
                "written. Click a word of a translation to see where it looked."
            )
        )
    )


def ribbons(made: Decided, language: Language, chosen: int | None) -> None:
    """From each word of the translation to the English words that it looked at."""
    site = made.record.site(TEXT_SITE)
    key = f"{PAGE}.ribbons.{language}"

    def took() -> None:
        pins = [pin for pin in figures.state(key, "pins") or [] if pin != chosen]
        link.choose(WORD, [LANGUAGES.index(language), pins[-1]] if pins else [])

    weights: NDArray[np.float64] = site.weights([0])[0].double().numpy()
    alignment(
        Alignment(
            source=[token.text for token in site.keys.tokens],
            target=[token.text for token in site.queries.tokens],
            weights=weights,
            pins=[] if chosen is None else [chosen],
            title=made.text,
            caption="",
            name=f"alignment-{language}",
            compact=True,
        ),
        key=key,
        text=said(TEXT),
        on_pins_change=took,
    )


def bars(made: Decided, chosen: int | None) -> None:
    """β of each word as a bar with its number; </s> is no word."""
    lines = "".join(
        f'<div role="row"{" class=atlas-taken" if place == chosen else ""}>'
        f'<b role="rowheader" dir="auto">{escape(token.text)}</b>'
        f'<span role="cell" class="atlas-bar" style="--share:{gate:.4f}"></span>'
        f'<small role="cell">{gate:.2f}</small></div>'
        for place, (token, gate) in enumerate(zip(made.words.tokens, made.gates, strict=True))
        if not token.special
    )
    label = escape(_("β of each word"))
    st.html(f'<div class="atlas-bars" role="table" aria-label="{label}">{lines}</div>')

"""Translate: which word became which?

Ask for a sentence (or a pair), translate or follow it, and show the alignment as ribbons and as a
matrix, with what else the translator considered at every step.
"""

from __future__ import annotations

import streamlit as st

from attention_core.alignment import pharaoh, strongest_links
from attention_core.views import View, view
from models.translation import Translation
from pages.parts import ask, choosing, downloads, examples, figures, link, prose, sentences, steps
from pages.parts.language import _
from pages.parts.readings import align, translate

PAGE = "translate"

SOURCE = link.text(PAGE, "source", examples.TRANSLATE[0].text)
TARGET = link.text(PAGE, "target")
MODE = link.one_of(PAGE, "mode", ("translate", "pair"), "translate")
MODEL = choosing.model(PAGE, "translate")
CUT = link.flag(PAGE, "cut")
PINS = link.numbers(PAGE, "words")
CELL = link.numbers(PAGE, "cell", ordered=True)
GRAIN = link.one_of(PAGE, "grain", ("tokens", "words"), "words")
SPECIALS = link.one_of(PAGE, "specials", ("shown", "hidden", "renormalised"), "hidden")
SCALE = link.one_of(PAGE, "scale", ("matrix", "row"), "matrix")
PLACES = (PINS, CELL, CUT)
CHOICES = (SOURCE, TARGET, MODE, MODEL, CUT, PINS, CELL, GRAIN, SPECIALS, SCALE)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which word became which?"), anchor=False)
    model = asked()
    link.publish(CHOICES)
    source, target = link.value(SOURCE), link.value(TARGET)
    pair = link.value(MODE) == "pair"
    if not source.strip() or (pair and not target.strip()):
        st.info(_("Type a sentence on each side, or choose an example."), icon=":material/edit:")
        return
    with st.spinner(_("Translating …"), show_time=True):
        found = ask.answered(
            lambda: (
                align(model, source, target, link.value(CUT))
                if pair
                else translate(model, source, link.value(CUT))
            ),
            CUT,
        )
    if found is not None:
        shown(found)


def asked() -> str:
    """What the reader wants translated, and by whom."""
    boxes, side = st.columns([7, 4], gap="medium")
    with side:
        choosing.segments(
            MODE, _("What to do"), {"translate": _("Translate"), "pair": _("Align my own pair")}
        )
        model = choosing.choose_model(MODEL, "translate")
    pair = link.value(MODE) == "pair"
    with boxes:
        ask.text_box(SOURCE, _("English"), PLACES, 68)
        if pair:
            ask.text_box(TARGET, _("French"), PLACES, 68)
        if pair:
            ask.examples(examples.PAIRS, PLACES, SOURCE, TARGET)
        else:
            ask.examples(examples.TRANSLATE, PLACES, SOURCE)
    return model


@st.fragment
def shown(found: Translation) -> None:
    """Everything that follows from one translation."""
    prose.headline(found.text)
    for sentence in sentences.doubts(found):
        prose.caption(sentence)
    for note in found.record.notes:
        prose.note(sentences.noted(note))
    prose.badge(*sentences.integrity(found.record.sites))
    choosing.grain_and_specials(GRAIN, SPECIALS)

    picture = view(found.site, None, link.value(GRAIN), link.value(SPECIALS))
    pins = figures.rows(picture, link.value(PINS))
    show_ribbons(found, picture, pins)

    cells, considered = st.columns([6, 5], gap="large")
    with cells:
        st.subheader(_("The alignment as a matrix"), anchor=False)
        show_matrix(picture, pins)
    with considered:
        st.subheader(_("What else it considered"), anchor=False)
        steps.candidates(found, link.value(PINS), picture)
        steps.alternatives(found)
    link.publish(CHOICES)


def show_ribbons(found: Translation, picture: View, pins: list[int]) -> None:
    """The two sentences with ribbons from each word to where it looked."""
    links = strongest_links(picture.mean, least=0.2)
    spoken = sentences.pinned(picture, pins) or [sentences.alignment(picture)]

    def took() -> None:
        link.choose(PINS, figures.places(picture, figures.state(f"{PAGE}.ribbons", "pins")))

    figures.alignment(
        picture, links, pins, f"{PAGE}.ribbons", took,
        title=f"{link.value(SOURCE)} → {found.text}",
        caption=prose.joined(*spoken, sentences.shown(picture)),
    )  # fmt: skip
    prose.caption(*spoken)
    with st.container(horizontal=True):
        downloads.numbers(picture, "alignment")
        downloads.file(_("Links (Pharaoh)"), lambda: pharaoh(links), "alignment.pharaoh.txt")


def show_matrix(picture: View, pins: list[int]) -> None:
    """One row for each French word, one column for each English word."""
    cell = figures.cell(picture, link.value(CELL))
    spoken = sentences.cell(picture, *cell) if cell else sentences.alignment(picture)

    def took_cell() -> None:
        chosen = figures.state(f"{PAGE}.matrix", "cell") or []
        link.choose(CELL, figures.cell_places(picture, chosen))

    def took_scale() -> None:
        link.choose(SCALE, figures.state(f"{PAGE}.matrix", "scale"))

    figures.matrix(
        picture, cell, pins, link.value(SCALE), f"{PAGE}.matrix", took_cell, took_scale,
        title=_("Alignment"), caption=prose.joined(spoken, sentences.shown(picture)),
    )  # fmt: skip
    prose.caption(spoken)
    prose.note(sentences.shown(picture))


page()

"""Is attention an explanation? A lesson with evidence for both sides, made live on real models.

Shuffle the weights, look for others that give the same answer, and see a model whose attention is
the same for all words and that is right all the same.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from attention_core.marking import N_
from attention_core.numbers.counterfactual import LARGEST
from attention_core.pictures import figures
from attention_core.pictures.contracts.matrix import Matrix
from pages.explore.parts import evidence, grammatical, heats, outputs
from pages.explore.parts.evidence import Evidence
from pages.frame import ask, link, prose, site
from pages.frame.language import _
from pages.showing import charts, choosing
from pages.showing.figures import said
from pages.widgets.matrix import TEXT as MATRIX_TEXT
from pages.widgets.matrix import matrix as heatmap

PAGE: Final = "explanation"
CARD = site.Page(
    PAGE, N_("Is attention an explanation?"), order=61, door="matter",
    promise=N_("Shuffle the weights, make them even, take a head away: what of the answer stays?"),
)  # fmt: skip
TRANSLATORS: Final = {
    "luong-dot-en-fr": "Luong",
    "bahdanau-en-fr": "Bahdanau",
}
DEPTH: Final = 4
"""Layers of the small BERT that was taught a grammar."""
PAPERS: Final = {
    "jain": ("Jain & Wallace 2019", "arxiv.org/abs/1902.10186"),
    "wiegreffe": ("Wiegreffe & Pinter 2019", "arxiv.org/abs/1908.04626"),
    "serrano": ("Serrano & Smith 2019", "arxiv.org/abs/1906.03731"),
    "vashishth": ("Vashishth et al. 2019", "arxiv.org/abs/1909.11218"),
    "michel": ("Michel, Levy & Neubig 2019", "arxiv.org/abs/1905.10650"),
    "abnar": ("Abnar & Zuidema 2020", "arxiv.org/abs/2005.00928"),
    "bastings": ("Bastings & Filippova 2020", "arxiv.org/abs/2010.05607"),
}
TEXT = link.text(PAGE, "text", "The old woman sees a white cat in the garden.")
MODEL = link.one_of(PAGE, "model", tuple(TRANSLATORS), "luong-dot-en-fr")
PIECE = outputs.part(PAGE, "piece")
EVEN = link.text(PAGE, "even", "A boring story, but a great and funny cast.")
SENTENCE = link.number(PAGE, "sentence", default=0)
LAYER = link.one_of(PAGE, "layer", tuple(str(at + 1) for at in range(DEPTH)), str(DEPTH))
CHOICES = (TEXT, MODEL, PIECE, EVEN, SENTENCE, LAYER)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Is attention an explanation?"), anchor=False)
    prose.lead(
        _(
            "A large weight is easily read as “because of this word”. Whether it may be is "
            "disputed. Here is the evidence of both sides, on models of this app and on your own "
            "sentence: weights shuffled, other weights that give the same answer, and a model that "
            "is always right and looks at everything alike."
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        choosing.dropdown(MODEL, _("Translator"), TRANSLATORS, (PIECE,), 220)
    text = ask.text_box(TEXT, _("Your text"), (PIECE,), 68)
    link.publish(CHOICES)
    if not text.strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return
    found = ask.answered(
        lambda: evidence.translation(link.value(MODEL), text),
        doing=_("Looking for other attention …"),
    )
    if found is not None:
        shaken(found)
        other(found)
    even()
    known()
    taken_away()
    link.publish(CHOICES)


def shaken(found: Evidence) -> None:
    """How far the answer moves when weights are shuffled, and how far weights can move."""
    st.subheader(_("1. Would other weights have said something else?"), anchor=False)
    bars = [figures.Before(one.piece, one.moved, one.found.apart / LARGEST) for one in found.tried]
    titles = (
        _("answer changed when the weights are shuffled"),
        _("how different weights can be that keep the answer"),
    )
    charts.chart(
        figures.compared(bars, titles, _("0 = not at all, 1 = completely"), charts.theme()),
        f"{PAGE}.bars", "explanation",
    )  # fmt: skip
    needed = max(found.tried, key=lambda one: one.moved - one.found.apart / LARGEST)
    free = min(found.tried, key=lambda one: one.moved - one.found.apart / LARGEST)
    prose.caption(
        prose.filled(
            _(
                "For {needed} the weights matter: shuffled, they change {moved} % of what the "
                "model says. For {free} they hardly do: {other} % of the answer changes, and "
                "weights that are {apart} % as different as can be give the same answer."
            ),
            needed=prose.token(needed.piece), moved=prose.number(100 * needed.moved, 0),
            free=prose.token(free.piece), other=prose.number(100 * free.moved, 0),
            apart=prose.number(100 * free.found.apart / LARGEST, 0),
        )
    )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "Shuffled: the weights of this step are given to other words by chance, {count} "
                "times; the median of the total variation between both answers. Different: the "
                "Jensen–Shannon divergence from the weights as they were, over its largest value, "
                "of the most different weights that were found by gradient ascent and change the "
                "answer by 1 % at most; what was not found may still exist. After {paper}, who "
                "found such weights for sentiment and question answering; {others} show that for "
                "translation, where attention is the only way to the words, they matter."
            ),
            count=evidence.SHUFFLES, paper=cited("jain"), others=cited("vashishth"),
        )
    )  # fmt: skip


def other(found: Evidence) -> None:
    """The weights as they were, and the most different ones that keep the answer."""
    st.subheader(_("2. The same answer, looking elsewhere"), anchor=False)
    names = {place: f"{place + 1}. {one.piece}" for place, one in enumerate(found.tried)}
    free = max(names, key=lambda place: found.tried[place].found.apart)
    if link.value(PIECE) not in names:
        link.choose(PIECE, free)
    place = choosing.dropdown(PIECE, _("Piece of the translation"), names, (), 220)
    one = found.tried[place]
    heatmap(
        Matrix(
            rows=[_("as it looked"), _("as it could look")], columns=list(found.source),
            weights=found.both(place), title=one.piece, name="other-attention", scale="matrix",
        ),
        key=f"{PAGE}.other", text=said(MATRIX_TEXT),
    )  # fmt: skip
    prose.caption(
        prose.filled(
            _(
                "Looking as in the second row, the model says {piece} as before: {change} % of its "
                "answer changes. The rows are {apart} % as different as two can be."
            ),
            piece=prose.token(one.piece), change=prose.number(100 * one.found.change, 1),
            apart=prose.number(100 * one.found.apart / LARGEST, 0),
        )
    )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "That such weights exist does not make the real ones wrong: the model would not "
                "have made them by itself, and each step was free to cheat alone ({paper})."
            ),
            paper=cited("wiegreffe"),
        )
    )


def even() -> None:
    """A planted model that looks at all words alike and is right."""
    st.subheader(_("3. Even attention, right answer"), anchor=False)
    text = ask.text_box(EVEN, _("A review"), (), 68)
    made = ask.answered(lambda: evidence.even(text), place="even")
    if made is None:
        return
    heats.table(made, min(3, len(made.own) - 1))
    prose.caption(
        prose.filled(
            _(
                "This model adds up what words are worth and says {value}: that is right for every "
                "sentence. Each word gets the same weight, {weight}; what decides is what is "
                "fetched, and the methods that see the values or the whole model say so."
            ),
            value=prose.number(made.value, 0),
            weight=prose.number(1 / len(made.tokens)),
        )
    )
    prose.note(
        prose.filled(
            _(
                "Planted by us, with weights that were set and not trained: {words} are worth 1 or "
                "−1, any other word 0."
            ),
            words=prose.Markup(prose.listed([prose.token(word) for word in evidence.WORTH])),
        )
    )


@st.fragment
def known() -> None:
    """A model whose grammar is known: what a head follows, and what methods say by depth."""
    st.subheader(_("4. Where the truth is known"), anchor=False)
    prose.note(
        prose.filled(
            _(
                "A small BERT of {layers} layers was taught sentences that rules make, so every "
                "tree is known; it only ever guessed hidden words. To give a verb its number it "
                "must find the subject, past nouns of the other number."
            ),
            layers=DEPTH,
        )
    )
    measured = ask.answered(grammatical.card, place="grammar")
    if not measured:
        return
    texts = {at: " ".join(one.words) for at, one in enumerate(grammatical.sentences())}
    if link.value(SENTENCE) not in texts:
        link.choose(SENTENCE, 0)
    place = choosing.dropdown(SENTENCE, _("Sentence"), texts)
    found = ask.answered(lambda: grammatical.lesson(place), place="lesson")
    if found is None:
        return
    grammatical.head(found, measured, PAGE)
    prose.lead(_("Which words decide the number of the verb?"))
    layers = {str(at + 1): str(at + 1) for at in range(len(found.said))}
    layer = int(choosing.segments(LAYER, _("Layer"), layers)) - 1
    one, many = st.columns([6, 5], gap="large")
    with one:
        grammatical.methods(found, layer, PAGE)
    with many:
        grammatical.by_depth(measured, PAGE, cited("abnar"))
    link.publish(CHOICES)


def taken_away() -> None:
    """Where a head matters, and what to take away from it all."""
    st.subheader(_("5. And yet: take a head away"), anchor=False)
    prose.caption(
        prose.filled(
            _(
                "Some heads can go without a trace, and some cannot ({papers}). Which is which is "
                "not seen in a picture of weights: it is seen when the head is switched off."
            ),
            papers=prose.Markup(prose.listed([cited("michel"), cited("serrano")])),
        )
    )
    with st.container(horizontal=True, gap="medium"):
        for name, title in (
            ("switched", _("Switch a head off")),
            ("made", _("Ask all methods about one word")),
        ):
            st.page_link(site.file(name), label=title, icon=":material/arrow_forward:")
    st.subheader(_("What to take away"), anchor=False)
    prose.lead(
        _(
            "A weight is a fact about the model: so much of this value went there. It is a good "
            "question and a poor answer to “why”. Where attention is the only way to a word, it "
            "tells much; where values, other layers and other heads carry the same, it may tell "
            "nothing. Take the word or the head away before you believe it."
        )
    )
    prose.note(
        prose.filled(
            _("A long view of this dispute: {paper}."),
            paper=cited("bastings"),
        )
    )


def cited(name: str) -> prose.Markup:
    """A paper as a link."""
    title, address = PAPERS[name]
    return prose.Markup(f'<a href="https://{address}" target="_blank">{title}</a>')


if __name__ == "__main__":
    page()

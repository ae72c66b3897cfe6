"""Why attention was invented: quality against length, with and without it, and what the last word
of a translation depends on.
"""

from __future__ import annotations

import streamlit as st

from attention_core.marking import N_
from attention_core.pictures import figures as plots
from models.store.catalogue import Card
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.showing import charts, choosing, lengths
from pages.showing.readings import faded, translate

PAGE = "why"
CARD = site.Page(
    PAGE, N_("Why attention?"), order=30, door="languages",
    promise=N_(
        "See what a long sentence becomes without attention and with it, measured and live."
    ),
)  # fmt: skip
WITHOUT, WITH = "fixed-en-fr", "bahdanau-en-fr"
SERIES = (WITHOUT, WITH, "luong-general-en-fr", "transformer-en-fr")

MEASURE = link.one_of(PAGE, "measure", ("bleu", "exact"), "bleu")
MODELS = link.names(PAGE, "models", SERIES)
SOURCE = link.text(PAGE, "source", examples.WHY[-1].text)
CUT = link.flag(PAGE, "cut")
CHOICES = (MEASURE, MODELS, SOURCE, CUT)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Why attention?"), anchor=False)
    prose.lead(
        _(
            "The first neural translators read a whole sentence into one vector of numbers and "
            "wrote from that alone. Short sentences fit; long ones do not. Attention lets the "
            "writer look back at every word. Here are both, trained on the same pairs."
        )
    )
    cards = lengths.measured()
    if not {WITHOUT, WITH} <= set(cards):
        st.info(
            _("The translators of this page are not on this machine; train them first."),
            icon=":material/info:",
        )
        return
    by_length(cards)
    own_sentence()
    link.publish(CHOICES)


@st.fragment
def by_length(cards: dict[str, Card]) -> None:
    """Measured quality over the length of the source, a line for each translator."""
    st.subheader(_("Quality against the length of the sentence"), anchor=False)
    link.choose(MODELS, [name for name in link.value(MODELS) if name in cards])
    measure = choosing.segments(
        MEASURE, _("Measure"), {"bleu": "BLEU", "exact": _("share exactly right")}
    )
    st.multiselect(
        _("Translators"),
        [name for name, card in cards.items() if card.languages == ("en", "fr")],
        format_func=lambda name: _(cards[name].short),
        key=MODELS.key,
        persist_state="session",
    )
    lengths.chart(cards, link.value(MODELS), measure, (WITHOUT, WITH), f"{PAGE}.by-length")
    bins = cards[WITH].measured["quality"]["by_length"]
    first, last = bins[0], bins[-1]
    without = cards[WITHOUT].measured["quality"]["by_length"]
    prose.caption(
        prose.filled(
            _(
                "With {few} words, attention is worth {short} BLEU; with {many} words, {long}. "
                "Measured on {pairs} held-out pairs of Tatoeba; Bahdanau, Cho and Bengio saw the "
                "same in 2015 (their figure 2)."
            ),
            few=lengths.words(first),
            many=lengths.words(last),
            short=prose.number(first["bleu"] - without[0]["bleu"], 1),
            long=prose.number(last["bleu"] - without[-1]["bleu"], 1),
            pairs=sum(one["pairs"] for one in bins),
        )
    )
    rows = [
        {"translator": name, **one}
        for name in link.value(MODELS)
        for one in cards[name].measured["quality"]["by_length"]
    ]
    downloads.rows(rows, "by-length.csv")
    link.publish(CHOICES)


def own_sentence() -> None:
    """The reader's sentence by both, and what their last words depend on."""
    st.subheader(_("Try it with your own sentence"), anchor=False)
    ask.text_box(SOURCE, _("English"), (CUT,), 68)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ask.send(_("Translate"), SOURCE)
        ask.examples(examples.WHY, (CUT,), SOURCE)
    source = link.value(SOURCE)
    if not source.strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return
    found = {}
    for name, title, column in zip(
        (WITHOUT, WITH), (_("Without attention"), _("With attention")), st.columns(2, gap="large"),
        strict=True,
    ):  # fmt: skip
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{title}**")
            made = ask.answered(
                lambda name=name: translate(name, source, link.value(CUT)),  # type: ignore[misc]
                link.flag(PAGE, "cut"),
                doing=_("Translating …"),
            )
            if made is None:
                return  # a text that is too long is so for both
            ask.answers(SOURCE)
            prose.sentence(made.text)
            found[name] = made
    with st.container():
        ask.answers(SOURCE)
        gradients(source, found[WITH].text)


def gradients(source: str, target: str) -> None:
    """How strongly the last word depends on each source word."""
    st.subheader(_("What the last word depends on"), anchor=False)
    felt = {name: faded(name, source, target, link.value(CUT)) for name in (WITHOUT, WITH)}
    drawn = [
        plots.Curve(_("Without attention"), felt[WITHOUT].shares),
        plots.Curve(_("With attention"), felt[WITH].shares),
    ]
    labels = felt[WITH].words
    titles = (_("words of the English sentence"), _("share of the gradient"))
    figure = plots.curves(labels, drawn, titles, charts.theme())
    charts.chart(figure, f"{PAGE}.gradients", "gradients")
    strongest = {name: max(zip(one.shares, one.words, strict=True)) for name, one in felt.items()}
    prose.caption(
        prose.filled(
            _(
                "Both were given the same French: {target} Shown is the size of the gradient of "
                "its last word with respect to each English word, as a share of the whole. With "
                "attention the most of it, {share}, comes from {word}; without it the most is "
                "{other} (from {another}), and the rest is spread over a sentence that had to pass "
                "through one vector. The first word has {first} with attention and {early} without."
            ),
            target=prose.token(target),
            share=prose.number(strongest[WITH][0]),
            word=prose.token(strongest[WITH][1]),
            other=prose.number(strongest[WITHOUT][0]),
            another=prose.token(strongest[WITHOUT][1]),
            first=prose.number(felt[WITH].shares[0], 3),
            early=prose.number(felt[WITHOUT].shares[0], 3),
        )
    )


if __name__ == "__main__":
    page()

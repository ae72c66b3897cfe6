"""The reader's sentence through every mechanism, side by side."""

from __future__ import annotations

import math
from typing import Final, Literal

import streamlit as st

from attention_core.marking import N_
from attention_core.mechanisms import ALL, in_set
from attention_core.mechanisms.mechanism import Trace
from models.ours.imitation.head import Words
from models.ours.imitation.student import held_out, look, missed
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.mechanisms.parts.side_by_side import (
    asked,
    bits,
    labels,
    numbers,
    operations,
    panel,
    parts,
    reach,
    support,
    untrained,
)
from pages.showing import choosing, figures
from pages.widgets.mosaic import TEXT, Mosaic, mosaic

PAGE: Final = "words"
CARD = site.Page(
    PAGE, N_("Side by side"), order=80, door="mechanisms",
    promise=N_("Your sentence through every mechanism at once."),
)  # fmt: skip
SETS: Final = {
    "first": N_("additive and dot product"),
    "score": N_("how a pair is scored"),
    "soft": N_("soft and hard"),
    "normal": N_("softmax to sparsemax"),
    "local": N_("global and local"),
    "sparse": N_("full and sparse"),
    "place": N_("where words stand"),
    "kernel": N_("kernels and spans"),
    "heads": N_("heads, keys and values"),
    "across": N_("routing and pictures"),
    "others": N_("others"),
}
"""What readers call the sets that the cards name, in the order of the buttons."""
TEXT_ = link.text(PAGE, "text", examples.WORDS[0].text)
CUT = link.flag(PAGE, "cut")
CHOSEN = link.names(PAGE, "mechanisms", (*in_set("first"), "sparsemax"))
SCALE: link.Choice[Literal["common", "own"]] = link.one_of(
    PAGE, "scale", ("common", "own"), "common"
)
INSIDE = link.one_of(PAGE, "inside", ALL, "multi_head")
CHOICES = (TEXT_, CUT, CHOSEN, SCALE, INSIDE)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Mechanisms side by side"), anchor=False)
    prose.lead(
        _(
            "In one trained head of our translator, articles and adjectives tend to look at the "
            "noun they belong to. Here every mechanism is given that head's queries, keys and "
            "values. Those that have numbers to learn were trained to imitate the head; what they "
            "cannot imitate shows what they are."
        )
    )
    read = asked(TEXT_, CUT)
    if read is None:
        return
    choose()
    for part in (compared, inside):
        with st.container():
            ask.answers(TEXT_)
            part(read)
    link.publish(CHOICES)


def choose() -> None:
    """Which mechanisms, one by one or as a set that belongs together."""
    link.choose(CHOSEN, [name for name in link.value(CHOSEN) if name in ALL])
    st.multiselect(
        _("Mechanisms"), list(ALL), format_func=lambda name: _(ALL[name].card.title),
        key=CHOSEN.key, persist_state="session",
    )  # fmt: skip
    with st.container(horizontal=True):
        for name in (name for name in SETS if in_set(name)):
            st.button(
                _(SETS[name]), key=f"{PAGE}.set.{name}", type="tertiary",
                on_click=link.choose, args=(CHOSEN, list(in_set(name))),
            )  # fmt: skip


def compared(read: Words) -> None:
    """The chosen mechanisms as pictures and as numbers."""
    chosen = link.value(CHOSEN)
    if not chosen:
        st.info(_("Choose at least one mechanism."), icon=":material/edit:")
        return
    words_ = labels(read)
    traces = {name: look(name, read) for name in chosen}
    mosaic(
        Mosaic(
            panels=[panel(name, trace, words_) for name, trace in traces.items()],
            scale=link.value(SCALE),
            title=read.axis.text,
        ),
        key=f"{PAGE}.mosaic",
        text=figures.said(TEXT),
        on_scale_change=took,
    )
    rows = [row(name, trace) for name, trace in traces.items()]
    st.dataframe(rows, hide_index=True, width="stretch")
    prose.note(
        prose.filled(
            _(
                "Bits: how widely a word looks on average, from 0 (one word) to {most} (all "
                "alike). Words looked at: with a weight above zero. Operations: multiplications "
                "and additions of scores and values. Apart from the head: half the sum of the "
                "differences of a row, averaged over {count} held-out sentences; 0 is "
                "the same, 1 has nothing in common."
            ),
            most=prose.number(math.log2(len(words_))),
            count=held_out(),
        )
    )
    untrained(chosen)
    with st.container(horizontal=True):
        downloads.rows(rows, "mechanisms.csv")
        downloads.lines(_("Numbers (CSV)"), lambda: numbers(traces, words_), "weights.csv")


def row(name: str, trace: Trace) -> dict[str, str | float | None]:
    """One mechanism in numbers."""
    return {
        _("mechanism"): _(ALL[name].card.title),
        _("bits"): round(bits(trace), 3),
        _("words looked at"): round(support(trace), 2),
        _("may be looked at"): round(reach(trace), 2),
        _("operations"): operations(name, trace.weights.shape[-1]),
        _("apart from the head"): missed().get(name),
    }


def inside(read: Words) -> None:
    """Heads, spans, kernels, rounds: what one mechanism keeps beside its mean."""
    st.subheader(_("Inside one mechanism"), anchor=False)
    titles = {name: _(one.card.title) for name, one in ALL.items()}
    name = choosing.dropdown(INSIDE, _("Mechanism"), titles)
    words_ = labels(read)
    trace = look(name, read)
    mosaic(
        Mosaic(
            panels=parts(trace, words_),
            scale="own",
            title=_(ALL[name].card.title),
            name=name,
        ),
        key=f"{PAGE}.within",
        text=figures.said(TEXT),
    )
    card = ALL[name].card
    st.latex(card.equation)
    st.markdown(f"[{card.source}]({card.link})")


def took() -> None:
    link.choose(SCALE, st.session_state[f"{PAGE}.mosaic"]["scale"])


if __name__ == "__main__":
    page()

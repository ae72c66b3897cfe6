"""What was it made of? One output of a model, and what each method says that it came from.

Ask for a text and an output, see all methods side by side, how far they agree, and what becomes of
the output when the words that they name are really taken away.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from attention_core.marking import N_
from attention_core.numbers.attribution import Knobs
from models.families.asking import BLANKS, KINDS, Kind, Wanted
from pages.explore.parts import attributing, faiths, grouping, heats, outputs, surveying
from pages.explore.parts.attributing import Answers
from pages.frame import ask, background, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.showing import choosing

PAGE = "made"
CARD = site.Page(
    PAGE, N_("What was it made of?"), order=62, door="matter",
    promise=N_("Point at an output, and see from which words each method says that it came."),
)  # fmt: skip

TEXT = link.text(PAGE, "text", examples.MADE[0].text)
OTHER = link.text(PAGE, "other", examples.MADE[0].second)
MODEL = choosing.model(PAGE)
KIND: link.Choice[Kind] = link.one_of(PAGE, "output", KINDS, "similarity")
PLACE = link.number(PAGE, "place", default=0)
WORD = outputs.word(PAGE, "word")
RATHER = outputs.word(PAGE, "rather")
BLANK: link.Choice[str] = link.one_of(PAGE, "baseline", (outputs.USUAL, *BLANKS), outputs.USUAL)
LAYER = outputs.part(PAGE, "layer")
HEAD = outputs.part(PAGE, "head")
STEPS = link.amount(PAGE, "steps", 32, 1, 256)
SAMPLES = link.amount(PAGE, "orders", 8, 0, 4096)
SCALE = link.one_of(PAGE, "scale", ("own", "one"), "own")
SHARES = link.flag(PAGE, "shares")
TOGETHER = grouping.choices(PAGE)
COUNT = link.amount(PAGE, "top", 3, 1, 10)
TAKEN = link.flag(PAGE, "taken", default=True)
LINES = link.names(PAGE, "lines", ("attention", "integrated", "leave-one-out"))
WORDS = (WORD, RATHER, PLACE)
POINTED = outputs.Pointed(KIND, PLACE, WORD, RATHER, OTHER)
MANY = link.flag(PAGE, "many")
JOB = background.choice(PAGE)
CHOICES = (
    TEXT, OTHER, MODEL, KIND, PLACE, WORD, RATHER, BLANK, LAYER, HEAD, STEPS, SAMPLES, SCALE,
    SHARES, *TOGETHER, COUNT, TAKEN, LINES, MANY, JOB,
)  # fmt: skip


def page() -> None:
    link.restore(CHOICES)
    st.title(_("What was it made of?"), anchor=False)
    prose.lead(
        _(
            "A model says something about a text. Which words did that come from? Attention is one "
            "answer of many: here are all of them side by side, how far they agree, and what "
            "happens when the words they name are really taken away."
        )
    )
    text, model = asked()
    link.publish(CHOICES)
    if not text.strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return
    wanted = ask.answered(lambda: outputs.pointed(model, text, POINTED), doing=_("Reading …"))
    link.publish(CHOICES)
    if wanted is None:
        return
    with st.container():
        ask.answers(TEXT, *((OTHER,) if wanted.kind == "similarity" else ()))
        shown(model, text, wanted)


def asked() -> tuple[str, str]:
    """The text, and the model that reads it."""
    boxes, side = st.columns([7, 4], gap="medium")
    with side:
        model = choosing.choose_model(MODEL, "read", (*WORDS, BLANK, LAYER, HEAD), writing=True)
    with boxes:
        text = ask.text_box(TEXT, _("Your text"), (*WORDS, TOGETHER.chosen))
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            ask.send(_("Ask"), TEXT)
            outputs.examples(TEXT, OTHER, MODEL, KIND, TAKEN, (*WORDS, BLANK, LAYER, HEAD))
    return text, model


@st.fragment
def shown(model: str, text: str, wanted: Wanted) -> None:
    """Everything that follows from one output."""
    blanks = attributing.offer(model, text).blanks
    wanted = replace(wanted, blank=outputs.blank(BLANK, blanks))
    found = ask.answered(lambda: answered(model, text, wanted), doing=_("Computing …"))
    if found is None:
        return
    knobs, made = found
    count = min(link.value(COUNT), len(made.own) - 1)
    outputs.said(model, text, wanted, made)
    one = link.value(SCALE) == "one"
    heats.table(made, count, one)
    heats.summary(made, count, one)
    grouping.said(knobs.groups, made)
    heats.remarks(made)
    heats.refused(made, () if knobs.groups else grouping.GROUPED)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        turned(made)
        outputs.baseline(BLANK, blanks)
    with st.container(horizontal=True, gap="small"):
        heats.cards(made, knobs)
        downloads.rows(heats.rows(made), "attributions.csv")
    agreeing(made, count)
    taking(model, text, wanted, knobs)
    st.subheader(_("Over many sentences"), anchor=False)
    if choosing.switch(MANY, _("Ask about a file of sentences")):
        surveying.shown(model, wanted, replace(knobs, groups=()), count, JOB)
    link.publish(CHOICES)


def answered(model: str, text: str, wanted: Wanted) -> tuple[Knobs, Answers]:
    """What the reader turned, and what the methods say; raises as `attributing.answers` does."""
    groups = grouping.of_text(TOGETHER, attributing.output_of(model, text, wanted))
    knobs = Knobs(
        outputs.of(LAYER), outputs.of(HEAD), link.value(STEPS), link.value(SHARES), groups,
        link.value(SAMPLES),
    )  # fmt: skip
    return knobs, attributing.answers(model, text, wanted, knobs)


def turned(made: Answers) -> None:
    """What a reader may turn: layer and head of the looks, steps, orders, what goes together, and
    how many words count.
    """
    outputs.one_of(LAYER, _("Layer of attention"), _("all layers"), made.layers)
    outputs.one_of(HEAD, _("Head of attention"), _("all heads"), made.heads)
    outputs.steps(STEPS)
    grouping.samples(SAMPLES)
    grouping.asked(TOGETHER, made)
    grouping.flow(SHARES)
    choosing.segments(SCALE, _("Colour"), {"own": _("each column"), "one": _("one scale")})
    most = min(10, len(made.own) - 1)
    link.choose(COUNT, min(link.value(COUNT), most))
    choosing.dropdown(
        COUNT, _("Words that matter most"), {one: str(one) for one in range(1, most + 1)}, (), 180
    )


def agreeing(made: Answers, count: int) -> None:
    """How far each two methods say the same."""
    st.subheader(_("Do they agree?"), anchor=False)
    heats.pairs(made, count)
    prose.caption(heats.agreement(made, count))
    prose.note(
        prose.filled(
            _(
                "Kendall’s τ is 1 where two methods order the words alike, 0 where one order tells "
                "nothing of the other, −1 where it is turned round; words are ordered by the size "
                "of their score, whatever its sign. Special tokens are left out."
            )
        )
    )


def taking(model: str, text: str, wanted: Wanted, knobs: Knobs) -> None:
    """What becomes of the output when the words that a method names are taken away."""
    st.subheader(_("And if these words are really taken away?"), anchor=False)
    runs = _(
        "Runs the model some hundred times on this text: every method’s order, and "
        "{count} orders by chance."
    )
    if faiths.wanted(
        TAKEN, _("Take them away, one after the other"), runs, attributing.CHANCES
    ):  # fmt: skip
        found = ask.answered(
            lambda: attributing.tried(model, text, wanted, knobs), place="taken",
            doing=_("Taking words away …"),
        )  # fmt: skip
        if found is not None:
            faiths.shown(found, LINES, PAGE, _("words"))


if __name__ == "__main__":
    page()

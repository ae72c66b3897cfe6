"""What in the picture spoke for it? A name, a likeness or a caption, and the patches and words that
it came from.

Ask for a picture and an output, see where each method finds it, how far they agree, and what
becomes of the output when those patches are really taken away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import streamlit as st

from attention_core.files.photograph import Photograph
from attention_core.marking import N_
from attention_core.numbers.attribution import Knobs
from models.families.pictures.asking import BLANKS
from pages.explore.parts import faiths, grouping, heats, outputs, overlays, pictured
from pages.explore.parts.attributing import Answers
from pages.explore.parts.pictured import Asked
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.showing import choosing, photographs, readings

PAGE = "spoke"
CARD = site.Page(
    PAGE, N_("What in the picture spoke for it?"), order=64, door="matter",
    promise=N_("Ask a photograph for a name, and see from which patches it came."),
)  # fmt: skip
Kind = Literal["class", "likeness", "caption"]

PHOTO = photographs.choices(PAGE)
OTHER = photographs.choices(PAGE, "other")
KIND: link.Choice[Kind] = link.one_of(PAGE, "output", ("class", "likeness", "caption"), "class")
MODEL = choosing.model(PAGE, "see")
TOWERS = link.text(PAGE, "towers", "emoji")
TEXT = link.text(PAGE, "text", next(iter(examples.CAPTIONED.values())))
NUMBER = outputs.word(PAGE, "class")
RATHER = outputs.word(PAGE, "rather")
BLANK: link.Choice[str] = link.one_of(PAGE, "baseline", BLANKS, "mean")
STEPS = link.amount(PAGE, "steps", 32, 1, 256)
SAMPLES = link.amount(PAGE, "orders", 0, 0, 4096)
SHARES = link.flag(PAGE, "shares")
BLOCK = link.amount(PAGE, "block", 1, 1, grouping.LARGEST)
REGION = link.numbers(PAGE, "region")
COUNT = link.amount(PAGE, "top", 5, 1, 20)
TAKEN = link.flag(PAGE, "taken")
LINES = link.names(PAGE, "lines", ("grad-cam", "integrated", "leave-one-out"))
ABOUT = (NUMBER, RATHER)
MENU, BEFORE = f"{TEXT.key}.examples", f"{KIND.key}.before"
CHOICES = (
    *PHOTO, *OTHER, KIND, MODEL, TOWERS, TEXT, NUMBER, RATHER, BLANK, STEPS, SAMPLES,
    SHARES, BLOCK, REGION, COUNT, TAKEN, LINES,
)  # fmt: skip


def page() -> None:
    link.restore(CHOICES)
    st.title(_("What in the picture spoke for it?"), anchor=False)
    prose.lead(
        _(
            "A model gives a picture a name, or finds it like another one, or like what a caption "
            "says. Which patches and words did that come from? Attention, gradients and Grad-CAM "
            "each have an answer: here they are over the same picture, with how far they agree and "
            "what happens without those patches."
        )
    )
    begun()
    left, right = st.columns([7, 4], gap="medium")
    with left:
        photo = photographs.chosen(PHOTO, (*ABOUT, REGION))
    with right:
        asked = None if photo is None else pointed(photo)
    link.publish(CHOICES)
    if photo is None:
        st.info(_("Bring a picture, take one, or choose an example."), icon=":material/image:")
    elif asked is not None:
        shown(asked)


def pointed(photo: Photograph) -> Asked | None:
    """The output that the reader points at; None while something of it is missing."""
    titles = {
        "class": _("its name"),
        "likeness": _("likeness to a picture"),
        "caption": _("a caption"),
    }
    kind = choosing.segments(KIND, _("Which output"), titles, ABOUT)
    if kind == "class":
        return ask.answered(lambda: named(photo), doing=_("Looking at it …"))
    if kind == "caption":
        return captioned(photo)
    model = choosing.choose_model(MODEL, "see", ())
    other = photographs.chosen(OTHER, ())
    return None if other is None else Asked(photo, model, other=other)


def captioned(photo: Photograph) -> Asked | None:
    """How well a caption fits; None while there is none."""
    model = choosing.choose_model(TOWERS, "match", ())
    text = ask.text_box(TEXT, _("Caption"), (), 68)
    shown = list(examples.CAPTIONED.values())
    st.menu_button(
        _("Examples"), shown, key=MENU, on_click=take, icon=":material/list:", type="tertiary"
    )
    if model == TOWERS.default and link.value(PHOTO.ready) not in examples.CAPTIONED:
        prose.note(
            prose.filled(
                _(
                    "These small towers learned from drawings of emoji and know little of "
                    "photographs: take an example, or a CLIP."
                )
            )
        )
    if text.strip():
        return Asked(photo, model, text=text)
    st.info(_("Type a caption: asked is how well it fits the picture."), icon=":material/edit:")
    return None


def take() -> None:
    """A ready picture with its caption, which our towers can compare."""
    text = st.session_state[MENU]
    link.choose(PHOTO.source, "ready")
    link.choose(PHOTO.ready, {said: name for name, said in examples.CAPTIONED.items()}[text])
    link.choose(TEXT, text)
    link.choose(TOWERS, TOWERS.default)


def begun() -> None:
    """Whoever turns to captions from a picture that was there at first gets one that our towers
    know.
    """
    kind, before = link.value(KIND), st.session_state.get(BEFORE)
    st.session_state[BEFORE] = kind
    turned_to = before is not None and before != kind == "caption"
    if turned_to and all(link.value(one) == one.default for one in (TEXT, TOWERS)):
        link.choose(PHOTO.ready, next(iter(examples.CAPTIONED)))


def named(photo: Photograph) -> Asked:
    """One of the likeliest names, or one rather than another; raises ModelError without a model."""
    naming = readings.naming(photo)
    best = naming.best(8)
    titles = {number: f"{label} · {100 * share:.0f} %" for number, label, share in best}
    for choice in ABOUT:
        known = link.value(choice)
        if known != outputs.NONE and known not in titles:
            if known < len(naming.labels):
                titles[known] = naming.labels[known]
            else:
                link.choose(choice, outputs.NONE)
    first = {outputs.NONE: _("the likeliest: {word}").format(word=titles[best[0][0]])}
    choosing.dropdown(NUMBER, _("Which name"), {**first, **titles}, (), 300)
    taken = best[0][0] if outputs.of(NUMBER) is None else outputs.of(NUMBER)
    others = {number: title for number, title in titles.items() if number != taken}
    if link.value(RATHER) not in others:
        link.choose(RATHER, outputs.NONE)
    any_other = {outputs.NONE: _("any other name")}
    choosing.dropdown(RATHER, _("Rather than"), {**any_other, **others}, (), 300)
    return Asked(photo, number=taken, rather=outputs.of(RATHER))


@st.fragment
def shown(asked: Asked) -> None:
    """Everything that follows from one output."""
    blank = next((one for one in BLANKS if one == link.value(BLANK)), BLANKS[0])
    asked = replace(asked, blank=blank)
    found = ask.answered(lambda: answered(asked), doing=_("Computing …"))
    if found is None:
        return
    knobs, made = found
    count = link.value(COUNT)
    overlays.said(asked, made)
    overlays.shown(asked, made, PAGE, REGION)
    prose.caption(overlays.told(made, count))
    overlays.region(made, knobs.groups)
    heats.remarks(made)
    heats.refused(made, () if knobs.groups else grouping.GROUPED)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        turned()
    with st.container(horizontal=True, gap="small"):
        heats.cards(made, knobs)
        downloads.rows(heats.rows(made), "patches.csv")
    if asked.text:
        words(replace(asked, side="words"), replace(knobs, groups=()))
    st.subheader(_("Do they agree?"), anchor=False)
    heats.pairs(made, count)
    prose.note(
        prose.filled(
            _(
                "Above: Kendall’s τ of each two orders of all patches, by the size of their score "
                "(1: alike, 0: unrelated). Below: how many of the strongest patches are the same."
            )
        )
    )
    taking(asked, knobs)
    link.publish(CHOICES)


def answered(asked: Asked) -> tuple[Knobs, Answers]:
    """What the reader turned, and what the methods say; raises as `pictured.answers` does."""
    groups = grouping.of_picture(link.value(BLOCK), link.value(REGION), pictured.output_of(asked))
    knobs = Knobs(
        steps=link.value(STEPS), shares=link.value(SHARES), groups=groups,
        samples=link.value(SAMPLES),
    )  # fmt: skip
    return knobs, pictured.answers(asked, knobs)


def words(asked: Asked, knobs: Knobs) -> None:
    """The same of the caption's words."""
    st.subheader(_("And which words of the caption?"), anchor=False)
    made = ask.answered(
        lambda: pictured.answers(asked, knobs), place="words", doing=_("Computing …")
    )
    if made is None:
        return
    overlays.said(asked, made)
    count = min(3, len(made.own) - 1)
    heats.table(made, count)
    heats.summary(made, count)
    heats.remarks(made)
    heats.refused(made)
    downloads.rows(heats.rows(made), "words.csv")


def turned() -> None:
    """What a reader may turn: what stands in place of a patch, steps, what goes together, orders,
    how many patches count.
    """
    titles = {
        "mean": _("the picture’s mean colour"),
        "blurred": _("the picture, blurred"),
        "grey": _("what the model counts as 0"),
    }
    choosing.dropdown(BLANK, _("In place of a missing patch"), titles, (), 260)
    outputs.steps(STEPS)
    grouping.block(BLOCK)
    grouping.samples(SAMPLES)
    grouping.flow(SHARES)
    choosing.dropdown(
        COUNT, _("Patches that matter most"), {one: str(one) for one in range(1, 21)}, (), 200
    )


def taking(asked: Asked, knobs: Knobs) -> None:
    """What becomes of the output when the patches that a method names are taken away."""
    st.subheader(_("And if these patches are really taken away?"), anchor=False)
    runs = _(
        "Runs the model some hundred times on this picture: every method’s order, and "
        "{count} orders by chance."
    )
    if faiths.wanted(TAKEN, _("Take them away, some at a time"), runs, pictured.CHANCES):
        found = ask.answered(
            lambda: pictured.tried(asked, knobs), place="taken", doing=_("Taking patches away …")
        )
        if found is not None:
            faiths.shown(found, LINES, PAGE, _("patches"))


if __name__ == "__main__":
    page()

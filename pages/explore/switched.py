"""What if it were switched off? Heads, layers and edges of a running model, taken away, put back.

Ask for a text and an output, do something to the model, and see what becomes of the output; every
head switched off once; every state taken once from another sentence; and how many heads a
translator can do without.
"""

from __future__ import annotations

import streamlit as st

from attention_core.marking import N_
from attention_core.numbers.acting import STREAMS, Stream
from attention_core.watching.acts import Act
from models.families.asking import KINDS, Kind, Wanted
from pages.explore.parts import acting, changing, effects, maps, outputs, pruned
from pages.frame import ask, examples, link, prose, site
from pages.frame.language import _
from pages.frame.link import Kept
from pages.showing import choosing
from pages.showing.readings import DEFAULTS

PAGE = "switched"
CARD = site.Page(
    PAGE, N_("What if it were switched off?"), order=63, door="matter",
    promise=N_("Take away heads, layers or a single link, and watch what the model says then."),
)  # fmt: skip
FIRST = examples.SWITCHED[0]
OPENS: dict[tuple[str, str], tuple[str, ...]] = {
    (DEFAULTS["translate"], FIRST.text): ("attention:cross.3",),
    (outputs.WRITES, examples.SWITCHED[1].text): ("head:decoder.24:5",),
}
"""What is switched off when an example opens: without it the translator forgets a word, and a model
that says the next word the capital.
"""
PIECE = 7
"""The piece of the translation that is then asked about: that word."""

TEXT = link.text(PAGE, "text", FIRST.text)
CLEAN = link.text(PAGE, "other", FIRST.second)
MODEL = choosing.model(PAGE, "translate")
KIND: link.Choice[Kind] = link.one_of(PAGE, "output", KINDS, "translation")
PLACE = outputs.part(PAGE, "place")
WORD = outputs.word(PAGE, "word")
RATHER = outputs.word(PAGE, "rather")
LIKE = link.text(PAGE, "like", examples.MADE[0].second)
ACTS = changing.choices(PAGE)
BESIDES = link.flag(PAGE, "besides")
STREAM: link.Choice[Stream] = link.one_of(PAGE, "stream", STREAMS, "hidden")
BOX = link.flag(PAGE, "box")
HEADS_JOB = link.text(PAGE, "heads")
PATCH_JOB = link.text(PAGE, "states")
PRUNE = pruned.choices(PAGE)
POINTED = outputs.Pointed(KIND, PLACE, WORD, RATHER, LIKE)
WORDS = (WORD, RATHER, PLACE)
ABOUT = (*WORDS, *ACTS.next)
CHOICES: tuple[Kept, ...] = (
    TEXT, CLEAN, MODEL, KIND, PLACE, WORD, RATHER, LIKE, ACTS.acts, *ACTS.next, BESIDES, STREAM,
    BOX, HEADS_JOB, PATCH_JOB, *PRUNE,
)  # fmt: skip


def page() -> None:
    link.restore(CHOICES)
    st.title(_("What if it were switched off?"), anchor=False)
    prose.lead(
        _(
            "A head that looks at something need not matter. Switch heads, layers and edges of a "
            "running model off and see what becomes of what it says. Everything can be taken "
            "back, and no other reader’s model is touched."
        )
    )
    text, model = asked()
    link.publish(CHOICES)
    if not text.strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return
    if link.value(PLACE) == outputs.NONE:
        link.choose(PLACE, PIECE if (model, text) == (DEFAULTS["translate"], FIRST.text) else 0)
    wanted = ask.answered(lambda: outputs.pointed(model, text, POINTED), doing=_("Reading …"))
    link.publish(CHOICES)
    if wanted is None:
        return
    with st.container():
        ask.answers(TEXT, *((LIKE,) if wanted.kind == "similarity" else ()))
        shown(model, text, wanted)
    link.publish(CHOICES)


def asked() -> tuple[str, str]:
    """The text, and the model that reads it."""
    boxes, side = st.columns([7, 4], gap="medium")
    with side:
        model = choosing.choose_model(MODEL, "read", (*ABOUT, ACTS.acts), writing=True)
    with boxes:
        text = ask.text_box(TEXT, _("Your text"), ABOUT)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            ask.send(_("Ask"), TEXT)
            outputs.switched(TEXT, CLEAN, MODEL, KIND, (*ABOUT, ACTS.acts))
    return text, model


def shown(model: str, text: str, wanted: Wanted) -> None:
    """What is done to the model, and everything that follows."""
    offer = ask.answered(lambda: acting.offered(model, text), place="offer")
    if offer is None:
        return
    done = changing.acts(ACTS, OPENS.get((model, text), ()))
    st.subheader(_("Switched off"), anchor=False)
    changing.chips(ACTS, done, offer)
    changing.asked(ACTS, offer)
    if offer.shared:
        prose.note(
            prose.filled(
                _(
                    "The layers of this model share their weights: what is done to one of them is "
                    "done to all."
                )
            )
        )
    followed(model, text, wanted, done)
    heads(model, text, wanted, done)
    states(model, text, wanted, done)
    pruned.asked(model, PRUNE, PAGE)


def followed(model: str, text: str, wanted: Wanted, done: tuple[Act, ...]) -> None:
    """The output before and after."""
    st.subheader(_("What becomes of the output"), anchor=False)
    found = ask.answered(
        lambda: acting.effect(model, text, wanted, done, link.value(CLEAN)), place="effect"
    )
    if found is not None:
        effects.shown(model, text, wanted, found, bool(done), PAGE)
        changing.elsewhere(model, text, done)


def heads(model: str, text: str, wanted: Wanted, done: tuple[Act, ...]) -> None:
    """Every head switched off once."""
    st.subheader(_("Every head switched off once"), anchor=False)
    besides = bool(done) and choosing.switch(BESIDES, _("On top of what is switched off already"))
    maps.heads(model, text, wanted, done, besides, link.value(CLEAN), ACTS, HEADS_JOB, PAGE)


def states(model: str, text: str, wanted: Wanted, done: tuple[Act, ...]) -> None:
    """Every state taken once from another sentence."""
    st.subheader(_("A state from another sentence"), anchor=False)
    prose.note(
        prose.filled(
            _(
                "Both sentences differ in a word, and so do their outputs. Each state of the other "
                "sentence is put into the run of yours, one at a time: where the output turns into "
                "the other’s, there the difference was held."
            )
        )
    )
    clean = ask.text_box(CLEAN, _("The other sentence, with as many tokens"), (), 68)
    stream = choosing.segments(STREAM, _("What is taken from it"), maps.streams())
    if not clean.strip():
        st.info(_("Type another sentence that differs in one word."), icon=":material/edit:")
        return
    boxed = stream == "hidden" and choosing.switch(BOX, _("Draw a box to put several states in"))
    maps.patches(model, text, clean, wanted, stream, ACTS, done, PATCH_JOB, boxed, PAGE)


if __name__ == "__main__":
    page()

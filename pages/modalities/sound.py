"""Sound: which moment does each word of a transcript look at?

Ask for a sound, let a model write down what is said, and play it with the words lighting up; choose
which heads are looked at, and see which of them keep time with the voice.
"""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from attention_core.files.sound import Sound
from attention_core.marking import N_
from models.families.sound import Heard
from pages.frame import ask, link, prose, site
from pages.frame.language import _
from pages.modalities.parts import listening, sounds
from pages.showing import choosing, sentences
from pages.showing.readings import listen

PAGE: Final = "sound"
CARD = site.Page(
    PAGE, N_("Sound"), order=54, door="senses",
    promise=N_("Speak a sentence and watch the attention of a speech model run under your words."),
)  # fmt: skip
Which = Literal["timed", "named", "all", "one"]
TIMED: Final = 6
"""Heads that are averaged where those are asked for that keep time best."""

SOUND = sounds.choices(PAGE)
MODEL = choosing.model(PAGE, "hear")
WHICH: link.Choice[Which] = link.one_of(PAGE, "which", ("timed", "named", "all", "one"), "timed")
HEAD = link.numbers(PAGE, "head", default=[0, 0], ordered=True)
WORD = link.perhaps(PAGE, "word")
ABOUT: list[link.Kept] = [WORD]
CHOICES = (*SOUND, MODEL, WHICH, HEAD, WORD)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which moment does each word look at?"), anchor=False)
    left, right = st.columns([7, 4], gap="medium")
    with left:
        sound = sounds.chosen(SOUND, ABOUT)
    with right:
        model = choosing.choose_model(MODEL, "hear", ABOUT)
    link.publish(CHOICES)
    if sound is None:
        st.info(_("Record a sentence, bring a file, or choose an example."), icon=":material/mic:")
        return
    heard = ask.answered(lambda: listen(model, sound), doing=_("Listening …"))
    if heard is not None:
        shown(heard, sound)


@st.fragment
def shown(heard: Heard, sound: Sound) -> None:
    """Everything that follows from one sound."""
    heads = chosen(heard)
    prose.note(prose.filled(_("The model heard:")))
    prose.headline(heard.text.strip())
    prose.badge(*sentences.integrity(heard.record.sites))
    for note in heard.record.notes:
        prose.note(sentences.noted(note))
    listening.picture(heard, sound, heads, f"{PAGE}.hearing", WORD)
    listening.table(heard, f"{PAGE}.table", opened)
    link.publish(CHOICES)


def chosen(heard: Heard) -> list[tuple[int, int]]:
    """The heads whose mean is shown."""
    known = heard.timed(TIMED)
    titles: dict[str, str] = {
        "timed": _("the {count} that keep time best").format(count=len(known)),
        "named": _("those that the model's files name"),
        "all": _("all heads"),
        "one": _("one head"),
    }
    if not heard.named:
        titles.pop("named")
        if link.value(WHICH) == "named":
            link.choose(WHICH, "timed")
    which = choosing.segments(WHICH, _("Which heads look"), titles)
    if which == "one":
        layer, head = (*link.value(HEAD), 0, 0)[:2]
        return [(layer, head)] if (layer, head) in heard.order else known[:1]
    if which == "named":
        return [place for place in heard.named if place in heard.order]
    return known if which == "timed" else list(heard.order)


def opened(layer: int, head: int) -> None:
    """Shows one head alone."""
    link.choose(HEAD, [layer, head])
    link.choose(WHICH, "one")


if __name__ == "__main__":
    page()

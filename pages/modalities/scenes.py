"""Pictures and words: which words of a text go with which part of a picture?

Choose what to do, make a picture, write; then the answer beside where it came from.
"""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from attention_core.marking import N_
from models.ours.scenes.recipes import shipped
from pages.frame import link, prose, site
from pages.frame.language import _
from pages.modalities.parts import asking, captioning, scenery, watching
from pages.modalities.parts.scenery import PAGE
from pages.showing import choosing

CARD = site.Page(
    PAGE, N_("Pictures and words"), order=52, door="senses",
    promise=N_("Ask about a picture, hide what the answer rests on, and see the answer change."),
)  # fmt: skip
Shown = Literal["questions", "matching", "clips"]
SHOWN: Final[link.Choice[Shown]] = link.one_of(
    PAGE, "show", ("questions", "matching", "clips"), "questions"
)
CHOICES: Final = (
    SHOWN, *scenery.CHOICES, *asking.CHOICES, *captioning.CHOICES, *watching.CHOICES,
)  # fmt: skip


@st.fragment(key=PAGE)
def page() -> None:
    link.restore(CHOICES)
    titles = {"questions": _("Questions"), "matching": _("Matching"), "clips": _("Clips")}
    if not shipped("scenes-clips"):
        del titles["clips"]
    if link.value(SHOWN) not in titles:
        link.choose(SHOWN, SHOWN.default)
    shown = choosing.segments(SHOWN, _("What to do"), titles, (scenery.WORD,))
    prose.note(
        prose.filled(
            _(
                "Small models that this project trained on pictures of shapes which it draws "
                "itself. They know a few English words and nothing but such pictures."
            )
        )
    )
    {"questions": asking.shown, "matching": captioning.shown, "clips": watching.shown}[shown]()
    link.publish(CHOICES)


if __name__ == "__main__":
    link.restore(CHOICES)
    st.title(_("Which words go with which part of a picture?"), anchor=False)
    page()

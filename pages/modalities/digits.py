"""A digit of one's own: where does a network look next, and what do parts vote for?

Choose what to see, draw, and follow the looks or the rounds of routing beside what was drawn.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from attention_core.marking import N_
from pages.frame import link, prose, site
from pages.frame.language import _
from pages.modalities.parts import drawing, glimpsing, voting
from pages.modalities.parts.drawing import PAGE
from pages.showing import choosing

CARD = site.Page(
    PAGE, N_("Your own digit"), order=57, door="senses",
    promise=N_("Draw a digit and see where a network looks next, and what its parts vote for."),
)  # fmt: skip
SHOWN = link.one_of(PAGE, "show", ("glimpses", "votes"), "glimpses")
CHOICES: Final = (SHOWN, *drawing.CHOICES, *glimpsing.CHOICES, *voting.CHOICES)


@st.fragment(key=PAGE)
def page() -> None:
    link.restore(CHOICES)
    titles = {"glimpses": _("Where to look next"), "votes": _("Parts vote for wholes")}
    shown = choosing.segments(SHOWN, _("What to see"), titles)
    prose.note(
        prose.filled(
            _(
                "Small networks that this project trained on digits of many hands (UCI, Alpaydin "
                "and Kaynak) and on digits of its own. Draw one, or take an example."
            )
        )
    )
    {"glimpses": glimpsing.shown, "votes": voting.shown}[shown]()
    link.publish(CHOICES)


if __name__ == "__main__":
    link.restore(CHOICES)
    st.title(_("How does a network read your digit?"), anchor=False)
    page()

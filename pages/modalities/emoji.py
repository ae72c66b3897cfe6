"""Words and drawings: which drawing is nearest to a word, and which part of it?

Type a word, or bring a picture; then what is nearest to it, where both match, and the attention
inside each of the two towers.
"""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from attention_core.marking import N_
from models.ours.emoji.pieces import shipped
from pages.frame import link, site
from pages.frame.language import _
from pages.modalities.parts import inside, naming, nearest
from pages.modalities.parts.nearest import DRAWING, PAGE, PIECE
from pages.showing import choosing

CARD = site.Page(
    PAGE, N_("Words and drawings"), order=56, door="senses",
    promise=N_("Type a word and see the nearest drawings, in English, French and Chinese."),
)  # fmt: skip
From = Literal["word", "picture"]
FROM: Final[link.Choice[From]] = link.one_of(PAGE, "from", ("word", "picture"), "word")
CHOICES: Final = (FROM, *nearest.CHOICES, *naming.CHOICES, *inside.CHOICES)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which drawing is nearest to a word?"), anchor=False)
    if not shipped():
        st.info(_("The towers of this page are not here yet."), icon=":material/info:")
        return
    titles = {"word": _("a word"), "picture": _("a picture")}
    start = choosing.segments(FROM, _("Begin with"), titles, (DRAWING, PIECE))
    {"word": nearest.shown, "picture": naming.shown}[start]()
    nearest.measured()
    link.publish(CHOICES)


if __name__ == "__main__":
    page()

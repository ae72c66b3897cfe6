"""A picture: the words that are nearest to it in three languages, and where one of them matches."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from attention_core.files.photograph import Photograph, made
from models.ours.emoji.collection import LANGUAGES, collection
from models.ours.emoji.reader import load_reader, titles
from models.ours.emoji.showing import on_white
from pages.frame import ask, link, prose
from pages.frame.language import _
from pages.modalities.parts import inside, nearest
from pages.modalities.parts.nearest import DRAWING, PAGE, PIECE
from pages.showing import choosing, photographs

Source = Literal["drawing", "own", "camera"]
SOURCE: link.Choice[Source] = link.one_of(
    PAGE, "picture-from", ("drawing", "own", "camera"), "drawing"
)
WORD = link.text(PAGE, "word")
CHOICES: Final = (SOURCE, WORD)
FIRST: Final = "🦇"
"""The drawing that is open before a reader chose one."""
SHOWN: Final = 6
"""Words of each language that are listed."""
OFFERED: Final = 2
"""Words of each language whose match can be seen."""


def shown() -> None:
    """Choose a picture, then its words beside where one of them matches."""
    photo, drawing = chosen()
    if photo is None:
        st.info(_("Choose a drawing, or bring a picture."), icon=":material/image:")
        return
    answered(photo, drawing)


def chosen() -> tuple[Photograph | None, int | None]:
    """The picture in the middle of a white square, and which drawing it is, if one of ours."""
    kinds = {"drawing": _("A drawing"), "own": _("Your own picture"), "camera": _("Camera")}
    about = (PIECE, WORD)
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        source = choosing.segments(SOURCE, _("Picture"), kinds, about)
        if source == "drawing":
            drawing = _drawing()
            return nearest.photograph(drawing), drawing
    photo = photographs.own(f"{SOURCE.key}.{source}", source == "camera", about)
    return (None if photo is None else made(on_white(photo.pixels), photo.notes)), None


def _drawing() -> int:
    """Any drawing of the collection, by what it is called."""
    every = list(range(len(collection())))
    first = next(number for number in every if collection()[number].character == FIRST)
    if link.value(DRAWING) not in every:
        link.choose(DRAWING, first)
    st.selectbox(
        _("Which drawing"), every, format_func=titles, key=DRAWING.key, width=360,
        on_change=ask.forget, args=((PIECE, WORD),), persist_state="session",
    )  # fmt: skip
    found = link.value(DRAWING)
    return first if found is None else found


@st.fragment(key=f"{PAGE}.named")
def answered(photo: Photograph, drawing: int | None) -> None:
    """Everything that follows from one picture."""
    called = load_reader().called(photo.pixels, SHOWN)
    words = [one.text for language in LANGUAGES for one in called[language][:OFFERED]]
    words = list(dict.fromkeys(words))
    if link.value(WORD) not in words:
        link.choose(WORD, words[0])
    left, right = st.columns(2, gap="large")
    with right:
        st.subheader(_("The nearest words"), anchor=False)
        names = nearest.language_names()
        st.dataframe(
            {names[language]: [one.text for one in called[language]] for language in LANGUAGES},
            hide_index=True,
        )
        prose.caption(
            prose.filled(
                _("The nearest of each language: {words}."),
                words=prose.Markup(
                    prose.listed(
                        [
                            f"{prose.token(called[language][0].text)} ("
                            f"{prose.number(called[language][0].cosine)})"
                            for language in LANGUAGES
                        ]
                    )
                ),
            )
        )
        if drawing is None:
            doubt()
    with left:
        st.pills(
            _("Where does this word match?"), words, key=WORD.key, required=True,
            persist_state="session",
        )  # fmt: skip
        found = load_reader().find(link.value(WORD) or words[0])
        matched = load_reader().matched(found, photo.pixels)
        nearest.matches(found.axis, matched, photo)
    inside.shown(matched.record, photo)
    link.publish(CHOICES)


def doubt() -> None:
    """What is known of pictures that are none of these drawings."""
    found = nearest.card()["measured"]
    near, right = found["nearest"], found["second_style"]["drawing_to_name_en"]
    prose.note(
        prose.filled(
            _(
                "The towers learnt one style of drawing and no photograph, yet there is always a "
                "nearest word, and the cosine does not tell: it is {noise} for coloured noise and "
                "{style} for drawings of another style (Twemoji), in the median. Of those the "
                "English name was nearest for {one} % and among the 10 nearest for {ten} %."
            ),
            noise=prose.number(near["noise"]["median"]),
            style=prose.number(near["second_style"]["median"]),
            one=prose.number(100 * right["at_1"]["share"], 0),
            ten=prose.number(100 * right["at_10"]["share"], 0),
        )
    )

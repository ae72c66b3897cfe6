"""Home: what this is, one living picture of the reader's sentence, and a door to every page."""

from __future__ import annotations

import streamlit as st

from attention_core.marking import N_
from models.families.translation import Translation
from pages.frame import ask, examples, link, prose, site
from pages.frame.language import _
from pages.showing import choosing, figures, looking, sentences
from pages.showing.readings import DEFAULTS, translate

PAGE = "home"
CARD = site.Page(PAGE, N_("Home"), order=10)
CUT = link.flag(PAGE, "cut")
PINS = link.numbers(PAGE, "words")
TEXT = link.text(PAGE, "text", examples.TRANSLATE[0].text)
PLACES = (PINS, CUT)
CHOICES = (TEXT, *PLACES)
ARROW = ":material/arrow_forward:"
ABREAST = 3
"""Pages that stand side by side."""


def page() -> None:
    link.restore(CHOICES)
    st.title(_("See what a model looks at"), anchor=False)
    prose.lead(
        _(
            "Attention Atlas opens trained models while they read your words, and shows every "
            "attention weight: which word looked at which, and how much."
        )
    )
    ask.text_box(TEXT, _("An English sentence of yours"), PLACES, height=68)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ask.send(_("Translate"), TEXT)
        ask.examples(examples.TRANSLATE, PLACES, TEXT)
    link.publish(CHOICES)
    with st.container():
        ask.answers(TEXT)
        answer(link.value(TEXT))
    doors()
    st.subheader(_("What a weight can and cannot tell"), anchor=False)
    prose.lead(
        _(
            "A weight says how much of a value a word took along: that is a fact, and we check it. "
            "It does not say why the model decided as it did, nor that changing the weight would "
            "change the answer. Read the pictures as where to look next, not as the explanation."
        )
    )


def answer(text: str) -> None:
    """The sentence in French with its alignment, or what to do first."""
    if not text.strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return
    found = ask.answered(
        lambda: translate(DEFAULTS["translate"], text, link.value(CUT)), CUT,
        doing=_("Translating …"),
    )  # fmt: skip
    if found is not None:
        living_picture(found, text)


@st.fragment
def living_picture(found: Translation, text: str) -> None:
    """A trained translator at work on one sentence; a word answers when it is pointed at."""
    model = DEFAULTS["translate"]
    for sentence in sentences.doubts(found, choosing.languages(model)[0]):
        prose.caption(sentence)
    for note in found.record.notes:
        prose.note(sentences.noted(note))
    look = looking.settled(found, model)
    if look is None:
        return
    picture = look.view("words", "hidden")
    rows = picture.row_places
    pins = figures.rows(picture, link.value(PINS))
    spoken = sentences.pinned(picture, pins) or [sentences.alignment(picture)]

    def took() -> None:
        link.choose(PINS, figures.places(rows, figures.state(f"{PAGE}.ribbons", "pins")))

    figures.alignment(
        picture, look.links(picture), pins, f"{PAGE}.ribbons", took,
        title=f"{text} → {found.text}",
        caption=prose.joined(*spoken, sentences.shown(picture)),
    )  # fmt: skip
    prose.caption(*spoken)
    link.publish(CHOICES)


def doors() -> None:
    """Everything that there is, behind the questions of readers."""
    for name, door in site.DOORS.items():
        st.subheader(_(door.question), anchor=False)
        pages = site.behind(name)
        for first in range(0, len(pages), ABREAST):
            for column, page in zip(
                st.columns(ABREAST, gap="medium"), pages[first : first + ABREAST], strict=False
            ):
                with column, st.container(border=True, height="stretch", gap="small"):
                    st.page_link(site.file(page.name), label=f"**{_(page.title)}**", icon=ARROW)
                    st.markdown(_(page.promise))


if __name__ == "__main__":
    page()

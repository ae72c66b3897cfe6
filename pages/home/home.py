"""Home: what this is, one living picture, and where each question leads."""

from __future__ import annotations

import streamlit as st

from attention_core.numbers.alignment import strongest_links
from attention_core.pictures.views import View, view
from pages.frame import ask, examples, link, prose
from pages.frame.language import _
from pages.showing import figures, sentences
from pages.showing.choosing import DEFAULTS
from pages.showing.readings import translate

PAGE = "home"
CUT = link.flag(PAGE, "cut")
PINS = link.numbers(PAGE, "words")
CHOICES = (PINS,)
SENTENCE = examples.TRANSLATE[0].text
ARROW = ":material/arrow_forward:"


def page() -> None:
    link.restore(CHOICES)
    st.title(_("See what a model looks at"), anchor=False)
    prose.lead(
        _(
            "Attention Atlas opens trained models while they read your words, and shows every "
            "attention weight: which word looked at which, and how much."
        )
    )
    found = ask.answered(lambda: translate(DEFAULTS["translate"], SENTENCE), CUT)
    if found is not None:
        picture = view(found.cross[0], None, "words", "hidden")
        living_picture(picture, found.text)
    questions()
    st.subheader(_("What a weight can and cannot tell"), anchor=False)
    prose.lead(
        _(
            "A weight says how much of a value a word took along: that is a fact, and we check it. "
            "It does not say why the model decided as it did, nor that changing the weight would "
            "change the answer. Read the pictures as where to look next, not as the explanation."
        )
    )


@st.fragment
def living_picture(picture: View, translation: str) -> None:
    """A trained translator at work on one sentence; a word answers when it is pointed at."""
    pins = figures.rows(picture, link.value(PINS))
    spoken = sentences.pinned(picture, pins) or [sentences.alignment(picture)]

    def took() -> None:
        link.choose(PINS, figures.places(picture, figures.state(f"{PAGE}.ribbons", "pins")))

    figures.alignment(
        picture, strongest_links(picture.mean, 0.2), pins, f"{PAGE}.ribbons", took,
        title=f"{SENTENCE} → {translation}",
        caption=prose.joined(*spoken, sentences.shown(picture)),
    )  # fmt: skip
    prose.caption(*spoken)
    link.publish(CHOICES)


def questions() -> None:
    """The reader's question, and the page that answers it."""
    first, second = st.columns(2, gap="medium")
    third, fourth = st.columns(2, gap="medium")
    with first, st.container(border=True, height="stretch"):
        st.subheader(_("Which word became which?"), anchor=False)
        st.markdown(
            _("Type an English sentence, see its French, and where each French word looked.")
        )
        st.page_link("translation/translate.py", label=_("Translate a sentence"), icon=ARROW)
    with second, st.container(border=True, height="stretch"):
        st.subheader(_("What does each head look at?"), anchor=False)
        st.markdown(
            _("Type any text and walk from all heads of a model to one head, one row, one number.")
        )
        st.page_link("explore/explore.py", label=_("Explore the heads"), icon=ARROW)
    with third, st.container(border=True, height="stretch"):
        st.subheader(_("Why attention?"), anchor=False)
        st.markdown(
            _("See what a long sentence becomes without attention and with it, measured and live.")
        )
        st.page_link("translation/why.py", label=_("See the difference"), icon=ARROW)
    with fourth, st.container(border=True, height="stretch"):
        st.subheader(_("One sentence, several translators"), anchor=False)
        st.markdown(
            _("From no attention to the Transformer: the same words, side by side, linked.")
        )
        st.page_link("translation/compare.py", label=_("Compare translators"), icon=ARROW)


page()

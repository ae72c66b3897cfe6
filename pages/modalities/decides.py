"""The picture decides: when does a translation need a picture, and where does it look then?

Ask for a sentence and for what lies beside it, show the canvas with the look of one word over it
and both translations with what each word took from the picture, then the same sentence beside
every kind of picture.
"""

from __future__ import annotations

import streamlit as st

from attention_core.marking import N_
from pages.frame import ask, link, prose, site
from pages.frame.examples import Example
from pages.frame.language import _
from pages.modalities.parts import canvases, deciding, versions
from pages.modalities.parts.deciding import LANGUAGES, WORD, Both
from pages.showing import sentences
from pages.showing.readings import decide

PAGE = "decides"
CARD = site.Page(
    PAGE, N_("The picture decides"), order=53, door="senses",
    promise=N_(
        "Give “bat” a picture of the animal or of the stick, and watch the French and Chinese."
    ),
)  # fmt: skip
EXAMPLES = (
    Example("I see a bat."),
    Example("Where is the mouse?"),
    Example("The palm is small."),
    Example("She draws a bow."),
    Example("The glasses are here."),
    Example("Nobody sees the ruler."),
    Example("He bought a photo of a bank."),
    Example("This is a letter."),
    Example("We have forgotten the camera."),
    Example("Do you see the star?"),
    Example("The student is here."),
    Example("There is a wave in the picture."),
    Example("I like this cat."),
)
"""The last one needs no picture."""

TEXT = link.text(PAGE, "text", EXAMPLES[0].text)
ABOUT = (WORD,)
CHOICES = (TEXT, WORD, *canvases.CHOICES)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("When does a translation need a picture?"), anchor=False)
    text = ask.text_box(TEXT, _("An English sentence"), ABOUT, height=68)
    with st.container(horizontal=True):
        ask.send(_("Translate"), TEXT)
        ask.examples(EXAMPLES, ABOUT, TEXT)
        deciding.words()
        deciding.about()
    scene = canvases.asked(text, ABOUT)
    link.publish(CHOICES)
    if not text.strip():
        st.info(_("Type an English sentence, or choose an example."), icon=":material/edit:")
        return
    found = ask.answered(lambda: translated(text, scene), doing=_("Translating …"))
    if found is not None:
        with st.container():
            ask.answers(TEXT)
            shown(found, scene, text)


def translated(text: str, scene: canvases.Scene) -> Both:
    """The sentence in both languages beside these drawings."""
    return {language: decide(text, language, scene.drawn) for language in LANGUAGES}


@st.fragment
def shown(found: Both, scene: canvases.Scene, text: str) -> None:
    """Everything that follows from one sentence and one picture."""
    left, right = st.columns([4, 7], gap="large")
    with left:
        deciding.picture(found, scene)
    with right:
        deciding.translations(found)
    for made in found.values():
        good, sentence = sentences.integrity(made.record.sites)
        if not good:
            prose.badge(good, sentence)
    st.subheader(_("The same sentence beside other pictures"), anchor=False)
    versions.shown(text, scene)
    deciding.measured()
    link.publish(CHOICES)


if __name__ == "__main__":
    page()

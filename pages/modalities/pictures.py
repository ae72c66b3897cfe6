"""Pictures: where does a model look, from any patch, in any head?

Ask for a picture, let a model see it, then: one head from one place, what belongs together by what
the model makes of it, or one layer beside all layers and beside what spoke for a name.
"""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from attention_core.files.photograph import Photograph
from attention_core.marking import N_
from models.families.pictures.viewer import Fit, Sight
from pages.frame import ask, link, prose, site
from pages.frame.language import _
from pages.modalities.parts import depth, likeness, looks
from pages.modalities.parts.places import HEAD, LAYER, PAGE, PLACES, settle
from pages.showing import choosing, photographs, sentences
from pages.showing.readings import flexible, see

CARD = site.Page(
    PAGE, N_("Pictures"), order=51, door="senses",
    promise=N_("Take a photograph and see, from any patch and in any head, where the model looks."),
)  # fmt: skip
Shown = Literal["looks", "together", "layers"]
SIZES: Final = ("16", "24", "32")
"""Patches along the shorter side of a whole picture."""
AGAIN: Final = "picture"
"""The part of the page that a click draws again."""

PHOTO = photographs.choices(PAGE)
OTHER = photographs.choices(PAGE, "other")
MODEL = choosing.model(PAGE, "see")
FIT: link.Choice[Fit] = link.one_of(PAGE, "fit", ("whole", "learned"), "whole")
SIZE = link.one_of(PAGE, "size", SIZES, "16")
SHOWN: link.Choice[Shown] = link.one_of(PAGE, "show", ("looks", "together", "layers"), "looks")
TWO = link.flag(PAGE, "two")
ABOUT = (PLACES,)
CHOICES = (
    *PHOTO, *OTHER, MODEL, FIT, SIZE, SHOWN, TWO, LAYER, HEAD, PLACES, looks.NUMBERS, depth.KIND,
    depth.WAY,
)  # fmt: skip


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Where does a model look in a picture?"), anchor=False)
    left, right = st.columns([7, 4], gap="medium")
    with left:
        photo = photographs.chosen(PHOTO, ABOUT)
    with right:
        model = choosing.choose_model(MODEL, "see", ABOUT, beside=given)
    link.publish(CHOICES)
    if photo is None:
        st.info(_("Bring a picture, take one, or choose an example."), icon=":material/image:")
        return
    sight = seen(model, photo)
    if sight is not None:
        shown(sight, photo, model)


def given() -> None:
    """How a picture is given to the model: its shape, and how finely it is cut."""
    with st.popover(_("Detail"), icon=":material/grid_on:", type="tertiary"):
        fits = {"whole": _("all of the picture"), "learned": _("the middle, as it learned")}
        fit = choosing.segments(FIT, _("The model is given"), fits, ABOUT)
        if fit == "whole":
            sizes = {name: name for name in SIZES}
            choosing.segments(SIZE, _("Patches along the shorter side"), sizes, ABOUT)


def seen(model: str, photo: Photograph) -> Sight | None:
    """The picture as the model sees it; None after saying why it cannot."""
    fit, size = link.value(FIT), int(link.value(SIZE))
    return ask.answered(lambda: see(model, photo, fit, size), doing=_("Looking at it …"))


@st.fragment(key=AGAIN)
def shown(sight: Sight, photo: Photograph, model: str) -> None:
    """Everything that follows from one picture."""
    settle(sight)
    titles = {
        "looks": _("Where each patch looks"),
        "together": _("What belongs together"),
        "layers": _("Attention, rollout, Grad-CAM"),
    }
    tab = choosing.segments(SHOWN, _("What to see"), titles)
    prose.badge(*sentences.integrity(sight.record.sites))
    for note in sight.record.notes:
        prose.note(sentences.noted(note))
    if link.value(FIT) == "whole" and not flexible(model):
        prose.note(prose.filled(_("This model takes pictures of one shape only.")))
    if tab == "looks":
        looks.shown(sight, photo)
    elif tab == "together":
        likeness.shown(sight, photo, second(model))
    else:
        depth.shown(sight, photo)
    link.publish(CHOICES)


def second(model: str) -> tuple[Sight, Photograph] | None:
    """Another picture to look for the same things in, where the reader wants one."""
    if not choosing.switch(TWO, _("Look for it in another picture")):
        return None
    photo = photographs.chosen(OTHER, ())
    sight = None if photo is None else seen(model, photo)
    return None if photo is None or sight is None else (sight, photo)


if __name__ == "__main__":
    page()

"""Pictures: where does a model look, from any patch, in any head?

Ask for a picture, let a model see it, choose a head and a patch; what belongs together by what the
model makes of it; one layer beside all layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import streamlit as st
import torch

from attention_core.axes.patches import PatchAxis
from attention_core.files.photograph import Photograph
from attention_core.marking import N_
from attention_core.numbers import measures
from attention_core.numbers.components import alike, components
from attention_core.numbers.rollout import rollout
from attention_core.pictures.views import view
from attention_core.watching.record import Site
from models.families.pictures.viewer import Fit, Sight
from pages.frame import ask, downloads, link, prose, site
from pages.frame.language import _
from pages.frame.prose import Markup
from pages.modalities.parts import maps, photographs
from pages.showing import choosing, figures, sentences
from pages.showing.readings import Part, flexible, see

PAGE = "pictures"
CARD = site.Page(
    PAGE, N_("Pictures"), order=25,
    invitation=site.Invitation(
        2, N_("Where does a model look in a picture?"),
        N_("Take a photograph and see, from any patch and in any head, where the model looks."),
        N_("Look at a picture"),
    ),
)  # fmt: skip
Shown = Literal["looks", "together", "layers"]
TAB: Final[tuple[Shown, ...]] = ("looks", "together", "layers")
SIZES: Final = ("16", "24", "32")
"""Patches along the shorter side of a whole picture."""
HEADS_AGAIN: Final = "picture-looks"
"""The part of the page that a click draws again."""

PHOTO = photographs.choices(PAGE)
OTHER = photographs.choices(f"{PAGE}.other")
MODEL = choosing.model(PAGE, "see")
FIT: link.Choice[Fit] = link.one_of(PAGE, "fit", ("whole", "learned"), "whole")
SIZE = link.one_of(PAGE, "size", SIZES, "16")
SHOWN = link.one_of(PAGE, "show", TAB, "looks")
LAYER = link.perhaps(PAGE, "layer")
HEAD = link.number(PAGE, "head", default=0)
PLACES = link.numbers(PAGE, "places", default=[0])
NUMBERS = link.flag(PAGE, "numbers")
RESIDUAL = link.amount(PAGE, "residual", 50, 0, 100)
ABOUT = (PLACES,)
CHOICES = (
    PHOTO.source, PHOTO.ready, MODEL, FIT, SIZE, SHOWN, LAYER, HEAD, PLACES, NUMBERS, RESIDUAL,
)  # fmt: skip


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Where does a model look in a picture?"), anchor=False)
    left, right = st.columns([7, 4], gap="medium")
    with left:
        photo = photographs.chosen(PHOTO, ABOUT)
    with right:
        model = choosing.choose_model(MODEL, "see", ABOUT)
    link.publish(CHOICES)
    if photo is None:
        st.info(_("Bring a picture, take one, or choose an example."), icon=":material/image:")
        return
    sight = ask.answered(lambda: seen(model, photo), doing=_("Looking at it …"))
    if sight is not None:
        shown(sight, photo)


def seen(model: str, photo: Photograph) -> Sight:
    """The picture as the model sees it, in the shape and as finely as the reader wants."""
    if flexible(model):
        with st.container(horizontal=True, gap="medium"):
            titles = {"whole": _("all of the picture"), "learned": _("the middle, as it learned")}
            fit = choosing.segments(FIT, _("The model is given"), titles, ABOUT)
            if fit == "whole":
                sizes = {name: name for name in SIZES}
                choosing.segments(SIZE, _("Patches along the shorter side"), sizes, ABOUT)
    return see(model, photo, link.value(FIT), int(link.value(SIZE)))


@st.fragment
def shown(sight: Sight, photo: Photograph) -> None:
    """Everything that follows from one picture."""
    record = sight.record
    settle(sight)
    titles = {
        "looks": _("Where each patch looks"),
        "together": _("What belongs together"),
        "layers": _("One layer and all layers"),
    }
    tab = choosing.segments(SHOWN, _("What to see"), titles)
    prose.badge(*sentences.integrity(record.sites))
    for note in record.notes:
        prose.note(sentences.noted(note))
    {"looks": looks, "together": together, "layers": layers}[tab](sight, photo)


def settle(sight: Sight) -> None:
    """Brings choices that this model or picture does not have back into its range."""
    sites = sight.record.sites
    if (layer := link.value(LAYER)) is not None and layer >= len(sites):
        link.choose(LAYER, None)
    link.choose(HEAD, min(link.value(HEAD), sites[layer_of(sites)].heads - 1))
    places = [place for place in link.value(PLACES) if place < len(sight.record.axes[0])]
    link.choose(PLACES, places or [0])


def layer_of(sites: Sequence[Site[PatchAxis]]) -> int:
    """The layer that is open, the last one at first."""
    layer = link.value(LAYER)
    return len(sites) - 1 if layer is None else layer


@st.fragment(key=HEADS_AGAIN)
def looks(sight: Sight, photo: Photograph) -> None:
    """The picture with one head's look, and every head's look from the same patches."""
    sites = sight.record.sites
    layer, head, places = layer_of(sites), link.value(HEAD), link.value(PLACES)
    place = sentences.where(layer, [head])
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.subheader(place[:1].upper() + place[1:], anchor=False)
        one_head(sites[layer], head, places, photo)
    with right:
        st.subheader(_("Every head, from the same place"), anchor=False)
        thumbs = maps.thumbnails(sites, places)
        figures.head_grid(Part(sites, thumbs, {}), (layer, head), f"{PAGE}.grid", took_head)
        prose.note(
            prose.filled(
                _(
                    "Each small picture shows where one head looks; a row is a layer, a column "
                    "a head."
                )
            )
        )
        downloads.numbers(
            lambda: view(sites[layer], [head]), f"attention-{sites[layer].name}-{head + 1}"
        )
    numbers(sight)
    link.publish(CHOICES)


def one_head(site: Site[PatchAxis], head: int, places: list[int], photo: Photograph) -> None:
    """One head over the picture: point, click or drag to look from elsewhere."""
    axis = site.queries
    every = len(axis) <= maps.MOST
    weights = site.weights([head])[0] if every else maps.looks(site, [head], places)
    found = weights[places].mean(0) if every else weights[0]
    spoken = [told(axis, found, places), beside(axis, found)]
    maps.over(
        photo, axis, weights, f"{PAGE}.map", took_places, places, own=every,
        title=sentences.where(site.layer, [head]), caption=prose.joined(*spoken),
        name=f"look-{site.name}-{head + 1}",
    )  # fmt: skip
    prose.caption(*spoken)


def took_places() -> None:
    link.choose(PLACES, figures.state(f"{PAGE}.map", "chosen") or [0])


def took_head() -> None:
    layer, head = figures.state(f"{PAGE}.grid", "head")
    link.choose(LAYER, layer)
    link.choose(HEAD, head)


def named(axis: PatchAxis, places: list[int]) -> Markup:
    """A patch, a special token or a region in words."""
    if len(places) > 1:
        return prose.filled(_("a region of {count} patches"), count=len(places))
    one = axis.tokens[places[0]]
    if one.special:
        return prose.token(one.text)
    return prose.filled(_("row {row}, column {column}"), row=one.row + 1, column=one.column + 1)


def told(axis: PatchAxis, found: torch.Tensor, places: list[int]) -> Markup:
    """Where the look is strongest, and how many patches share half of it. found (key,)"""
    patches = found[axis.before :]
    most = int(patches.argmax())
    ranked = patches.sort(descending=True).values.cumsum(0)
    half = int((ranked < float(ranked[-1]) / 2).sum()) + 1
    return prose.filled(
        _(
            "From {place}, the strongest look is at {other} ({weight} %); "
            "{half} of {all} patches get half of what the picture gets."
        ),
        place=named(axis, places),
        other=named(axis, [axis.before + most]),
        weight=prose.number(100 * float(patches[most]), 1),
        half=half,
        all=len(patches),
    )


def beside(axis: PatchAxis, found: torch.Tensor) -> Markup:
    """How much of the look goes to places that are no part of the picture."""
    if not axis.before:
        return Markup("")
    share = 100 * float(found[: axis.before].sum())
    return prose.filled(
        _("{share} % of it goes to {names}, which lie nowhere in the picture."),
        share=prose.number(share, 0),
        names=prose.listed([one.text for one in axis.tokens[: axis.before]]),
    )


def numbers(sight: Sight) -> None:
    """Every head in numbers, for those who ask: it takes a moment."""
    if not choosing.switch(NUMBERS, _("All heads in numbers")):
        return
    sites = sight.record.sites
    part = Part(sites, [], measures.table(sites))
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("How far and how widely each head looks"), anchor=False)
        figures.heads_map(
            part, f"{PAGE}.dots", lambda: opened(figures.map_point(f"{PAGE}.dots", part))
        )
    with right:
        st.subheader(_("Heads in numbers"), anchor=False)
        figures.head_table(
            part, f"{PAGE}.table", lambda: opened(figures.table_row(f"{PAGE}.table", part))
        )


def opened(place: tuple[int, int] | None) -> None:
    if place is not None:
        link.choose(LAYER, place[0])
        link.choose(HEAD, place[1])


@st.fragment
def together(sight: Sight, photo: Photograph) -> None:
    """What the model makes of the patches: as colours, and what is like the chosen ones."""
    axis, places = sight.record.axes[0], link.value(PLACES)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("What is alike has like colours"), anchor=False)
        found = components(sight.features)
        colours = (found * 255).round().to(torch.uint8).numpy()
        blank = torch.zeros(1, len(axis))
        maps.over(
            photo, axis, blank, f"{PAGE}.colours", colours=colours.astype(np.uint8),
            title=_("What is alike has like colours"), name="components",
        )  # fmt: skip
        prose.note(
            prose.filled(
                _(
                    "The three directions in which the patches differ most, after the last layer, "
                    "as red, green and blue (principal components)."
                )
            )
        )
    with right:
        st.subheader(_("What is like the patch you choose"), anchor=False)
        patches = [place - axis.before for place in places if place >= axis.before]
        chosen = patches or [len(sight.features) // 2 + axis.grid[1] // 2]
        picked = [axis.before + patch for patch in chosen]
        likeness = alike(sight.features[chosen].mean(0, keepdim=True), sight.features).clamp_min(0)
        shown = torch.cat([torch.zeros(1, axis.before), likeness], -1)
        maps.over(
            photo, axis, shown, f"{PAGE}.alike", took_alike, picked,
            title=_("What is like the patch you choose"), name="alike",
        )  # fmt: skip
        prose.note(
            prose.filled(
                _(
                    "The cosine between what the model makes of your patch and of every other; "
                    "below 0 is drawn as 0. This is no attention: it is what came of it."
                )
            )
        )
    link.publish(CHOICES)


def took_alike() -> None:
    link.choose(PLACES, figures.state(f"{PAGE}.alike", "chosen") or [0])


@st.fragment
def layers(sight: Sight, photo: Photograph) -> None:
    """One layer's mean look beside the look through all layers up to it."""
    sites, axis, places = sight.record.sites, sight.record.axes[0], link.value(PLACES)
    depth = st.slider(
        _("Up to layer"), 1, len(sites), layer_of(sites) + 1, key=f"{PAGE}.depth",
        on_change=took_depth,
    )  # fmt: skip
    some = sites[:depth]
    through = rollout((one.weights() for one in some), link.value(RESIDUAL) / 100)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Layer {layer}, the mean of its heads").format(layer=depth), anchor=False)
        mean = some[-1].weights().mean(0)
        maps.over(
            photo, axis, mean[places].mean(0, keepdim=True), f"{PAGE}.mean", took_mean, places,
            name=f"mean-{depth}",
            title=_("Layer {layer}, the mean of its heads").format(layer=depth),
        )  # fmt: skip
        prose.caption(told(axis, mean[places].mean(0), places))
    with right:
        st.subheader(_("Through layers 1 to {layer} (rollout)").format(layer=depth), anchor=False)
        maps.over(
            photo, axis, through[places].mean(0, keepdim=True), f"{PAGE}.rollout", took_rollout,
            places, name=f"rollout-{depth}",
            title=_("Through layers 1 to {layer} (rollout)").format(layer=depth),
        )  # fmt: skip
        prose.caption(told(axis, through[places].mean(0), places))
        prose.note(
            prose.filled(
                _(
                    "Rollout multiplies the layers, half of each patch passing by on the residual "
                    "connection (Abnar and Zuidema 2020). It knows nothing of values: it says what "
                    "could have mixed, not what mattered."
                )
            )
        )
    link.publish(CHOICES)


def took_depth() -> None:
    link.choose(LAYER, st.session_state[f"{PAGE}.depth"] - 1)


def took_mean() -> None:
    link.choose(PLACES, figures.state(f"{PAGE}.mean", "chosen") or [0])


def took_rollout() -> None:
    link.choose(PLACES, figures.state(f"{PAGE}.rollout", "chosen") or [0])


if __name__ == "__main__":
    page()

"""One head over a picture, and every head from the same place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from attention_core.axes.patches import PatchAxis
from attention_core.files.photograph import Photograph
from attention_core.pictures.views import view
from attention_core.watching.record import Site
from models.families.pictures.viewer import Sight
from pages.frame import downloads, link, prose
from pages.frame.language import _
from pages.modalities.parts.places import (
    HEAD,
    LAYER,
    PAGE,
    PLACES,
    beside,
    layer_of,
    taking,
    told,
)
from pages.showing import choosing, figures, maps, sentences
from pages.showing.readings import Part

NUMBERS = link.flag(PAGE, "numbers")
PICTURE: Final = f"{PAGE}.map"


def shown(sight: Sight, photo: Photograph) -> None:
    """The picture with one head's look beside every head's."""
    sites = sight.record.sites
    layer, head, places = layer_of(sites), link.value(HEAD), link.value(PLACES)
    place = sentences.where(layer, [head])
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.subheader(f"{place[:1].upper()}{place[1:]}", anchor=False)
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
        name = f"attention-{sites[layer].name}-{head + 1}"
        downloads.numbers(lambda: view(sites[layer], [head]), name)
    numbers(sight)


def one_head(site: Site[PatchAxis], head: int, places: Sequence[int], photo: Photograph) -> None:
    """One head over the picture: point, click or drag to look from elsewhere."""
    axis = site.queries
    every = len(axis) <= maps.MOST
    weights = site.weights([head])[0] if every else maps.looks(site, [head], places)
    found = weights[list(places)].mean(0) if every else weights[0]
    spoken = [told(axis, found, places), beside(axis, found)]
    maps.over(
        photo, axis, weights, PICTURE, taking(PICTURE), places, own=every,
        title=sentences.where(site.layer, [head]), caption=prose.joined(*spoken),
        name=f"look-{site.name}-{head + 1}",
        hint=_("Point at a patch to look from there; click keeps it, drag takes a region."),
    )  # fmt: skip
    prose.caption(*spoken)


def numbers(sight: Sight) -> None:
    """Every head in numbers, for those who ask: it takes a moment."""
    if not choosing.switch(NUMBERS, _("All heads in numbers")):
        return
    sites = sight.record.sites
    part = Part(sites, [], sight.measures)
    left, right = st.columns(2, gap="large")
    dots, table = f"{PAGE}.dots", f"{PAGE}.table"
    with left:
        st.subheader(_("How far and how widely each head looks"), anchor=False)
        figures.heads_map(part, dots, lambda: opened(figures.map_point(dots, part)))
        prose.caption(sentences.extremes(part.measures))
    with right:
        st.subheader(_("Heads in numbers"), anchor=False)
        figures.head_table(part, table, lambda: opened(figures.table_row(table, part)))


def took_head() -> None:
    layer, head = figures.state(f"{PAGE}.grid", "head")
    opened((layer, head))


def opened(place: tuple[int, int] | None) -> None:
    """Opens a head, counted from 0."""
    if place is not None:
        link.choose(LAYER, place[0])
        link.choose(HEAD, place[1])

"""Inside the two towers: where each patch looks among patches, each piece among pieces."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from attention_core.axes.patches import PatchAxis, patches
from attention_core.files.photograph import Photograph
from attention_core.pictures.views import view
from attention_core.watching.record import AttentionRecord, Site
from models.ours.emoji.towers import GRID, TEXT, VISION
from pages.frame import downloads, link, prose
from pages.frame.language import _
from pages.showing import choosing, figures, maps, sentences

PAGE: Final = "emoji"
LAYER = link.number(PAGE, "layer", default=1)
HEAD = link.number(PAGE, "head", default=0)
PLACE = link.number(PAGE, "place", default=GRID * (GRID // 2) + GRID // 2)
SCALE = choosing.scale(PAGE)
CHOICES: Final = (LAYER, HEAD, PLACE, SCALE)
LOOKS, MATRIX = f"{PAGE}.looks", f"{PAGE}.matrix"


def shown(record: AttentionRecord[Any], photo: Photograph) -> None:
    """One head of each tower, side by side."""
    st.subheader(_("Inside the towers: attention"), anchor=False)
    seen = [one for one in record.sites if one.place.stack == VISION]
    heard = [one for one in record.sites if one.place.stack == TEXT]
    layer, head = chosen(seen)
    left, right = st.columns(2, gap="large")
    with left:
        picture(seen[layer], head, photo)
    with right:
        text(heard[layer], head)


def chosen(sites: list[Site[Any]]) -> tuple[int, int]:
    """The layer and the head that are open."""
    with st.container(horizontal=True, gap="small"):
        layer = _numbered(LAYER, _("Layer"), len(sites))
        head = _numbered(HEAD, _("Head"), sites[layer].heads)
    return layer, head


def _numbered(choice: link.Choice[int], label: str, count: int) -> int:
    """One of so many, counted from 1 on the page."""
    if not 0 <= link.value(choice) < count:
        link.choose(choice, min(choice.default, count - 1))
    st.segmented_control(
        label, list(range(count)), format_func=lambda one: str(one + 1), key=choice.key,
        required=True, persist_state="session",
    )  # fmt: skip
    return link.value(choice)


def picture(found: Site[Any], head: int, photo: Photograph) -> None:
    """Where a patch looks among the patches."""
    place = min(link.value(PLACE), len(found.keys) - 1)
    weights = found.weights([head])[0]

    def took() -> None:
        places = figures.state(LOOKS, "chosen")
        link.choose(PLACE, places[-1] if places else PLACE.default)

    axis = over_picture(photo)
    most = int(weights[place].argmax())
    caption = prose.filled(
        _("From {place}, the strongest look is at {other} ({weight} %)."),
        place=patch(axis, place),
        other=patch(axis, most),
        weight=prose.number(100 * float(weights[place, most]), 0),
    )
    maps.over(
        photo, axis, weights, LOOKS, took, [place], own=True, name="look",
        title=sentences.where(found.layer, [head]), caption=prose.joined(caption),
        hint=_("Point at a patch to see where it looks; click keeps it."),
    )  # fmt: skip
    prose.caption(caption)
    downloads.numbers(lambda: view(found, [head]), f"attention-{found.name}-{head + 1}")


def text(found: Site[Any], head: int) -> None:
    """Where each piece looks among the pieces."""
    where = sentences.where(found.layer, [head])

    def scaled() -> None:
        link.choose(SCALE, figures.state(MATRIX, "scale"))

    figures.matrix(
        view(found, [head]), [], [], link.value(SCALE), MATRIX, lambda: None, scaled,
        where, _("Each row is a piece of the text; it looks at the pieces in the columns."),
    )  # fmt: skip
    prose.caption(
        prose.filled(_("Each row is a piece of the text; it looks at the pieces in the columns."))
    )
    downloads.numbers(lambda: view(found, [head]), f"attention-{found.name}-{head + 1}")


def patch(axis: PatchAxis, place: int) -> Any:
    """A patch in words."""
    one = axis.tokens[place]
    return prose.filled(_("row {row}, column {column}"), row=one.row + 1, column=one.column + 1)


def over_picture(photo: Photograph) -> PatchAxis:
    """The patches over a picture as it is shown."""
    return patches(GRID, GRID, photo.width, photo.height)

"""What a reader chose on the page of pictures, and how a place of a picture is said in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from torch import Tensor

from attention_core.axes.patches import PatchAxis
from attention_core.watching.record import Site
from models.families.pictures.viewer import Sight
from pages.frame import link, prose
from pages.frame.language import _
from pages.frame.prose import Markup
from pages.showing import figures

PAGE: Final = "pictures"
LAYER = link.perhaps(PAGE, "layer")
HEAD = link.number(PAGE, "head", default=2)
PLACES = link.numbers(PAGE, "places", default=[0])


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


def taking(key: str, before: int = 0) -> Callable[[], None]:
    """Keeps the places that the reader chose in the picture of that key.

    before  places that the picture does not show, which are counted here
    """

    def take() -> None:
        link.choose(PLACES, [before + place for place in figures.state(key, "chosen")] or [0])

    return take


def named(axis: PatchAxis, places: Sequence[int]) -> Markup:
    """A patch, a special token or a region in words."""
    if len(places) > 1:
        return prose.filled(_("a region of {count} patches"), count=len(places))
    one = axis.tokens[places[0]]
    if one.special:
        return prose.token(one.text)
    return prose.filled(_("row {row}, column {column}"), row=one.row + 1, column=one.column + 1)


def told(axis: PatchAxis, found: Tensor, places: Sequence[int]) -> Markup:
    """Where a look is strongest, and how many patches share half of it. found (key,)"""
    patches = found[axis.before :]
    most = int(patches.argmax())
    summed = patches.sort(descending=True).values.cumsum(0)
    half = int((summed < float(summed[-1]) / 2).sum()) + 1
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


def beside(axis: PatchAxis, found: Tensor) -> Markup:
    """How much of a look goes to places that are no part of the picture. found (key,)"""
    if not axis.before:
        return Markup("")
    return prose.filled(
        _("{share} % of it goes to {names}, which lie nowhere in the picture."),
        share=prose.number(100 * float(found[: axis.before].sum()), 0),
        names=prose.listed([one.text for one in axis.tokens[: axis.before]]),
    )

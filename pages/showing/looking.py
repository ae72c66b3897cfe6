"""Which attention of a translator stands for its alignment: layer, heads, decoding step, links."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from attention_core.numbers.alignment import EXTRACTIONS, Extraction, Link, extract
from attention_core.pictures.views import Grain, Specials, View
from attention_core.watching.place import places
from attention_core.watching.record import Site, together
from models.families.translation import Translation
from models.store import catalogue
from pages.frame import link
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import sentences
from pages.showing.kept import view
from pages.showing.readings import Part, part

Every = Literal["every"]
EVERY: Final[Every] = "every"
"""All layers together, where else a layer is named."""
Layer = int | Every
How = Literal["best"] | Extraction
HOW: Final[tuple[How, ...]] = ("best", *EXTRACTIONS)
ONCE: Final = "64"
"""What addresses called all layers before they had a word for it."""
LAYERS: Final = 64
"""The most layers that an address may count."""


class Best(NamedTuple):
    """The look that agreed best with people's links; heads empty = the mean of its layer."""

    layer: Layer | None = None
    """`EVERY` for the mean over all heads of all layers; None for the last one."""
    heads: tuple[int, ...] = ()
    shift: int = 0
    how: Extraction = "argmax"
    least: float = 0.0


class Looking(NamedTuple):
    """The choices of one page."""

    layer: Choice[Layer | None]
    heads: Choice[list[int]]
    shift: Choice[str]
    how: Choice[How]
    least: Choice[int]


def choices(page: str) -> Looking:
    """What the reader may choose about the look; all left to the model at first."""
    return Looking(
        Choice("layer", None, _layer, _written, page),
        link.numbers(page, "heads"),
        link.one_of(page, "shift", ("best", "-1", "0", "1"), "best"),
        link.one_of(page, "how", HOW, "best"),
        link.amount(page, "least", 20, 1, 100),
    )


def _layer(raw: str) -> Layer | None:
    """A layer as an address says it: `every`, or a number from 1."""
    return EVERY if raw in (EVERY, ONCE) else link.place(raw, LAYERS)


def _written(layer: Layer | None) -> str:
    return layer if layer == EVERY else "" if layer is None else str(layer + 1)


def best(model: str) -> Best:
    """What the model's card says aligns best; the last layer's mean where it says nothing."""
    found = catalogue.entry(model).card.measured.get("alignment", {}).get("chosen")
    if not found:
        return Best()
    head, site = found.get("head"), str(found["site"])
    read = places(site)
    joined = len(read) > 1
    return Best(
        EVERY if joined else read[0].layer,
        () if head is None or joined else (int(head),),
        int(found["shift"]),
        found["extraction"],
        float(found.get("least", 0.0)),
    )


class Look(NamedTuple):
    """The look that the page shows, after all choices.

    layer  the place of the site among the looks at the source, or `EVERY`
    """

    site: Site
    layer: Layer
    heads: tuple[int, ...]
    shift: int
    how: Extraction
    least: float

    def view(self, grain: Grain, specials: Specials) -> View:
        return view(self.site, self.heads, grain, specials, self.shift)

    def links(self, picture: View) -> list[Link]:
        """The links that the picture stands for; special tokens have none."""
        return [
            one
            for one in extract(picture.mean, self.how, self.least)
            if not picture.rows[one.target].special and not picture.columns[one.source].special
        ]


def settled(found: Translation, model: str, chosen: Looking | None = None) -> Look | None:
    """The look of a translation as chosen, or as the model's card recommends; None without one."""
    cross = found.cross
    if not cross:
        return None
    good = best(model)
    layer, heads, shift, how = good.layer, good.heads, good.shift, good.how
    least = good.least
    if chosen is not None:
        if link.value(chosen.layer) is not None:
            layer, heads = link.value(chosen.layer), tuple(link.value(chosen.heads))
        if link.value(chosen.shift) != "best":
            shift = int(link.value(chosen.shift))
        if (asked := link.value(chosen.how)) != "best":
            how, least = asked, link.value(chosen.least) / 100
    layer = _within(layer, len(cross))
    site = together(cross) if layer == EVERY else cross[layer]
    heads = tuple(head for head in heads if head < site.heads) or tuple(range(site.heads))
    return Look(site, layer, heads, shift, how, least)


def _within(layer: Layer | None, layers: int) -> Layer:
    """A layer that the translator has: the last one where none is named, or one beyond it."""
    if layer == EVERY and layers > 1:
        return EVERY
    return layer if isinstance(layer, int) and layer < layers else layers - 1


def where(look: Look) -> str:
    """The look in words, counted from 1."""
    if look.layer == EVERY:
        return _("the mean of all heads of all layers")
    return sentences.where(look.layer, look.heads)


def cross_part(found: Translation) -> Part:
    """The looks at the source, with thumbnails."""
    return part(found.cross)

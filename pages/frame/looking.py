"""Which attention of a translator stands for its alignment: layer, heads, decoding step, links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import streamlit as st
import torch

from attention_core.numbers import measures
from attention_core.numbers.alignment import EXTRACTIONS, Extraction, Link, extract, shifted
from attention_core.pictures.views import View, overview, view
from attention_core.watching.record import Integrity, Site, Stored
from models.families.translation import Translation
from models.store import catalogue
from pages.frame import choosing, figures, link, prose, sentences
from pages.frame.language import _
from pages.frame.link import Choice
from pages.frame.readings import THUMBNAIL, Part

UNCHOSEN = -1
EVERY = 63
"""Stands for all layers together in the choice of a layer."""


class Best(NamedTuple):
    """The look that agreed best with people's links; heads empty = the mean of its layer."""

    layer: int = UNCHOSEN
    """`EVERY` for the mean over all heads of all layers."""
    heads: tuple[int, ...] = ()
    shift: int = 0
    how: Extraction = "argmax"
    least: float = 0.0


class Looking(NamedTuple):
    """The choices of one page."""

    layer: Choice
    heads: Choice
    shift: Choice
    how: Choice
    least: Choice


def choices(page: str) -> Looking:
    """What the reader may choose about the look; all left to the model at first."""
    return Looking(
        link.number(page, "layer", UNCHOSEN, most=64),
        link.numbers(page, "heads"),
        link.one_of(page, "shift", ("best", "-1", "0", "1"), "best"),
        link.one_of(page, "how", ("best", *EXTRACTIONS), "best"),
        link.amount(page, "least", 20, 1, 100),
    )


def best(model: str) -> Best:
    """What the model's card says aligns best; the last layer's mean where it says nothing."""
    found = catalogue.entry(model).card.measured.get("alignment", {}).get("chosen")
    if not found:
        return Best()
    head, site = found.get("head"), str(found["site"])
    together = "+" in site
    return Best(
        EVERY if together else int(site.rpartition(".")[2]),
        () if head is None or together else (int(head),),
        int(found["shift"]),
        found["extraction"],
        float(found.get("least", 0.0)),
    )


class Look(NamedTuple):
    """The look that the page shows, after all choices."""

    site: Site
    heads: tuple[int, ...]
    shift: int
    how: Extraction
    least: float

    def view(self, grain: str, specials: str) -> View:
        return view(self.site, self.heads, grain, specials)  # type: ignore[arg-type]

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
        if link.value(chosen.layer) != UNCHOSEN:
            layer, heads = link.value(chosen.layer), tuple(link.value(chosen.heads))
        if link.value(chosen.shift) != "best":
            shift = int(link.value(chosen.shift))
        if link.value(chosen.how) != "best":
            how, least = link.value(chosen.how), link.value(chosen.least) / 100
    if layer == EVERY and len(cross) > 1:
        site = together(cross)
    else:
        site = cross[layer if 0 <= layer < len(cross) else -1]
    heads = tuple(head for head in heads if head < site.heads) or tuple(range(site.heads))
    return Look(moved(site, shift), heads, shift, how, least)


def together(sites: Sequence[Site]) -> Site:
    """One site whose one head is the mean over all heads of these."""
    weights = torch.cat([site.weights() for site in sites]).mean(0, keepdim=True)
    gaps = [site.integrity.output for site in sites]
    known = [gap for gap in gaps if gap is not None]
    return replace(
        sites[-1],
        name="+".join(site.name for site in sites),
        layer=EVERY,
        heads=1,
        source=Stored(weights, sites[-1].allowed()),
        integrity=Integrity(
            max(site.integrity.rows for site in sites),
            max(known) if len(known) == len(gaps) else None,
        ),
    )


def moved(site: Site, shift: int) -> Site:
    """The site with the look of each target piece taken `shift` decoding steps later."""
    if not shift:
        return site
    weights = torch.from_numpy(shifted(site.weights().numpy(), shift).copy())
    return replace(site, source=Stored(weights, site.allowed()))


def where(look: Look) -> str:
    """The look in words, counted from 1."""
    if look.site.layer == EVERY:
        return _("the mean of all heads of all layers")
    return sentences.where(look.site.layer, look.heads)


def choose(found: Translation, model: str, chosen: Looking, key: str) -> None:
    """Controls for the look: all heads to click on where there are several, and how to read it."""
    look = settled(found, model, chosen)
    if look is None:
        return
    cross = found.cross
    many = len(cross) * cross[0].heads > 1
    if many:
        heads(found, model, chosen, look, key)
    with st.container(horizontal=True, gap="medium"):
        choosing.segments(
            chosen.shift,
            _("Look taken from"),
            {
                "best": _("best step"),
                "-1": _("step before"),
                "0": _("same step"),
                "1": _("step after"),
            },
        )
        choosing.segments(
            chosen.how,
            _("Links"),
            {
                "best": _("best way"),
                **{name: _(way.title) for name, way in EXTRACTIONS.items()},
            },
        )
        if EXTRACTIONS[look.how].weighed:
            st.slider(
                _("Least weight (%)"), 1, 100, key=chosen.least.key, width=220,
                persist_state="session",
            )  # fmt: skip


def heads(found: Translation, model: str, chosen: Looking, look: Look, key: str) -> None:
    """A thumbnail of every head that looks at the source; a click opens one."""
    part = cross_part(found)
    layer = look.site.layer

    def took() -> None:
        at, head = figures.state(f"{key}.grid", "head")
        link.choose(chosen.layer, at)
        link.choose(chosen.heads, [head])

    def mean() -> None:
        link.choose(chosen.layer, min(layer, len(found.cross) - 1))
        link.choose(chosen.heads, [])

    def every() -> None:
        link.choose(chosen.layer, EVERY)
        link.choose(chosen.heads, [])

    def reset() -> None:
        link.choose(chosen.layer, UNCHOSEN)
        link.choose(chosen.heads, [])

    opened = None if layer == EVERY else (layer, look.heads[0])
    figures.head_grid(part, opened, f"{key}.grid", took)
    if link.value(chosen.layer) not in (UNCHOSEN, EVERY):
        st.pills(
            _("Heads of layer {layer}; none chosen is the mean of all").format(layer=layer + 1),
            range(look.site.heads),
            selection_mode="multi",
            format_func=lambda head: str(head + 1),
            key=chosen.heads.key,
        )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        prose.caption(prose.filled(_("Shown: {place}."), place=where(look)))
        if best(model).layer != UNCHOSEN:
            st.button(
                _("Head that aligns best"), on_click=reset, type="tertiary", key=f"{key}.best"
            )
        st.button(_("Mean of the layer"), on_click=mean, type="tertiary", key=f"{key}.mean")
        st.button(_("Mean of all layers"), on_click=every, type="tertiary", key=f"{key}.every")


def cross_part(found: Translation) -> Part:
    """The looks at the source, with thumbnails."""
    return Part(
        found.cross, overview(found.record, "cross", THUMBNAIL), measures.table(found.cross)
    )

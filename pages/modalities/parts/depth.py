"""One layer's look, the look through all layers, and what spoke for a class of a classifier."""

from __future__ import annotations

from math import isnan
from typing import Final

import streamlit as st
from torch import Tensor

from attention_core.axes.patches import PatchAxis
from attention_core.errors import AttentionError
from attention_core.files.photograph import Photograph
from attention_core.numbers import combined
from attention_core.numbers.rollout import rollout
from models.families.pictures.classifying import Cam
from models.families.pictures.viewer import Sight
from pages.frame import ask, link, prose
from pages.frame.language import _
from pages.modalities.parts.places import LAYER, PAGE, PLACES, layer_of, taking, told
from pages.showing import choosing, maps, readings

KIND = link.one_of(PAGE, "kind", tuple(map(str, range(5))), "0")
"""The place of the name that is asked about, among the most likely ones."""
WAY = link.one_of(PAGE, "combined", ("product", "mean"), "product")
DEPTH: Final = f"{PAGE}.depth"


def shown(sight: Sight, photo: Photograph) -> None:
    """Three answers to where something is seen, side by side."""
    sites, axis, places = sight.record.sites, sight.record.axes[0], link.value(PLACES)
    st.session_state[DEPTH] = layer_of(sites) + 1
    depth = st.slider(_("Up to layer"), 1, len(sites), key=DEPTH, on_change=took_depth)
    one, through, spoke = st.columns(3, gap="medium")
    with one:
        title = _("Layer {layer} alone").format(layer=depth)
        look(photo, axis, sites[depth - 1].weights().mean(0), f"{PAGE}.mean", title, places)
        prose.note(
            prose.filled(
                _(
                    "The mean of its heads: what this layer looks at, whatever it finds there "
                    "by now."
                )
            )
        )
    with through:
        title = _("Rollout to layer {layer}").format(layer=depth)
        found = rollout(site.weights() for site in sites[:depth])
        look(photo, axis, found, f"{PAGE}.rollout", title, places)
        prose.note(
            prose.filled(
                _(
                    "The layers multiplied, half of each patch passing by on the residual "
                    "connection (Abnar and Zuidema 2020). It knows nothing of values: it says "
                    "what could have mixed, not what mattered."
                )
            )
        )
    with spoke:
        st.subheader(_("Grad-CAM"), anchor=False)
        spoken = cam(photo)
    if spoken is not None:
        together(photo, axis, found[places].mean(0), spoken)


def look(
    photo: Photograph, axis: PatchAxis, weights: Tensor, key: str, title: str, places: list[int]
) -> None:
    """A look over the picture, with its sentence. weights (query, key)"""
    st.subheader(title, anchor=False)
    found = weights[places].mean(0)
    maps.over(
        photo, axis, found.unsqueeze(0), key, taking(key), places, title=title,
        name=key.rpartition(".")[2], hint=_("Click a patch, or drag over a region."),
    )  # fmt: skip
    prose.caption(told(axis, found, places))


def cam(photo: Photograph) -> Cam | None:
    """A convolutional classifier's names for the picture, and where one of them comes from."""
    try:
        naming = readings.naming(photo)
    except AttentionError as problem:
        st.info(ask.said(problem), icon=":material/info:")
        return None
    best = naming.best(5)
    titles = {
        str(place): f"{label} · {100 * share:.0f} %"
        for place, (_number, label, share) in enumerate(best)
    }
    number, label, share = best[min(int(link.value(KIND)), len(best) - 1)]
    found = readings.grad_cam(photo, number)
    axis = found.axis(photo)
    weights = found.weights / max(float(found.weights.max()), 1e-12)
    key = f"{PAGE}.cam"
    maps.over(
        photo, axis, weights.reshape(1, -1), key, title=label, name="grad-cam", plain=True,
        hint=_("Brighter cells spoke more for this name."),
    )  # fmt: skip
    choosing.dropdown(KIND, _("Why this name?"), titles)
    prose.caption(
        prose.filled(
            _("EfficientNet-Lite0, which has no attention, says {label} with {share} %."),
            label=prose.token(label),
            share=prose.number(100 * share, 0),
        )
    )
    return found


def together(photo: Photograph, axis: PatchAxis, look: Tensor, spoken: Cam) -> None:
    """Rollout and Grad-CAM over one grid, as one map, and how far they agree.

    look  (place,): the rollout from the chosen places
    """
    rows, columns = axis.grid
    attention = look[axis.before : axis.before + rows * columns].reshape(rows, columns).double()
    gradient = combined.fitted(spoken.weights, (rows, columns))
    st.subheader(_("Rollout and Grad-CAM together"), anchor=False)
    ways = {"product": _("strong in both (product)"), "mean": _("strong in either (mean)")}
    way = choosing.segments(WAY, _("Combined"), ways)
    made = combined.product if way == "product" else combined.mean
    picture, words = st.columns([5, 6], gap="medium")
    with picture:
        maps.over(
            photo, axis, made(attention, gradient).reshape(1, -1).float(), f"{PAGE}.together",
            title=_("Rollout and Grad-CAM together"), name="together", plain=True,
            hint=_("Point at a patch to read its share."),
        )  # fmt: skip
    with words:
        said = combined.spearman(attention, gradient)
        prose.caption(
            prose.filled(
                _(
                    "They order the patches alike by {spearman} (Spearman; 1: alike, 0: "
                    "unrelated). Of the strongest {share} % of the patches of both, {shared} % are "
                    "the same."
                ),
                spearman="–" if isnan(said) else prose.number(said),
                share=prose.number(100 * combined.STRONGEST, 0),
                shared=prose.number(100 * combined.shared(attention, gradient), 0),
            )
        )
        prose.note(
            prose.filled(
                _(
                    "Two models, two questions: where a Transformer looked, whatever for, and what "
                    "spoke for a name in a network of convolutions. Where both are strong, a thing "
                    "was looked at and counted. Each is taken relative to its own largest cell."
                )
            )
        )


def took_depth() -> None:
    link.choose(LAYER, st.session_state[DEPTH] - 1)

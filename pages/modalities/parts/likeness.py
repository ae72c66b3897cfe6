"""What a model makes of the patches: what is alike, in one picture and in another."""

from __future__ import annotations

from typing import Final

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from attention_core.axes.patches import PatchAxis
from attention_core.files.photograph import Photograph
from attention_core.numbers.components import alike
from models.families.pictures.viewer import Sight
from pages.frame import link, prose
from pages.frame.language import _
from pages.modalities.parts.places import PAGE, PLACES, named, taking
from pages.showing import maps

ALIKE: Final = f"{PAGE}.alike"


def shown(sight: Sight, photo: Photograph, other: tuple[Sight, Photograph] | None) -> None:
    """The patches as colours, and what is like the chosen ones.

    other  a second picture, seen by the same model
    """
    axis = sight.record.axes[0]
    chosen = patches(axis, link.value(PLACES))
    mean = sight.features[chosen].mean(0, keepdim=True)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("What is like the patch you choose"), anchor=False)
        likeness(photo, sight, mean, ALIKE, chosen)
        prose.note(
            prose.filled(
                _(
                    "The cosine between what the model makes of your patch and of every other; "
                    "below 0 is drawn as 0. This is no attention: it is what came of it."
                )
            )
        )
    with right:
        if other is None:
            st.subheader(_("What is alike has like colours"), anchor=False)
            coloured(photo, sight)
        else:
            st.subheader(_("What is like it in the other picture"), anchor=False)
            found = likeness(other[1], other[0], mean, f"{ALIKE}.other", None)
            picked = [axis.before + patch for patch in chosen]
            prose.caption(nearest(axis, picked, other[0].record.axes[0], found))


def patches(axis: PatchAxis, places: list[int]) -> list[int]:
    """The patches among the chosen places; the one in the middle where there is none."""
    found = [place - axis.before for place in places if place >= axis.before]
    rows, columns = axis.grid
    return found or [rows // 2 * columns + columns // 2]


def likeness(
    photo: Photograph, sight: Sight, mean: Tensor, key: str, picked: list[int] | None
) -> Tensor:
    """(patch,): draws how like each patch is to `mean` (1, width), and gives it back."""
    axis = sight.record.axes[0]
    found = alike(mean, sight.features).clamp_min(0)
    took = None if picked is None else taking(key, axis.before)
    maps.over(
        photo, axis, found, key, took, picked,
        title=_("What is like the patch you choose"), name="alike", plain=True,
        hint=_("Click a patch, or drag over a region."),
    )  # fmt: skip
    return found[0]


def coloured(photo: Photograph, sight: Sight) -> None:
    """The three directions in which the patches differ most, as colours."""
    axis = sight.record.axes[0]
    colours = (sight.components * 255).round().to(torch.uint8).numpy()
    maps.over(
        photo, axis, torch.zeros(1, len(sight.features)), f"{PAGE}.colours",
        title=_("What is alike has like colours"), name="components",
        colours=colours.astype(np.uint8), plain=True,
    )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "The three directions in which the patches differ most, after the last layer, "
                "as red, green and blue (principal components)."
            )
        )
    )


def nearest(axis: PatchAxis, picked: list[int], there: PatchAxis, found: Tensor) -> prose.Markup:
    """The patch of the other picture that is most like the chosen ones."""
    most = int(found.argmax())
    return prose.filled(
        _("Most like {place}: {other} of the other picture (cosine {likeness})."),
        place=named(axis, picked),
        other=named(there, [there.before + most]),
        likeness=prose.number(float(found[most])),
    )

"""From what a model saw of a picture to what is drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attention_core.axes.patches import PatchAxis
from attention_core.files.photograph import Photograph
from attention_core.pictures.contracts.picture import PictureMap, heat
from attention_core.watching.record import Site
from pages.frame import media
from pages.showing.figures import said
from pages.showing.readings import THUMBNAIL
from pages.widgets.hosts.streamlit import Callback
from pages.widgets.picture import TEXT, picture_map

MOST: Final = 420
"""Places of a picture whose looks are all sent, so that pointing needs no server."""


def looks(site: Site[PatchAxis], heads: Sequence[int], places: Sequence[int]) -> Tensor:
    """(head, key): where these heads look from these places, on average over the places."""
    first, end = min(places), max(places) + 1
    rows = site.weights(heads, slice(first, end))
    return rows[:, [place - first for place in places]].mean(1)


def thumbnails(sites: Sequence[Site[PatchAxis]], places: Sequence[int]) -> list[NDArray[np.uint8]]:
    """For each site (head, side, side): where every head looks from these places.

    Each is relative to its own largest weight on a patch; a picture that is not square stands in
    the middle of the square.
    """
    return [_squared(looks(site, range(site.heads), places), site.keys) for site in sites]


def _squared(found: Tensor, axis: PatchAxis) -> NDArray[np.uint8]:
    rows, columns = axis.grid
    shown = found[:, axis.before : axis.before + rows * columns].reshape(-1, rows, columns)
    shown = shown / shown.amax((1, 2), keepdim=True).clamp_min(1e-12)
    side = max(rows, columns)
    high, wide = side - rows, side - columns
    edges = (wide // 2, wide - wide // 2, high // 2, high - high // 2)
    square = torch.nn.functional.pad(shown, edges).unsqueeze(1)
    small = torch.nn.functional.interpolate(square, (THUMBNAIL, THUMBNAIL), mode="nearest")
    pixels: NDArray[np.uint8] = (small.squeeze(1) * 255).round().to(torch.uint8).numpy()
    return pixels


def over(
    photo: Photograph, axis: PatchAxis, weights: Tensor, key: str, took: Callback = None,
    chosen: Sequence[int] | None = None, own: bool = False, title: str = "", caption: str = "",
    name: str = "picture", colours: NDArray[np.uint8] | None = None, plain: bool = False,
    hint: str = "",
) -> None:  # fmt: skip
    """Draws a picture with looks over it.

    weights  (look, key): one look, or with `own` that of every place of the picture;
             (look, patch) where they are plain numbers
    took     called when the reader chose places; without it nothing can be chosen
    plain    True where weights are no shares of attention
    hint     what may be done here, in a sentence
    """
    count = axis.grid[0] * axis.grid[1]
    shown = weights.numpy().astype(np.float64)
    before = 0 if plain else axis.before
    patches = shown[:, before : before + count]
    picture_map(
        PictureMap(
            picture=media.address(photo, key),
            width=axis.width,
            height=axis.height,
            grid=axis.grid,
            crop=axis.crop,
            specials=[patch.text for patch in axis.tokens[:before]],
            looks=[patch.text for patch in axis.tokens] if own else ["·"] * len(shown),
            heat=heat(patches),
            peaks=patches.max(-1, initial=0.0),
            beside=shown[:, :before],
            colours=colours,
            unit="number" if plain else "share",
            own=own,
            picks=took is not None,
            chosen=chosen,
            title=title,
            caption=caption,
            name=name,
        ),
        key=key,
        text={**said(TEXT), "hint": hint},
        on_chosen_change=took,
    )

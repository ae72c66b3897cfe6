"""From a photograph to what a model is given, and where in the photograph that lies.

>>> from attention_core.files.photograph import made
>>> from models.loading.vision import recipe
>>> photo = made(np.zeros((20, 60, 3), np.uint8))
>>> as_learned(photo, recipe({"size": {"shortest_edge": 28}, "crop_size": 28}, 28, "mine")).seen
Box(left=20.0, top=0.0, right=40.0, bottom=20.0)
>>> whole(photo, recipe({}, 28, "mine"), patch=(14, 14), short=2).pixels.shape
torch.Size([1, 3, 28, 84])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from attention_core.axes.patches import Box
from attention_core.files.photograph import Photograph
from models.loading.vision import SIDE, Recipe

MOST: Final = 2_304
"""Patches of one picture; the weights of one head are then 5 million numbers."""


@dataclass(frozen=True)
class Prepared:
    """What a model is given. pixels (1, channel, row, column); seen: the part that it shows."""

    pixels: Tensor
    seen: Box


def as_learned(photo: Photograph, recipe: Recipe) -> Prepared:
    """As the model's own pictures were prepared while it learned."""
    wide, high = photo.width, photo.height
    if recipe.size is not None:
        height, width = recipe.size
    elif recipe.shortest:
        short, long = min(wide, high), max(wide, high)
        longer = min(int(recipe.shortest * long / short), 8 * SIDE)
        height, width = (recipe.shortest, longer) if high <= wide else (longer, recipe.shortest)
    else:
        height, width = high, wide
    seen = Box(0.0, 0.0, float(wide), float(high))
    pixels = _resized(photo, height, width, recipe)
    if recipe.crop is not None:
        (down, across), (top, left) = recipe.crop, _middle((height, width), recipe.crop)
        pixels = _cut(pixels, top, left, down, across)
        x, y = wide / width, high / height
        seen = Box(left * x, top * y, (left + across) * x, (top + down) * y)
    return Prepared(_scaled(pixels, recipe), seen)


def whole(
    photo: Photograph, recipe: Recipe, patch: tuple[int, int], short: int, most: int = MOST
) -> Prepared:
    """All of the photograph, in its own shape as nearly as patches allow.

    patch  height and width of one
    short  patches along the shorter side
    most   patches in all
    """
    rows, columns = grid(photo, short, most)
    pixels = _resized(photo, rows * patch[0], columns * patch[1], recipe)
    seen = Box(0.0, 0.0, float(photo.width), float(photo.height))
    return Prepared(_scaled(pixels, recipe), seen)


def grid(photo: Photograph, short: int, most: int = MOST) -> tuple[int, int]:
    """Rows and columns of patches, each nearly square, `short` along the shorter side.

    A picture that is much longer than wide gets patches that are longer too.
    """
    wide, high = photo.width, photo.height
    long = min(max(short, round(short * max(wide, high) / min(wide, high))), most // short)
    return (short, long) if high <= wide else (long, short)


def _resized(photo: Photograph, height: int, width: int, recipe: Recipe) -> Tensor:
    """(row, column, channel), 0 … 255."""
    found = Image.fromarray(photo.pixels).resize((width, height), Image.Resampling(recipe.resample))
    return torch.from_numpy(np.array(found)).float()


def _middle(size: tuple[int, int], crop: tuple[int, int]) -> tuple[int, int]:
    """Where the middle begins: top and left, negative where a picture is smaller than that."""
    (height, width), (down, across) = size, crop
    return (height - down) // 2, (width - across) // 2


def _cut(pixels: Tensor, top: int, left: int, down: int, across: int) -> Tensor:
    """A rectangle of a picture; black where it reaches over the edge."""
    height, width, channels = pixels.shape
    made = pixels.new_zeros(down, across, channels)
    upper, lower = max(top, 0), min(top + down, height)
    first, last = max(left, 0), min(left + across, width)
    made[upper - top : lower - top, first - left : last - left] = pixels[upper:lower, first:last]
    return made


def _scaled(pixels: Tensor, recipe: Recipe) -> Tensor:
    """(1, channel, row, column), as the model counts brightness."""
    mean, std = torch.tensor(recipe.mean), torch.tensor(recipe.std)
    return ((pixels * recipe.scale - mean) / std).permute(2, 0, 1).unsqueeze(0).contiguous()

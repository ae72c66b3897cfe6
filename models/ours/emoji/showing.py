"""Drawings and other pictures as the towers are shown them: on white, 48 × 48 pixels.

>>> from models.ours.emoji.collection import sheet
>>> whitened(drawn(sheet()[:2])).shape
torch.Size([2, 3, 48, 48])
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from models.ours.emoji.towers import WIDTH

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def drawn(pixels: Pixels) -> Tensor:
    """(drawing, row, column, 4), 0 to 255, to (drawing, 4, row, column): colours times opacity,
    and opacity, from 0 to 1."""
    shares = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
    return torch.cat([shares[:, :3] * shares[:, 3:], shares[:, 3:]], 1)


def whitened(tiles: Tensor, back: Tensor | None = None, light: Tensor | None = None) -> Tensor:
    """Drawings on a ground, as the network sees them.

    tiles    (drawing, 4, row, column), from `drawn`
    back     (drawing, 2, 3): from the place of each pixel to where in the drawing it is taken from
    light    (drawing, 3) or (drawing, 1): the ground; white when left out
    returns  (drawing, 3, WIDTH, WIDTH)
    """
    if back is None:
        taken = interpolate(
            tiles, (WIDTH, WIDTH), mode="bilinear", align_corners=False, antialias=True
        )
    else:
        grid = affine_grid(back, [len(tiles), 4, WIDTH, WIDTH], False)
        taken = grid_sample(tiles, grid, align_corners=False)
    ground = taken.new_ones(len(tiles), 3) if light is None else light
    return taken[:, :3] + (1 - taken[:, 3:]) * ground[:, :, None, None]


def on_white(pixels: Pixels) -> Pixels:
    """A picture of any shape in the middle of a white square. (row, column, 3), 0 to 255"""
    high, wide = pixels.shape[:2]
    side = max(high, wide)
    made = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - high) // 2, (side - wide) // 2
    made[top : top + high, left : left + wide] = pixels
    return made


def squared(pixels: Pixels) -> Tensor:
    """A picture of any shape as the network sees it: the whole of it, with white beside it.

    pixels   (row, column, 3), 0 to 255
    returns  (1, 3, WIDTH, WIDTH)
    """
    light = torch.from_numpy(on_white(pixels)).permute(2, 0, 1)[None].float() / 255
    return interpolate(light, (WIDTH, WIDTH), mode="bilinear", align_corners=False, antialias=True)

"""The drawings that ship: one picture for each emoji that the nouns need, by Noto.

>>> bat = drawing("1f987")
>>> bat.shape, bat.dtype
((96, 96, 4), dtype('uint8'))
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

SIZE: Final = 96
"""Pixels of a side of a drawing that ships."""
SHIPPED: Final = Path(__file__).parent / "drawings"
Pixels = np.ndarray[Any, np.dtype[np.uint8]]


@cache
def drawing(name: str) -> Pixels:
    """(row, column, channel) of red, green, blue and opacity, by its code points."""
    with Image.open(SHIPPED / f"{name}.png") as picture:
        return np.asarray(picture.convert("RGBA"))


def small(pixels: Pixels) -> Tensor:
    """Drawings as the canvas takes them: half as large, light and opacity from 0 to 1.

    pixels   (drawing, row, column, channel)
    returns  (drawing, channel, row / 2, column / 2), colours times opacity
    """
    shares = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
    shares = torch.cat([shares[:, :3] * shares[:, 3:], shares[:, 3:]], 1)
    return torch.nn.functional.avg_pool2d(shares, 2)

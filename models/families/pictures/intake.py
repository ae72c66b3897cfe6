"""How a model is handed a picture: its pixels, or patches that are cut beforehand.

>>> where = Blocks.places(2, 4, merged=2)
>>> where.tolist()  # the token of each patch, row by row
[0, 1, 4, 5, 2, 3, 6, 7]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, Final, Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from models.families.untouched import Inputs

_SCALES: Final = (1e-6, 100.0)
_NEAR: Final = 1e-5
"""How near the library comes to the largest scale at which a picture has few enough patches."""


class Intake(Protocol):
    """One way to hand pictures over.

    merged  patches along each side that the model will have together: a picture needs so many
    """

    @property
    def merged(self) -> int: ...

    def inputs(self, pixels: Tensor) -> Inputs:
        """What the model is called with. pixels (picture, channel, row, column)."""

    def tokens(self, rows: int, columns: int) -> Tensor:
        """(patch,): which of the model's patch tokens each patch is, patches row by row."""

    def fitted(self, height: int, width: int, least: int, most: int) -> tuple[int, int]:
        """Pixels to which a picture of that size is squeezed, from `least` to `most` in all."""


@dataclass(frozen=True)
class Pixels:
    """All of a picture, which the model cuts itself. shapes: what it is told, to take any shape"""

    shapes: tuple[str, ...] = ()
    merged: int = 1

    def inputs(self, pixels: Tensor) -> Inputs:
        return {"pixel_values": pixels, **dict.fromkeys(self.shapes, True)}

    def tokens(self, rows: int, columns: int) -> Tensor:
        return torch.arange(rows * columns)

    def fitted(self, height: int, width: int, least: int, most: int) -> tuple[int, int]:
        return height, width


@dataclass(frozen=True)
class Patches:
    """Patches row by row, and how many rows and columns they are: SigLIP 2 (NaFlex).

    Source: Tschannen et al. 2025, https://arxiv.org/abs/2502.14786, section 2.4.2.
    """

    side: int
    merged: int = 1

    def inputs(self, pixels: Tensor) -> Inputs:
        pictures, _, height, width = pixels.shape
        grid = height // self.side, width // self.side
        cut = _cut(pixels, *grid)
        return {
            "pixel_values": cut.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2),
            "pixel_attention_mask": torch.ones(pictures, math.prod(grid), dtype=torch.long),
            "spatial_shapes": torch.tensor([grid] * pictures),
        }

    def tokens(self, rows: int, columns: int) -> Tensor:
        return torch.arange(rows * columns)

    def fitted(self, height: int, width: int, least: int, most: int) -> tuple[int, int]:
        """The largest scale with at most so many pixels in whole patches, found by halving."""

        def scaled(scale: float) -> tuple[int, int]:
            up = (max(1, math.ceil(size * scale / self.side)) for size in (height, width))
            rows, columns = up
            return rows * self.side, columns * self.side

        low, high = _SCALES
        while high - low >= _NEAR:
            middle = (low + high) / 2
            low, high = (middle, high) if math.prod(scaled(middle)) <= most else (low, middle)
        return scaled(low)


@dataclass(frozen=True)
class Blocks:
    """Patches block by block, each block what the model merges into one token: Qwen2-VL, Qwen3-VL.

    A still picture is given as so many equal frames as the model takes together.

    Source: Wang et al. 2024, https://arxiv.org/abs/2409.12191, section 2.1.
    """

    side: int
    frames: int
    merged: int

    def inputs(self, pixels: Tensor) -> Inputs:
        pictures, _, height, width = pixels.shape
        rows, columns = height // self.side, width // self.side
        patches = _cut(pixels, rows, columns).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
        still = patches.unsqueeze(3).expand(-1, -1, -1, self.frames, -1, -1).flatten(2)
        order = self.tokens(rows, columns).argsort()
        return {
            "hidden_states": still[:, order].flatten(0, 1),
            "grid_thw": torch.tensor([(1, rows, columns)] * pictures),
        }

    def tokens(self, rows: int, columns: int) -> Tensor:
        return self.places(rows, columns, self.merged)

    @staticmethod
    def places(rows: int, columns: int, merged: int) -> Tensor:
        """(patch,): the place of each patch when blocks of merged × merged follow one another."""
        numbers = torch.arange(rows * columns)
        blocks = numbers.view(rows // merged, columns // merged, merged, merged)
        return blocks.transpose(1, 2).reshape(-1)

    def fitted(self, height: int, width: int, least: int, most: int) -> tuple[int, int]:
        unit = self.side * self.merged
        sides = [unit * round(size / unit) for size in (height, width)]
        if math.prod(sides) > most:
            shrunk = math.sqrt(height * width / most)
            sides = [math.floor(size / shrunk / unit) * unit for size in (height, width)]
        elif math.prod(sides) < least:
            grown = math.sqrt(least / (height * width))
            sides = [math.ceil(size * grown / unit) * unit for size in (height, width)]
        tall, wide = (max(unit, size) for size in sides)
        return tall, wide


def _cut(pixels: Tensor, rows: int, columns: int) -> Tensor:
    """(picture, channel, row of patches, row in it, column of patches, column in it)."""
    pictures, channels, height, width = pixels.shape
    return pixels.reshape(pictures, channels, rows, height // rows, columns, width // columns)


def _pixels(_model: PreTrainedModel, takes: frozenset[str]) -> Intake:
    return Pixels(tuple(sorted({"interpolate_pos_encoding"} & takes)))


def _patches(model: PreTrainedModel, _takes: frozenset[str]) -> Intake:
    return Patches(int(model.config.patch_size))


def _blocks(model: PreTrainedModel, _takes: frozenset[str]) -> Intake:
    config: Any = model.config
    frames, merged = int(config.temporal_patch_size), int(config.spatial_merge_size)
    return Blocks(int(config.patch_size), frames, merged)


WAYS: Final[
    tuple[tuple[frozenset[str], Callable[[PreTrainedModel, frozenset[str]], Intake]], ...]
] = (
    (frozenset({"hidden_states", "grid_thw"}), _blocks),
    (frozenset({"pixel_values", "pixel_attention_mask", "spatial_shapes"}), _patches),
    (frozenset(), _pixels),
)
"""What a model's call takes by name, and how it is then given a picture; the first that fits."""


def intake(model: PreTrainedModel) -> Intake:
    """How that model is handed a picture."""
    takes = frozenset(signature(model.forward).parameters)
    return next(made(model, takes) for names, made in WAYS if names <= takes)

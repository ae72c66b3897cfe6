"""A white canvas with drawings on it: what the network is shown.

The canvas has four places, two in each row; a drawing lies somewhere in its own place.

>>> from models.ours.decides.drawings import drawing, small
>>> bat = small(drawing("1f987")[None])
>>> canvas = composed(bat[None], torch.tensor([[[0.0, 0.0, 40.0, 0.0]]]))
>>> canvas.shape  # (canvas, channel, row, column)
torch.Size([1, 3, 80, 80])
>>> float(canvas[0, :, 60:, 60:].min())  # nothing but white where no drawing lies
1.0
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

WIDTH: Final = 80
"""Pixels of a side of the canvas."""
GRID: Final = 10
"""Cells of a side of the grid that the network looks at."""
PLACES: Final = ((0, 0), (0, 40), (40, 0), (40, 40))
"""Left and top of each place, in pixels; a place is 40 × 40."""
USUAL_SIDE: Final = 34
"""Pixels of a side of a drawing where nobody says otherwise."""


@dataclass(frozen=True)
class Placed:
    """A drawing on the canvas. left, top, side in pixels of the canvas."""

    name: str
    left: float
    top: float
    side: float = USUAL_SIDE

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.left + self.side, self.top + self.side

    def cells(self) -> list[bool]:
        """For each cell of the grid, row by row, whether its middle lies in the drawing's box."""
        step = WIDTH / GRID
        left, top, right, bottom = self.box
        return [
            left <= (column + 0.5) * step <= right and top <= (row + 0.5) * step <= bottom
            for row in range(GRID)
            for column in range(GRID)
        ]


def in_place(name: str, place: int) -> Placed:
    """A drawing in the middle of one of the four places."""
    left, top = PLACES[place]
    margin = (WIDTH / 2 - USUAL_SIDE) / 2
    return Placed(name, left + margin, top + margin)


def composed(drawings: Tensor, where: Tensor, background: Tensor | None = None) -> Tensor:
    """Canvases with these drawings on them, a later one over those before it.

    drawings    (canvas, drawing, 4, row, column)   colours times opacity, and opacity: `small`
    where       (canvas, drawing, 4)                left, top, side in pixels, angle in radians;
                                                    a side of 0 leaves a drawing out
    background  (canvas, 3)                         white when left out
    returns     (canvas, 3, WIDTH, WIDTH)
    """
    canvases, many = drawings.shape[:2]
    laid = _laid(drawings.flatten(0, 1), where.flatten(0, 1)).reshape(
        canvases, many, 4, WIDTH, WIDTH
    )
    light = drawings.new_ones(canvases, 3) if background is None else background
    made = light[:, :, None, None].expand(-1, -1, WIDTH, WIDTH)
    for one in laid.unbind(1):
        made = one[:, :3] + (1 - one[:, 3:]) * made
    return made


def _laid(drawings: Tensor, where: Tensor) -> Tensor:
    """Each drawing alone on a transparent canvas: (drawing, 4, WIDTH, WIDTH)."""
    left, top, side, angle = where.unbind(-1)
    shrink = WIDTH / side.clamp_min(1e-3)
    cos, sin = torch.cos(angle) * shrink, torch.sin(angle) * shrink
    across, down = (2 * (edge + side / 2) / WIDTH - 1 for edge in (left, top))
    back = torch.stack(
        [cos, sin, -(cos * across + sin * down), -sin, cos, sin * across - cos * down], -1
    ).reshape(-1, 2, 3)
    grid = torch.nn.functional.affine_grid(back, [len(drawings), 4, WIDTH, WIDTH], False)
    laid = torch.nn.functional.grid_sample(drawings, grid, align_corners=False)
    return laid * (side > 0)[:, None, None, None]


def scattered(count: int, canvases: int, dice: torch.Generator) -> Tensor:
    """Where so many drawings lie by chance, each in a place of its own: (canvas, drawing, 4)."""
    order = torch.rand(canvases, len(PLACES), generator=dice).argsort(-1)[:, :count]
    corner = torch.tensor(PLACES, dtype=torch.float32)[order]
    side = 26 + 13 * torch.rand(canvases, count, generator=dice)
    room = (WIDTH / 2 - side)[..., None]
    begin = corner + room * torch.rand(canvases, count, 2, generator=dice)
    angle = math.radians(12) * (2 * torch.rand(canvases, count, generator=dice) - 1)
    return torch.cat([begin, side[..., None], angle[..., None]], -1)


def covering(where: Tensor) -> Tensor:
    """(..., 4) to (..., cell): whether a cell's middle lies in the box of the drawing."""
    step = WIDTH / GRID
    middle = (torch.arange(GRID) + 0.5) * step
    left, top, side = where[..., :1], where[..., 1:2], where[..., 2:3]
    across = (middle >= left) & (middle <= left + side)
    down = (middle >= top) & (middle <= top + side)
    return (down[..., :, None] & across[..., None, :]).flatten(-2)


def placed_tensor(many: Sequence[Placed]) -> Tensor:
    """(1, drawing, 4) as `composed` takes it."""
    rows = [(one.left, one.top, one.side, 0.0) for one in many]
    return torch.tensor(rows, dtype=torch.float32).reshape(1, -1, 4)

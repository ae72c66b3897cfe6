"""What the networks of digits are shown: one digit among clutter, or one or two on a small paper.

>>> from models.ours.digits.strokes import drawn, fitted, ready
>>> eight = fitted(drawn(ready()[8]))
>>> scene = among(eight, 3, 16, clutter(np.random.default_rng(1), [eight]))
>>> scene.pixels.shape, scene.box
((24, 24), Box(left=16, top=3, right=24, bottom=11))
>>> int(scene.within().sum())  # of 12 × 12 cells
16
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attention_core.axes.patches import Box
from models.ours.digits.strokes import SMALL, Ink

WIDE: Final = 24
"""Pixels along one side of a scene."""
GRID: Final = 12
"""Cells along one side of a scene, each of 2 × 2 pixels."""
CELL: Final = WIDE // GRID
ROOM: Final = WIDE - SMALL
"""How far down or across a digit may lie."""
PIECES: Final = 5
"""Pieces of clutter."""
PIECE: Final = (3, 5)
"""Pixels along one side of a piece, least and most: less than a digit."""
PAPER: Final = 12
"""Pixels along one side of the paper of one or two digits."""
SHIFT: Final = PAPER - SMALL


@dataclass(frozen=True)
class Piece:
    """A piece of clutter; spot: which of the places where it may lie, from 0 to 1."""

    ink: Ink
    spot: float


@dataclass(frozen=True)
class Scene:
    """pixels (row, column) from 0 to 1, and the corner of the digit among them."""

    pixels: Ink
    top: int
    left: int

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.left + SMALL, self.top + SMALL)

    def within(self) -> NDArray[np.bool_]:
        """(cell,): whose middle lies in the digit's box, always 16 of 144."""
        middles = np.arange(GRID) * CELL + CELL / 2
        rows = (middles >= self.top) & (middles < self.top + SMALL)
        columns = (middles >= self.left) & (middles < self.left + SMALL)
        return (rows[:, None] & columns).ravel()


def clutter(dice: np.random.Generator, digits: Sequence[Ink] | Ink) -> tuple[Piece, ...]:
    """Pieces out of the middle of digits, too small to be read."""
    made = []
    for _ in range(PIECES):
        whole = digits[int(dice.integers(len(digits)))]
        high, wide = dice.integers(PIECE[0], PIECE[1] + 1, 2)
        top, left = dice.integers(0, SMALL - high + 1), dice.integers(0, SMALL - wide + 1)
        ink = whole[top : top + high, left : left + wide]
        made.append(Piece(ink, float(dice.random())))
    return tuple(made)


def among(digit: Ink, top: int, left: int, pieces: Sequence[Piece]) -> Scene:
    """The digit with its corner there, and the pieces around it; none of them touches it."""
    pixels = np.zeros((WIDE, WIDE))
    for piece in pieces:
        high, wide = piece.ink.shape
        free = _free(high, wide, top, left)
        y, x = free[int(piece.spot * len(free))]
        spot = pixels[y : y + high, x : x + wide]
        np.maximum(spot, piece.ink, out=spot)
    pixels[top : top + SMALL, left : left + SMALL] = digit
    return Scene(pixels, top, left)


def _free(high: int, wide: int, top: int, left: int) -> NDArray[np.int64]:
    """Every corner (down, across) from which a piece does not reach into the digit's box."""
    down, across = np.mgrid[: WIDE - high + 1, : WIDE - wide + 1]
    beside = (down + high <= top) | (down >= top + SMALL)
    beside |= (across + wide <= left) | (across >= left + SMALL)
    return np.argwhere(beside)


def scattered(dice: np.random.Generator, digit: Ink, digits: Sequence[Ink] | Ink) -> Scene:
    """A digit anywhere among clutter that is cut from other digits."""
    top, left = (int(one) for one in dice.integers(0, ROOM + 1, 2))
    return among(digit, top, left, clutter(dice, digits))


def laid(digits: Sequence[Ink], corners: Sequence[tuple[int, int]]) -> Ink:
    """(12, 12): one or two digits on one paper; where both have ink, the darker one is seen.

    corners  (down, across) of each, from 0 to 4
    """
    pixels = np.zeros((PAPER, PAPER))
    for digit, (top, left) in zip(digits, corners, strict=True):
        spot = pixels[top : top + SMALL, left : left + SMALL]
        np.maximum(spot, digit, out=spot)
    return pixels

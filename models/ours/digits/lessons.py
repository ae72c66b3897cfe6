"""The digits that are trained and measured on, and batches of them.

They come with scikit-learn, which only training needs: the test half of *Optical Recognition of
Handwritten Digits* (E. Alpaydin and C. Kaynak, 1998, CC BY 4.0,
https://archive.ics.uci.edu/dataset/80). In the order of the file, so that few writers are in two
parts: the first two thirds are learnt, the next are chosen by, the last 360 measured.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.ours.digits.scene import Scene, scattered, shifted
from models.ours.digits.strokes import SMALL, Ink

Part = Literal["learnt", "chosen", "measured"]
PARTS: Final[dict[Part, slice]] = {
    "learnt": slice(0, 1197), "chosen": slice(1197, 1437), "measured": slice(1437, 1797),
}  # fmt: skip


class Written(NamedTuple):
    """ink (digit, row, column) from 0 to 1, and what each is."""

    ink: Ink
    names: NDArray[np.int64]


@cache
def written(part: Part) -> Written:
    """One part of the digits."""
    from sklearn.datasets import load_digits  # noqa: PLC0415  no app needs it

    found = load_digits()
    return Written(found.images[PARTS[part]] / 16, found.target[PARTS[part]])


def scenes(dice: np.random.Generator, part: Part, count: int) -> tuple[list[Scene], Tensor]:
    """So many scenes, and the digit of each; what is learnt is turned and bent a little."""
    known = written(part)
    chosen = dice.integers(len(known.names), size=count)
    ink = known.ink[chosen]
    if part == "learnt":
        ink = bent(dice, ink)
    made = [scattered(dice, digit, known.ink) for digit in ink]
    return made, torch.from_numpy(known.names[chosen])


def pixels(made: list[Scene]) -> Tensor:
    """(scene, row, column)"""
    return torch.from_numpy(np.stack([one.pixels for one in made])).float()


def within(made: list[Scene]) -> Tensor:
    """(scene, cell), bool: the cells of the digit."""
    return torch.from_numpy(np.stack([one.within() for one in made]))


def papers(
    dice: np.random.Generator, part: Part, count: int, digits: int
) -> tuple[Tensor, Tensor]:
    """Papers of one or two different digits: (paper, row, column), and (paper, digit) of 0 and 1.

    digits  how many lie on each
    """
    known = written(part)
    by_name = [np.flatnonzero(known.names == name) for name in range(10)]
    names = np.stack([dice.permutation(10)[:digits] for _ in range(count)])
    chosen = np.array([[dice.choice(by_name[name]) for name in row] for row in names])
    ink = known.ink[chosen.ravel()]
    if part == "learnt":
        ink = bent(dice, ink)
    ink = ink.reshape(count, digits, SMALL, SMALL)
    there = torch.zeros(count, 10)
    there.scatter_(1, torch.from_numpy(names), 1.0)
    sheets = np.stack([shifted(dice, list(row)) for row in ink])
    return torch.from_numpy(sheets).float(), there


def bent(dice: np.random.Generator, ink: Ink) -> Ink:
    """Digits turned, leant, made larger, smaller or wider, moved and pressed, each in its own way."""
    count = len(ink)
    turn = dice.uniform(-0.21, 0.21, count)
    lean, more = dice.uniform(-0.15, 0.15, count), np.exp(dice.uniform(-0.15, 0.12, count))
    wider = np.exp(dice.uniform(-0.05, 0.25, count))
    shift = dice.uniform(-0.12, 0.12, (count, 2))
    rows = np.stack(
        [
            np.stack([np.cos(turn), lean - np.sin(turn), shift[:, 0]], -1),
            np.stack([np.sin(turn), np.cos(turn), shift[:, 1]], -1),
        ],
        1,
    )
    rows[:, :, :2] /= more[:, None, None]
    rows[:, 0, :2] /= wider[:, None]
    grid = torch.nn.functional.affine_grid(
        torch.from_numpy(rows), [count, 1, SMALL, SMALL], align_corners=False
    )
    moved = torch.nn.functional.grid_sample(
        torch.from_numpy(ink).unsqueeze(1), grid, align_corners=False
    )
    pressed = np.exp(dice.uniform(-math.log(1.6), math.log(1.6), (count, 1, 1)))
    found: Ink = moved.squeeze(1).numpy().clip(0, 1) ** pressed
    return found

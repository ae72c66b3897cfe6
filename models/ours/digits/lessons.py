"""The digits that are trained and measured on, and batches of them.

They come with scikit-learn, which only training needs: the test half of *Optical Recognition of
Handwritten Digits* (E. Alpaydin and C. Kaynak, 1998, CC BY 4.0,
https://archive.ics.uci.edu/dataset/80). In the order of the file, so that few writers are in two
parts: the first two thirds are learnt, the next are chosen by, the last 360 measured. What is
learnt has digits of ours beside them.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.ours.digits.scene import SHIFT, Scene, laid, scattered
from models.ours.digits.strokes import SMALL, Ink, fitted, varied

DATA: Final = (
    "Optical Recognition of Handwritten Digits (E. Alpaydin and C. Kaynak, UCI, CC BY 4.0), its "
    "test set as scikit-learn brings it, and digits drawn by this project"
)
SEED: Final = 17
"""Of the digits of ours that are learnt."""
OURS: Final = 600
"""So many, beside those of others: readers draw with the pen of our paper."""
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
    known = Written(found.images[PARTS[part]] / 16, found.target[PARTS[part]])
    if part != "learnt":
        return known
    ours = own(SEED, OURS)
    return Written(np.concatenate([known.ink, ours.ink]), np.concatenate([known.names, ours.names]))


def own(seed: int, count: int) -> Written:
    """Digits that we drew, each as another hand would have drawn it."""
    dice = np.random.default_rng(seed)
    made = [varied(dice) for _ in range(count)]
    return Written(np.stack([fitted(ink) for _, ink in made]), np.array([name for name, _ in made]))


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


class Papers(NamedTuple):
    """pixels  (paper, row, column)
    there   (paper, digit), 1 where the digit is there, else 0
    apart   (paper,), pixels from the first digit to the last, down or across, whichever is more
    """

    pixels: Tensor
    there: Tensor
    apart: Tensor


def papers(dice: np.random.Generator, part: Part, count: int, digits: int) -> Papers:
    """Papers of one or two different digits, each anywhere. digits: how many lie on each"""
    known = written(part)
    names = np.stack([dice.permutation(10)[:digits] for _ in range(count)])
    by_name = [np.flatnonzero(known.names == name) for name in range(10)]
    ink = known.ink[[dice.choice(by_name[name]) for name in names.ravel()]]
    if part == "learnt":
        ink = bent(dice, ink)
    ink = ink.reshape(count, digits, SMALL, SMALL)
    corners = dice.integers(0, SHIFT + 1, (count, digits, 2))
    sheets = np.stack([laid(list(row), at.tolist()) for row, at in zip(ink, corners, strict=True)])
    there = torch.zeros(count, 10).scatter(1, torch.from_numpy(names), 1.0)
    apart = torch.from_numpy(np.abs(corners[:, -1] - corners[:, 0]).max(-1))
    return Papers(torch.from_numpy(sheets).float(), there, apart)


def bent(dice: np.random.Generator, ink: Ink) -> Ink:
    """Digits turned, leant, made larger, smaller or wider, moved and pressed, each its own way."""
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

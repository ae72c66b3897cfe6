"""Two maps over one picture, made one: attention and Grad-CAM, and how far they agree.

>>> one, other = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[2.0]])
>>> fitted(other, (2, 2)).tolist(), product(one, fitted(other, (2, 2))).tolist()
([[2.0, 2.0], [2.0, 2.0]], [[1.0, 0.0], [0.0, 0.0]])
"""

from __future__ import annotations

from math import ceil
from typing import Final

import torch
from scipy.stats import spearmanr
from torch import Tensor

STRONGEST: Final = 0.15
"""The share of cells that count as a map's strongest."""


def fitted(given: Tensor, grid: tuple[int, int]) -> Tensor:
    """A map over cells of another size: each the mean of what lies under it, by area.

    given    (row, column)
    returns  (row, column) of `grid`
    """
    rows, columns = (_shares(old, new) for old, new in zip(given.shape, grid, strict=True))
    return rows @ given.double() @ columns.T


def _shares(old: int, new: int) -> Tensor:
    """(new, old): the part of each new cell that lies over each old one; rows sum to 1."""
    edges = torch.arange(new + 1, dtype=torch.float64) * old / new
    cells = torch.arange(old, dtype=torch.float64)
    first = torch.maximum(edges[:-1, None], cells)
    last = torch.minimum(edges[1:, None], cells + 1)
    return (last - first).clamp_min(0) * new / old


def product(one: Tensor, other: Tensor) -> Tensor:
    """Strong where both are, of maps of one grid, each first relative to its own largest cell."""
    return _relative(one) * _relative(other)


def mean(one: Tensor, other: Tensor) -> Tensor:
    """Strong where either is, in the same way."""
    return (_relative(one) + _relative(other)) / 2


def _relative(given: Tensor) -> Tensor:
    most = given.max()
    return given / most if most > 0 else torch.zeros_like(given)


def spearman(one: Tensor, other: Tensor) -> float:
    """How far two maps order the cells alike, from −1 to 1; NaN where one is the same everywhere.

    Source: Spearman 1904, The proof and measurement of association between two things.
    """
    if any(float(given.min()) == float(given.max()) for given in (one, other)):
        return float("nan")
    return float(spearmanr(one.flatten(), other.flatten()).statistic)


def shared(one: Tensor, other: Tensor, share: float = STRONGEST) -> float:
    """Of the strongest cells of two maps, how many are both's: intersection over union."""
    count = max(1, ceil(share * one.numel()))
    best = [set(given.flatten().topk(count).indices.tolist()) for given in (one, other)]
    return len(best[0] & best[1]) / len(best[0] | best[1])

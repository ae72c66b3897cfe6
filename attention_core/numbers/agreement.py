"""How far two methods say the same about the same tokens.

>>> one, other = torch.tensor([3.0, -2.0, 1.0]), torch.tensor([1.0, 2.0, 3.0])
>>> kendall(one, other), overlap(one, other, 2), top(one, 2)
(-1.0, 1, (0, 1))
"""

from __future__ import annotations

import torch
from scipy.stats import kendalltau
from torch import Tensor


def kendall(one: Tensor, other: Tensor) -> float:
    """From −1 to 1: how far the order by size is the same; 0 where it tells nothing.

    one, other  (token,); the size of a score is its distance from 0, so that what speaks strongly
                against an output counts as much as what speaks for it

    NaN where a method gives all tokens the same. Source: Kendall 1945, The treatment of ties in
    ranking problems, τ-b; computed by scipy.
    """
    return float(kendalltau(_size(one), _size(other), variant="b").statistic)


def top(scores: Tensor, count: int) -> tuple[int, ...]:
    """The places of the largest scores by size, the largest first; of equal ones the earlier."""
    order = scores.abs().argsort(descending=True, stable=True)
    return tuple(order[:count].tolist())


def overlap(one: Tensor, other: Tensor, count: int) -> int:
    """How many places are among the largest of both."""
    return len({*top(one, count)} & {*top(other, count)})


def _size(scores: Tensor) -> list[float]:
    return torch.as_tensor(scores).abs().tolist()

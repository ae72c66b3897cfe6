"""How widely shares are spread: the one entropy of the project.

>>> entropy(torch.tensor([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])).tolist()
[1.5, 0.0]
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def entropy(weights: Tensor) -> Tensor:
    """How many bits a look leaves open: 0 = one key, log2(keys) = all alike.

    weights  (..., key), shares of 1, or of less
    returns  (...), bits; 0 where nothing is looked at

    Source: Shannon 1948, A Mathematical Theory of Communication, section 6.
    """
    return (0 - torch.xlogy(weights, weights).sum(-1)) / math.log(2)  # 0 − x: never "-0.00"


def shares(weights: Tensor) -> Tensor:
    """Each row scaled to sum to 1; a row of zeros stays as it is. weights (..., key)"""
    totals = weights.sum(-1, keepdim=True)
    return weights / totals.masked_fill(totals <= 0, 1)

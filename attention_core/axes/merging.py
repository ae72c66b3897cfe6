"""Several places of an axis as one, by sums and means that keep every row's total.

>>> weights = torch.tensor([[0.5, 0.25, 0.25]])
>>> merge_keys(weights, [[0], [1, 2]]).tolist()
[[0.5, 0.5]]
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def merge_keys(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Sub-words to words on the looked-at side: the sum, so that rows keep their total.

    weights  (..., query, key)
    returns  (..., query, group)
    """
    return weights @ membership(groups, weights)


def merge_queries(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Sub-words to words on the looking side: the mean, so that rows keep their total.

    weights  (..., query, key)
    returns  (..., group, key)
    """
    member = membership(groups, weights)
    return (member / member.sum(0).clamp_min(1)).T @ weights


def membership(groups: Sequence[Sequence[int]], like: Tensor) -> Tensor:
    """(token, group), 1 where the token belongs; every token in exactly one group."""
    member = torch.zeros(sum(map(len, groups)), len(groups), dtype=like.dtype)
    for column, group in enumerate(groups):
        member[list(group), column] = 1
    return member

"""Several places of an axis as one, by sums and means that keep every row's total.

>>> import torch
>>> weights = torch.tensor([[0.5, 0.25, 0.25]])
>>> merge_keys(weights, [[0], [1, 2]]).tolist()
[[0.5, 0.5]]
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


def merge_keys(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Sub-words to words on the looked-at side: the sum, so that rows keep their total.

    weights  (..., key)
    groups   for each word its keys; a key that is in none is left out
    returns  (..., group)
    """
    return weights @ _membership(groups, weights.shape[-1], weights)


def merge_queries(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Sub-words to words on the looking side: the mean, so that rows keep their total.

    weights  (..., query, key)
    groups   for each word its queries; one without any looks at nothing
    returns  (..., group, key)
    """
    member = _membership(groups, weights.shape[-2], weights)
    return (member / member.sum(0).clamp_min(1)).T @ weights


def _membership(groups: Sequence[Sequence[int]], tokens: int, like: Tensor) -> Tensor:
    """(token, group), 1 where the token belongs."""
    member = like.new_zeros(tokens, len(groups))
    for column, group in enumerate(groups):
        member[list(group), column] = 1
    return member

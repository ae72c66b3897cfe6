"""Words in the order in which they are spoken: one stretch of time for each, one after the other.

>>> weights = torch.tensor([[0.9, 0.6, 0.1, 0.0], [0.1, 0.4, 0.9, 1.0]])
>>> segments(weights)
((0, 2), (2, 4))
>>> in_order(weights.unsqueeze(0)).tolist()
[1.0]
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.errors import ShapeError


def segments(weights: Tensor) -> tuple[tuple[int, int], ...]:
    """For each query the frames that are its own, from the first to before the last.

    weights  (query, frame), how much each query looks at each frame

    Every frame belongs to one query, every query has at least one frame, and later queries have
    later frames; among all such ways the one with the largest sum of weights. That is dynamic time
    warping (Sakoe and Chiba 1978) without a step that stays on a frame.

    Raises ShapeError where there are fewer frames than queries.
    """
    queries, frames = weights.shape
    if not 0 < queries <= frames:
        raise ShapeError(
            "There are {queries} queries for {frames} frames; each needs one of its own.",
            queries=queries,
            frames=frames,
        )
    gains = weights.double()
    best = torch.full((queries,), -torch.inf, dtype=torch.float64)
    best[0] = gains[0, 0]
    moved = torch.zeros(frames, queries, dtype=torch.bool)
    for frame in range(1, frames):
        before = torch.cat([best.new_full((1,), -torch.inf), best[:-1]])
        moved[frame] = before > best
        best = torch.maximum(best, before) + gains[:, frame]
    starts = [0] * queries
    query = queries - 1
    for frame in range(frames - 1, 0, -1):
        if moved[frame, query]:
            starts[query] = frame
            query -= 1
    return tuple(zip(starts, [*starts[1:], frames], strict=True))


def in_order(weights: Tensor) -> Tensor:
    """(head,): the share of pairs of queries of which the later one looks later, on average.

    weights  (head, query, key)

    0.5 where order says nothing: this is (τ + 1) / 2 of Kendall's τ (1938) between the places of
    the queries and the mean places that they look at; queries that look nowhere are left out.
    """
    totals = weights.double().sum(-1)
    places = torch.arange(weights.shape[-1], dtype=torch.float64)
    middles = (weights.double() * places).sum(-1) / totals
    apart = middles[:, None, :] - middles[:, :, None]  # (head, earlier, later)
    known = torch.isfinite(apart).triu(1)
    pairs = known.sum((1, 2))
    share = (torch.sign(apart).masked_fill(~known, 0).sum((1, 2)) / pairs + 1) / 2
    return torch.where(pairs > 0, share, torch.full_like(share, torch.nan)).float()

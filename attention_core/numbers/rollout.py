"""Attention rollout: how much of each place reaches each other through all layers.

Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers, section 3, eq. 1: the heads of a
layer are joined, half of each place is taken to pass by on the residual connection, and the layers
are multiplied.

>>> layers = [torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])] * 2
>>> rollout(layers).tolist()
[[0.5, 0.5], [0.5, 0.5]]
>>> rollout(layers, residual=1.0).tolist()
[[1.0, 0.0], [0.0, 1.0]]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.numbers.spread import shares

Fusion = Literal["mean", "max", "min"]
FUSIONS: Final[Mapping[Fusion, Callable[[Tensor], Tensor]]] = {
    "mean": lambda heads: heads.mean(0),
    "max": lambda heads: heads.amax(0),
    "min": lambda heads: heads.amin(0),
}
"""How the heads of a layer become one: (head, query, key) to (query, key)."""


def rollout(layers: Iterable[Tensor], residual: float = 0.5, fusion: Fusion = "mean") -> Tensor:
    """(query, key): how much of each place at the bottom is in each place at the top.

    layers    the weights of each layer, the first one first: (head, place, place)
    residual  the share of each place that passes by a layer's attention
    fusion    how the heads of a layer are joined; joined rows are scaled to sum to 1

    Every row sums to 1. Raises ShapeError where a layer does not lead from places to the same.
    """
    total: Tensor | None = None
    for weights in layers:
        if weights.ndim != 3 or weights.shape[-1] != weights.shape[-2]:
            raise ShapeError(
                "A layer of the rollout has shape {found}; it needs (head, place, place).",
                found=tuple(weights.shape),
            )
        joined = shares(FUSIONS[fusion](weights))
        same = torch.eye(len(joined), dtype=joined.dtype, device=joined.device)
        step = shares(residual * same + (1 - residual) * joined)
        total = step if total is None else step @ total
    if total is None:
        raise ShapeError(
            "A layer of the rollout has shape {found}; it needs (head, place, place).", found=()
        )
    return total

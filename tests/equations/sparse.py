"""Sparse patterns: the equations, worked out one number at a time."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from attention_core.mechanisms.families.sparse import BigBird, Longformer, SlidingWindow
from attention_core.mechanisms.mechanism import Mechanism
from tests.equations.builder import HEADS, Array, Builder, Equation
from tests.equations.classic import matrix, scaled


def within(i: int, j: int, window: int, dilation: int) -> bool:
    """j is one of the window's steps away from i, or i itself."""
    return j in {i + dilation * step for step in range(-(window // 2), window // 2 + 1)}


def sliding_window(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """Scaled dot products inside the window, nothing outside."""
    assert isinstance(m, SlidingWindow)
    near = [
        [within(i, j, m.window, m.dilation) for j in range(len(key))] for i in range(len(query))
    ]
    return scaled(m, query, key, value, allowed & np.array(near))


def longformer(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """Each word by itself: a global word with its own matrices over all, another over its few."""
    assert isinstance(m, Longformer)
    d = query.shape[1] // m.heads
    ordinary = (m.query_projection, m.key_projection, m.value_projection)
    broad = (m.global_query, m.global_key, m.global_value)
    rows = []
    for i in range(len(query)):
        layers = broad if i < m.global_tokens else ordinary
        seen = [
            bool(allowed[i, j])
            and (min(i, j) < m.global_tokens or within(i, j, m.window, m.dilation))
            for j in range(len(key))
        ]
        parts = []
        for h in range(m.heads):
            q, k, v = projected(layers, query[[i]], key, value, h, d)
            parts.append(scaled(m, q, k, v, np.array([seen])))
        rows.append(np.concatenate(parts, 1)[0])
    last = m.output_projection
    return np.asarray(np.stack(rows) @ matrix(last).T + np.asarray(last.bias.detach().numpy()))


def projected(
    layers: tuple[nn.Linear, ...], query: Array, key: Array, value: Array, head: int, width: int
) -> tuple[Array, Array, Array]:
    """Queries, keys and values of one head, each through its own matrix."""
    mine = slice(head * width, (head + 1) * width)
    q, k, v = (
        np.asarray(rows @ matrix(layer)[mine].T + np.asarray(layer.bias.detach().numpy())[mine])
        for layer, rows in zip(layers, (query, key, value), strict=True)
    )
    return q, k, v


def big_bird(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """Near and global blocks by their numbers; the random ones are read off the pattern's kinds,
    of which `test_patterns` proves that they are as many as wanted, and others than these."""
    assert isinstance(m, BigBird)
    drawn = m.kinds(as_tensor(allowed), 0).numpy() == 3
    near = np.zeros_like(allowed)
    for i in range(len(query)):
        for j in range(len(key)):
            mine, other = i // m.block, j // m.block
            near[i, j] = (
                abs(mine - other) <= (m.window - 1) / 2
                or min(mine, other) < m.global_blocks
                or drawn[i, j]
            )
    return scaled(m, query, key, value, allowed & near)


def as_tensor(allowed: Array) -> torch.Tensor:
    return torch.from_numpy(np.array(allowed))


BUILDERS: dict[str, Builder] = {
    "sliding_window": Builder(
        lambda: SlidingWindow(4), query=11, key=11, value=19, placed=True, windowed=True
    ),
    "longformer": Builder(
        lambda: Longformer(33, HEADS, 2, 1, 2), query=33, key=33, value=33, heads=2 * HEADS,
        head_width=11, placed=True, windowed=True, biased=True,
    ),
    "big_bird": Builder(
        lambda: BigBird(1, 1, 2, 1), query=11, key=11, value=19, placed=True, windowed=True
    ),
}  # fmt: skip

BY_HAND: dict[str, Equation] = {
    "sliding_window": sliding_window,
    "longformer": longformer,
    "big_bird": big_bird,
}

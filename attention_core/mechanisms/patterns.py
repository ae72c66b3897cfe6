"""Sparse patterns: which keys a query may look at, whatever the words are.

Positions count from 0; queries and keys stand in the same sequence. `first` is the position of the
first query, for a decoder that takes one step at a time. Every pattern is (query, key), bool, on
`device`.

>>> sliding_window(3, 4, window=2).int().tolist()
[[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1]]
>>> global_tokens(3, 4, tokens=1).int().tolist()
[[1, 1, 1, 1], [1, 0, 0, 0], [1, 0, 0, 0]]
"""

from __future__ import annotations

from random import Random
from typing import Final

import torch
from torch import Tensor

from attention_core.errors import ShapeError

Device = torch.device | None

OUTSIDE, WINDOW, GLOBAL, RANDOM = 0, 1, 2, 3
KINDS: Final = ("outside", "window", "global", "random")


def causal(queries: int, keys: int, first: int = 0, device: Device = None) -> Tensor:
    """No query sees a later key."""
    return _apart(queries, keys, first, device) <= 0


def sliding_window(
    queries: int,
    keys: int,
    window: int,
    dilation: int = 1,
    first: int = 0,
    device: Device = None,
) -> Tensor:
    """The query's own position and window / 2 keys on either side, `dilation` apart.

    Beltagy, Peters and Cohan 2020, section 3.1: |i − j| ≤ δ · w / 2, and δ divides i − j.
    Raises ShapeError for a window that is odd or empty, or a dilation below 1.
    """
    check_window(window, dilation)
    apart = _apart(queries, keys, first, device)
    return (apart.abs() <= dilation * window // 2) & (apart % dilation == 0)


def global_tokens(
    queries: int, keys: int, tokens: int, first: int = 0, device: Device = None
) -> Tensor:
    """The first `tokens` positions look at all and are looked at by all."""
    rows = torch.arange(first, first + queries, device=device).unsqueeze(-1) < tokens
    return rows | (torch.arange(keys, device=device) < tokens)


def block_window(
    queries: int,
    keys: int,
    block: int,
    window: int,
    first: int = 0,
    device: Device = None,
) -> Tensor:
    """The query's own block and the (window − 1) / 2 blocks on either side."""
    return _blocks_apart(queries, keys, block, first, device).abs() <= window // 2


def global_blocks(
    queries: int,
    keys: int,
    block: int,
    blocks: int,
    first: int = 0,
    device: Device = None,
) -> Tensor:
    """The first `blocks` blocks look at all and are looked at by all."""
    return global_tokens(queries, keys, block * blocks, first, device)


def random_blocks(
    queries: int, keys: int, block: int, window: int, blocks: int, count: int, draw: int,
    first: int = 0, device: Device = None,
) -> Tensor:  # fmt: skip
    """For each block of queries `count` other blocks, neither near nor global.

    window, blocks  of the near and of the global blocks, which are not drawn again
    draw            another number draws other blocks; a row of blocks is drawn for itself, so
                    that a row is the same whichever rows are asked for
    """
    mine = [place // block for place in range(first, first + queries)]
    drawn = {row: _drawn(row, keys, block, window, blocks, count, draw) for row in set(mine)}
    rows = [[place // block in drawn[row] for place in range(keys)] for row in mine]
    return torch.tensor(rows, dtype=torch.bool, device=device).reshape(queries, keys)


def _drawn(
    row: int, keys: int, block: int, window: int, blocks: int, count: int, draw: int
) -> list[int]:
    """The random blocks of one row of blocks, in order; none for a global row, which sees all.

    The far blocks are never listed, only counted: a long text has many.
    """
    last = -(-keys // block)
    low = min(max(row - window // 2, blocks), last)
    high = min(max(row + window // 2 + 1, low), last)  # from low on and before high: near
    far = last - blocks - (high - low)
    if row < blocks or far <= 0:
        return []
    places = Random(7919 * draw + row).sample(range(far), min(count, far))
    return sorted(blocks + at + (high - low) * (blocks + at >= low) for at in places)


def drawn_blocks(
    keys: int, block: int, window: int, blocks: int, count: int, draw: int
) -> list[list[int]]:
    """For each row of blocks the blocks it looks at: near, global and random, in order."""
    last = -(-keys // block)
    rows = []
    for row in range(last):
        near = range(max(0, row - window // 2), min(last, row + window // 2 + 1))
        far = _drawn(row, keys, block, window, blocks, count, draw)
        rows.append(sorted({*near, *range(min(blocks, last)), *far}))
    return rows


def check_window(window: int, dilation: int = 1) -> None:
    """Raises ShapeError unless the window is even and positive and the dilation at least 1."""
    if window < 2 or window % 2:
        raise ShapeError(
            "A window of {window} keys cannot be centred on a word; use an even number from 2.",
            window=window,
        )
    if dilation < 1:
        raise ShapeError("A dilation of {dilation} takes no steps; use 1 or more.",
                         dilation=dilation)  # fmt: skip


def check_blocks(block: int, window: int, count: int, blocks: int) -> None:
    """Raises ShapeError unless blocks, their window, and the numbers of them make a pattern."""
    if block < 1:
        raise ShapeError("A block of {block} words is empty; use 1 or more.", block=block)
    if window < 1 or window % 2 == 0:
        raise ShapeError(
            "A window of {window} blocks cannot be centred on a block; use an odd number.",
            window=window,
        )
    if count < 0 or blocks < 0:
        raise ShapeError(
            "There cannot be {random} random and {blocks} global blocks; use 0 or more.",
            random=count,
            blocks=blocks,
        )


def _apart(queries: int, keys: int, first: int, device: Device) -> Tensor:
    """(query, key): position of the key minus position of the query."""
    mine = torch.arange(first, first + queries, device=device)
    return torch.arange(keys, device=device) - mine.unsqueeze(-1)


def _blocks_apart(queries: int, keys: int, block: int, first: int, device: Device) -> Tensor:
    mine = torch.arange(first, first + queries, device=device) // block
    return torch.arange(keys, device=device) // block - mine.unsqueeze(-1)

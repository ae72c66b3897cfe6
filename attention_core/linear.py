"""Sparse attention whose time and memory grow with the length, not with its square.

Each function equals the masked dense form (`mechanisms.sparse`, `mechanisms.convolution`), which is
kept as the reference. Only pairs that the pattern allows are ever multiplied: a stretch of queries
is taken with the keys that it may see, and the next stretch after it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv1d, pad, scaled_dot_product_attention

from attention_core.patterns import check_blocks, check_window, drawn_blocks

STRETCH = 256
"""Queries taken at once: long enough to keep the processor busy, short against a long text."""


def banded(query: Tensor, key: Tensor, value: Tensor, window: int, dilation: int = 1) -> Tensor:
    """Sliding-window attention: window / 2 keys on either side, `dilation` apart.

    query, key, value  (..., token, d), of one length
    returns            (..., token, d of the values)

    Raises ShapeError for a window that is odd or empty, or a dilation below 1.
    """
    check_window(window, dilation)
    if dilation == 1:
        return window_and_global(query, key, value, window, 0)
    found = torch.empty((*query.shape[:-1], value.shape[-1]), dtype=value.dtype)
    for start in range(min(dilation, query.shape[-2])):  # words this far apart never meet others
        own = (..., slice(start, None, dilation), slice(None))
        found[own] = banded(query[own], key[own], value[own], window)
    return found


def window_and_global(
    query: Tensor, key: Tensor, value: Tensor, window: int, global_tokens: int
) -> Tensor:
    """The same, and the first `global_tokens` words look at all and are looked at by all.

    Raises ShapeError for a window that is odd or empty.
    """
    check_window(window)
    tokens, broad = query.shape[-2], min(global_tokens, query.shape[-2])
    stretches = [
        _stretch(query, key, value, window // 2, broad, start, min(tokens, start + STRETCH))
        for start in range(broad, tokens, STRETCH)
    ]
    if broad:
        whole = scaled_dot_product_attention(query[..., :broad, :], key, value)
        stretches.insert(0, whole)
    return torch.cat(stretches, -2)


def _stretch(
    query: Tensor, key: Tensor, value: Tensor, reach: int, broad: int, start: int, end: int
) -> Tensor:
    """Queries start … end with the keys around them and the global ones before those."""
    low, high = max(broad, start - reach), min(key.shape[-2], end + reach)
    apart = torch.arange(low, high) - torch.arange(start, end).unsqueeze(-1)
    near = apart.abs() <= reach
    keys, values = key[..., low:high, :], value[..., low:high, :]
    if broad:
        keys = torch.cat([key[..., :broad, :], keys], -2)
        values = torch.cat([value[..., :broad, :], values], -2)
        near = pad(near, (broad, 0), value=True)
    return scaled_dot_product_attention(query[..., start:end, :], keys, values, near)


def block_sparse(
    query: Tensor, key: Tensor, value: Tensor, block: int, window: int = 3, random: int = 3,
    global_blocks: int = 2, draw: int = 0,
) -> Tensor:  # fmt: skip
    """BigBird's near, global and random blocks, as `mechanisms.BigBird` draws them.

    query, key, value  (..., token, d), of one length
    returns            (..., token, d of the values)

    Raises ShapeError when the numbers make no pattern.
    """
    check_blocks(block, window, random, global_blocks)
    tokens = query.shape[-2]
    seen = drawn_blocks(tokens, block, window, global_blocks, random, draw)
    broad = min(tokens, block * global_blocks)
    rows = [
        _block(query, key, value, block, row, seen[row])
        for row in range(broad // block + (broad % block > 0), len(seen))
    ]
    if broad:
        whole = scaled_dot_product_attention(query[..., :broad, :], key, value)
        rows.insert(0, whole)
    return torch.cat(rows, -2)


def _block(
    query: Tensor, key: Tensor, value: Tensor, block: int, row: int, seen: list[int]
) -> Tensor:
    """One row of blocks with the blocks that it looks at."""
    runs = _runs(seen)
    keys = [key[..., first * block : last * block, :] for first, last in runs]
    values = [value[..., first * block : last * block, :] for first, last in runs]
    mine = query[..., row * block : (row + 1) * block, :]
    return scaled_dot_product_attention(mine, torch.cat(keys, -2), torch.cat(values, -2))


def _runs(places: list[int]) -> list[tuple[int, int]]:
    """Neighbouring places as (first, one after the last): 0 1 2 7 → (0, 3), (7, 8)."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def light_convolution(value: Tensor, kernel: Tensor) -> Tensor:
    """Each head's kernel slid along its channels; beyond the ends there is nothing.

    value    (batch, token, width)
    kernel   (head, size), odd size, each row as weights
    returns  (batch, token, width)
    """
    heads, size = kernel.shape
    width = value.shape[-1]
    channels = kernel.repeat_interleave(width // heads, 0).unsqueeze(1)  # (width, 1, size)
    return conv1d(value.mT, channels, padding=size // 2, groups=width).mT

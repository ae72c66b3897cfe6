"""Sparse attention whose time and memory grow with the length, not with its square.

Each function equals the masked dense form (`mechanisms.sparse`, `mechanisms.convolution`), which is
kept as the reference. A strip of queries is taken with the keys that it may see, then the next one;
pairs outside the pattern are multiplied only at the edges of a strip. Gradients are linear too.

query, key, value  (..., token, d): the same tokens, under the same leading axes (batch, head …)
seen               (..., token), bool, False = a key that nobody may look at, such as padding; its
                   leading axes broadcast to those of the keys. A query that may look at nothing
                   takes exactly nothing.

>>> alike = torch.zeros(3, 1, dtype=torch.float64)
>>> value = torch.tensor([[0.0], [3.0], [6.0]], dtype=torch.float64)
>>> banded(alike, alike, value, window=2).round(decimals=6).tolist()  # means of neighbours
[[1.5], [3.0], [4.5]]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad, scaled_dot_product_attention

from attention_core.errors import ShapeError
from attention_core.mechanisms.patterns import (
    check_blocks,
    check_window,
    drawn_blocks,
    sliding_window,
)

STRIP: Final = 64
"""Queries taken at once: wide enough for quick products, narrow enough to waste few of them."""


class _Looked(NamedTuple):
    """Stretches of what is looked at: (row, token, d), (row, token, d), (row, token, 1)."""

    key: Tensor
    value: Tensor
    seen: Tensor | None


def banded(
    query: Tensor, key: Tensor, value: Tensor, window: int, dilation: int = 1,
    seen: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Sliding-window attention: window / 2 keys on either side, `dilation` apart.

    returns  (..., token, d of the values), as `SlidingWindow` gives it

    Raises ShapeError for a window that is odd or empty, or a dilation below 1.
    """
    return window_and_global(query, key, value, window, 0, dilation, seen)


def window_and_global(
    query: Tensor, key: Tensor, value: Tensor, window: int, global_tokens: int,
    dilation: int = 1, seen: Tensor | None = None,
    global_rows: tuple[Tensor, Tensor, Tensor] | None = None,
) -> Tensor:  # fmt: skip
    """The same, and the first `global_tokens` words look at all and are looked at by all.

    global_rows  (..., global word, d), (..., token, d), (..., token, d): queries, keys and values
                 by which the global words look, where they have their own
    returns      (..., token, d of the values), as `Longformer` gives it between its projections

    Raises ShapeError for a window that is odd or empty, a dilation below 1, fewer than no global
    words.
    """
    check_window(window, dilation)
    if global_tokens < 0:
        raise ShapeError("There cannot be {count} global words; use 0 or more.",
                         count=global_tokens)  # fmt: skip
    tokens = key.shape[-2]
    broad = min(global_tokens, tokens)
    queries, looked = _flat(query, key, value, seen, tokens)

    def parts(rows: Tensor) -> tuple[Tensor, ...]:
        return torch.split(rows, [broad, tokens - broad], 1)

    (top, below), (relays, rest) = parts(queries), _each(looked, parts)
    if global_rows:
        top, looked = _flat(*global_rows, seen, broad)
    whole = _attend(top, looked)
    band = _dilated(below, rest, relays, window // 2, dilation)
    return torch.cat([whole, band], 1).reshape(value.shape)


def block_sparse(
    query: Tensor, key: Tensor, value: Tensor, block: int, window: int = 3, random: int = 3,
    global_blocks: int = 2, draw: int = 0, seen: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """BigBird's near, global and random blocks, as `mechanisms.BigBird` draws them.

    returns  (..., token, d of the values)

    Raises ShapeError when the numbers make no pattern.
    """
    check_blocks(block, window, random, global_blocks)
    places = drawn_blocks(query.shape[-2], block, window, global_blocks, random, draw)
    every = list(range(len(places)))
    places[:global_blocks] = [every for _ in places[:global_blocks]]
    return listed_blocks(query, key, value, block, places, seen)


def listed_blocks(
    query: Tensor, key: Tensor, value: Tensor, block: int, places: Sequence[Sequence[int]],
    seen: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Each block of queries looks at the blocks of keys that are listed for it.

    block    tokens in a block; the last one may be shorter
    places   for each block of queries the numbers of different blocks of keys
    returns  (..., token, d of the values)

    Raises ShapeError when the lists do not fit the tokens.
    """
    queries, looked = _flat(query, key, value, seen, key.shape[-2])
    _check_places(places, block, queries.shape[1])
    nothing, _ = _each(looked, lambda rows: torch.split(rows, [0, rows.shape[1]], 1))
    blocks = _each(looked, lambda rows: torch.split(rows, block, 1))
    strips = [
        _attend(mine, _joined(nothing, *(blocks[place] for place in row)))
        for mine, row in zip(torch.split(queries, block, 1), places, strict=True)
    ]
    return torch.cat(strips, 1).reshape(value.shape)


def light_convolution(value: Tensor, kernel: Tensor) -> Tensor:
    """Each head's kernel slid along its channels; beyond the ends there is nothing.

    value    (..., token, width)
    kernel   (head, size), odd size, each row as weights
    returns  (..., token, width), as `LightConv` gives it

    Raises ShapeError for an even size, or heads that do not divide the width.
    """
    (heads, size), (tokens, width) = kernel.shape, value.shape[-2:]
    if size % 2 == 0:
        raise ShapeError("A kernel of {kernel} has no middle; use an odd number from 1.",
                         kernel=size)  # fmt: skip
    if width % heads:
        raise ShapeError(
            "{heads} heads do not divide a width of {width}; choose a divisor of {width}.",
            heads=heads,
            width=width,
        )
    slices = torch.unflatten(value, -1, (heads, -1))  # (..., token, head, d)
    around = pad(slices, (0, 0, 0, 0, size // 2, size // 2))
    taken = torch.zeros_like(slices)
    for place, shares in enumerate(kernel.unbind(1)):
        taken = taken.addcmul_(around.narrow(-3, place, tokens), shares.unsqueeze(-1))
    return taken.flatten(-2)


def _dilated(query: Tensor, looked: _Looked, relays: _Looked, reach: int, dilation: int) -> Tensor:
    """Words that stand `dilation` apart are a text of their own, for they never meet the others."""
    tokens = query.shape[1]
    step = min(dilation, tokens)
    if step <= 1:
        return _band(query, looked, relays, reach)

    def apart(rows: Tensor) -> list[Tensor]:
        texts = torch.unflatten(pad(rows, (0, 0, 0, -tokens % step)), 1, (-1, step)).unbind(2)
        return [text[:, : len(range(start, tokens, step))] for start, text in enumerate(texts)]

    found = [
        _band(mine, own, relays, reach)
        for mine, own in zip(apart(query), _each(looked, apart), strict=True)
    ]
    longest = found[0].shape[1]
    padded = [pad(text, (0, 0, 0, longest - text.shape[1])) for text in found]
    return torch.stack(padded, 2).flatten(1, 2)[:, :tokens]


def _band(query: Tensor, looked: _Looked, relays: _Looked, reach: int) -> Tensor:
    """Each query with `reach` keys on either side, and with all relays."""
    tokens, broad = query.shape[1], relays.key.shape[1]
    strips = (tokens - 2 * reach) // STRIP  # whose windows lie inside the text

    def near(queries: int, keys: int, first: int = 0) -> Tensor:
        window = sliding_window(queries, keys, 2 * reach, first=first, device=query.device)
        return pad(window, (broad, 0), value=True)

    if strips < 1:
        return _attend(query, _joined(relays, looked), near(tokens, tokens))
    edge = reach + strips * STRIP
    inside = near(STRIP, STRIP + 2 * reach, reach)
    seen = [
        near(reach, 2 * reach),
        *[inside] * strips,
        near(tokens - edge, tokens - edge + reach, reach),
    ]

    def windows(rows: Tensor) -> list[Tensor]:
        inner = rows.unfold(1, STRIP + 2 * reach, STRIP).movedim(-1, 2).unbind(1)
        return [rows[:, : 2 * reach], *inner, rows[:, edge - reach :]]

    mine = torch.split(query, [reach, *[STRIP] * strips, tokens - edge], 1)
    found = [
        _attend(rows, _joined(relays, own) if broad else own, allowed)
        for rows, own, allowed in zip(mine, _each(looked, windows), seen, strict=True)
    ]
    return torch.cat(found, 1)


def _attend(query: Tensor, looked: _Looked, near: Tensor | None = None) -> Tensor:
    """softmax(q k / √d) v among keys that are near (query, key) and seen."""
    if looked.seen is not None:
        seen = looked.seen.unsqueeze(1).mT  # (row, 1, 1, key)
        near = seen if near is None else near & seen
    key, value = looked.key.unsqueeze(1), looked.value.unsqueeze(1)
    return scaled_dot_product_attention(query.unsqueeze(1), key, value, near).squeeze(1)


def _joined(*parts: _Looked) -> _Looked:
    """Stretches one after another."""
    keys, values, seen = zip(*parts, strict=True)
    return _Looked(
        torch.cat(keys, 1), torch.cat(values, 1), None if seen[0] is None else torch.cat(seen, 1)
    )


def _each(looked: _Looked, cut: Callable[[Tensor], Sequence[Tensor]]) -> list[_Looked]:
    """What is looked at, cut into stretches."""
    keys, values = cut(looked.key), cut(looked.value)
    seen = [None] * len(keys) if looked.seen is None else cut(looked.seen)
    return [_Looked(*parts) for parts in zip(keys, values, seen, strict=True)]


def _flat(
    query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None, queries: int
) -> tuple[Tensor, _Looked]:
    """Leading axes as one, `row`. Raises ShapeError unless all fit, with so many queries."""
    tokens = key.shape[-2]
    if any(part.shape[:-2] != key.shape[:-2] for part in (query, value)):
        raise ShapeError(
            "The batch axes of query, key, value and allowed are {batches}; "
            "give all four the same ones.",
            batches=", ".join(str(tuple(one.shape[:-2])) for one in (query, key, value)),
        )
    if (query.shape[-2], value.shape[-2]) != (queries, tokens) or not tokens:
        raise ShapeError(
            "There are {queries} queries, {keys} keys and {values} values; "
            "each word needs one of each.",
            queries=query.shape[-2],
            keys=tokens,
            values=value.shape[-2],
        )
    rows = math.prod(key.shape[:-2])
    flat, keys, values = (part.reshape(rows, *part.shape[-2:]) for part in (query, key, value))
    return flat, _Looked(keys, values, None if seen is None else _seen(seen, key.shape[:-1]))


def _seen(seen: Tensor, shape: Sequence[int]) -> Tensor:
    """(..., token) as (row, token, 1)."""
    try:
        return seen.expand(*shape).reshape(-1, shape[-1], 1)
    except RuntimeError as error:
        raise ShapeError(
            "seen is {shape}; it needs (..., token) that broadcasts to {expected}.",
            shape=tuple(seen.shape),
            expected=tuple(shape),
        ) from error


def _check_places(places: Sequence[Sequence[int]], block: int, tokens: int) -> None:
    """Raises ShapeError unless each block of tokens has a list of different blocks."""
    check_blocks(block, 1, 0, 0)
    blocks = -(-tokens // block)
    if len(places) != blocks:
        raise ShapeError(
            "There are {lists} lists for {blocks} blocks of words; give each block one list.",
            lists=len(places),
            blocks=blocks,
        )
    for place, row in enumerate(places):
        if len(set(row)) < len(row) or not all(0 <= one < blocks for one in row):
            raise ShapeError(
                "Block {block} looks at {row}; use different numbers from 0 to {last}.",
                block=place,
                row=list(row),
                last=blocks - 1,
            )

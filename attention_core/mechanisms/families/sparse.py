"""Sparse attention: only some pairs of words are scored, chosen by where they stand.

>>> alike = torch.zeros(4, 1, dtype=torch.float64)
>>> SlidingWindow(2)(alike, alike).weights[0, 0].tolist()
[0.5, 0.5, 0.0, 0.0]
>>> BigBird(1, random=0, global_blocks=1)(alike, alike).allowed[0, 3].tolist()
[True, False, True, True]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Final, Self

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import equation, patterns
from attention_core.mechanisms.equation import Term
from attention_core.mechanisms.families.dot_product import MultiHead, ScaledDotProduct
from attention_core.mechanisms.linear import banded, block_sparse, window_and_global
from attention_core.mechanisms.mechanism import (
    Card,
    Extra,
    Knob,
    Trace,
    check_width,
    edited,
    joined,
    split,
)
from attention_core.mechanisms.price import HEADS, Cost, Factor, Size, window
from attention_core.mechanisms.stages import Explained, stage


def _relayed(size: Size) -> float:
    """A window, and the rows and columns of the first tokens whole."""
    rest = max(0, size.length - size.global_tokens)
    return size.length**2 - rest**2 + window(rest, size, size.dilation)


def _blocks(size: Size) -> float:
    """Rows and columns of the first blocks whole; for the others three near ones and some drawn."""
    first = min(size.global_blocks * size.block, size.length)
    rest = size.length - first
    near = rest * (3 + size.random) * size.block - 2 * size.block**2
    return size.length**2 - rest**2 + (min(rest**2, near) if rest > size.block else rest**2)


WINDOW: Final = Factor(
    r"(n(2D + 1) - \delta D(D + 1))", lambda size: window(size.length, size, size.dilation)
)
RELAYED: Final = Factor(r"(2gn - g^2 + (n - g)(2D + 1) - \delta D(D + 1))", _relayed)
BLOCKS: Final = Factor(r"(2\gamma bn - \gamma^2b^2 + (n - \gamma b)(3 + \rho)b - 2b^2)", _blocks)
_RELAYS: Final = Factor(
    "(12nd^2 + 2gd^2)",
    lambda size: (12 * size.length + 2 * size.global_tokens) * size.width**2,
)
SCORED = equation.SCALED[:-1]
KINDS: Final = (Explained("kind", N_("why it may be looked at")),)


class SlidingWindow(ScaledDotProduct):
    """Beltagy, Peters and Cohan 2020, section 3.1: each word sees its neighbours only.

    window    keys beside the word itself, half of them on either side: an even number
    dilation  steps between those keys: 1 = next to each other
    """

    card = Card(
        name="sliding_window",
        title=N_("Sliding-window attention"),
        equation=r"a_{ij} = \mathrm{softmax}_j\!\left(\frac{q_i k_j^\top}{\sqrt{d_k}}\right)"
        r"\;\text{ for } |i - j| \le \tfrac{1}{2}\delta w,\; \delta \mid (i - j)",
        source="Beltagy, Peters & Cohan 2020 (Longformer), section 3.1",
        link="https://arxiv.org/abs/2004.05150",
        sums_to_one_over="keys",
        place=170,
        sets={"sparse": 1},
        stops={"sparse": 0, "today": 2},
    )
    cost = Cost(WINDOW)
    terms = equation.softmax(*SCORED, Term(" + window(|j − i| ≤ w/2)", "allowed"))
    knobs = (
        Knob("window", N_("Window"), 2, 12, 2, 2, stops=(2, 4, 6, 8, 10, 12)),
        Knob("dilation", N_("Dilation"), 1, 6, 1),
    )

    def __init__(self, window: int, dilation: int = 1) -> None:
        super().__init__()
        patterns.check_window(window, dilation)
        self.window, self.dilation = window, dilation

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(2 * size.reach, size.dilation)

    def sized(self, length: int, width: int) -> Size:
        return replace(super().sized(length, width), reach=self.window // 2)

    def linear(self) -> Callable[[Tensor], Tensor]:
        return lambda rows: banded(rows, rows, rows, self.window, self.dilation)

    def reachable(self, allowed: Tensor, first: int) -> Tensor:
        return allowed & patterns.sliding_window(
            allowed.shape[-2], allowed.shape[-1], self.window, self.dilation, first, allowed.device
        )


class Longformer(MultiHead):
    """Beltagy, Peters and Cohan 2020, section 3.1: a sliding window, and a few global words.

    The first `global_tokens` words look at all and are looked at by all. They look with their own
    projections, which begin as a copy of the others. So there are twice as many heads here: the
    first half are those of ordinary words, the second half the same heads for global words, and
    in each half the rows of the other kind are empty. What ordinary words see of a global word
    goes through the ordinary projections, as in the authors' program.
    """

    card = Card(
        name="longformer",
        title=N_("Longformer: window and global words"),
        equation=r"\mathrm{softmax}_j\!\left(\frac{q_i k_j^\top}{\sqrt{d_k}}\right)"
        r"\;\text{ for } |i - j| \le \tfrac{1}{2}\delta w,\text{ or } i \in G,\text{ or } j \in G,"
        r"\quad (q, k, v)_i = \begin{cases}(W_g^Q, W_g^K, W_g^V)x & i \in G\\"
        r"(W_s^Q, W_s^K, W_s^V)x\end{cases}",
        source="Beltagy, Peters & Cohan 2020 (Longformer), section 3.1",
        link="https://arxiv.org/abs/2004.05150",
        sums_to_one_over="keys",
        place=180,
        sets={"sparse": 2},
        stops={"sparse": 1},
    )
    cost = Cost(RELAYED, kept=HEADS, once=_RELAYS)
    terms = equation.in_heads(*equation.PROJECTED, Term(" + window, global", "allowed"))
    stages = KINDS
    knobs = (
        Knob("heads", N_("Heads"), 1, 4, 2, stops=(1, 2, 4)),
        *SlidingWindow.knobs,
        Knob("global_tokens", N_("Global words"), 0, 4, 1),
    )

    def __init__(
        self, width: int, heads: int, window: int, dilation: int = 1, global_tokens: int = 1
    ) -> None:
        super().__init__(width, heads)
        patterns.check_window(window, dilation)
        if global_tokens < 0:
            raise ShapeError("There cannot be {count} global words; use 0 or more.",
                             count=global_tokens)  # fmt: skip
        self.window, self.dilation, self.global_tokens = window, dilation, global_tokens
        self.global_query = deepcopy(self.query_projection)
        self.global_key = deepcopy(self.key_projection)
        self.global_value = deepcopy(self.value_projection)

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, **cls.settings(turned))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.width, size.heads, 2 * size.reach, size.dilation, size.global_tokens)

    def sized(self, length: int, width: int) -> Size:
        return replace(super().sized(length, width), reach=self.window // 2)

    def linear(self) -> Callable[[Tensor], Tensor] | None:
        return self.stretches if self.dilation == 1 else None

    def stretches(self, rows: Tensor) -> Tensor:
        """Both kinds of projections; ordinary words in stretches, global ones whole."""
        broad = self.global_tokens
        queries, keys, values = (
            split(layer(rows), self.heads)
            for layer in (self.query_projection, self.key_projection, self.value_projection)
        )
        near = window_and_global(queries, keys, values, self.window, broad)[..., broad:, :]
        whole = scaled_dot_product_attention(
            split(self.global_query(rows[:broad]), self.heads),
            split(self.global_key(rows), self.heads),
            split(self.global_value(rows), self.heads),
        )
        context: Tensor = self.output_projection(joined(torch.cat([whole, near], -2)))
        return context

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        for name, tensor in (("query", query), ("key", key), ("value", value)):
            check_width(name, tensor, self.query_projection.in_features)
        queries = stage(
            "queries", self.both(query, self.query_projection, self.global_query), "q w"
        )
        keys = stage("keys", self.both(key, self.key_projection, self.global_key), "k w")
        values = stage("values", self.both(value, self.value_projection, self.global_value), "v w")

        scores = stage("scores", queries @ keys.transpose(-2, -1))
        scaled = stage("scaled", scores / math.sqrt(keys.shape[-1]))

        allowed = self.halves(allowed, first)
        weights = edited(self, self.normalise(scaled, allowed), allowed, first, heads=True)

        kinds = Extra("kind", self.kinds(allowed, first), "h q k")
        return Trace(scaled, allowed, weights, values, self.take(weights, values), (kinds,))

    def both(self, rows: Tensor, ordinary: torch.nn.Linear, broad: torch.nn.Linear) -> Tensor:
        """(..., token, width) to (..., 2·head, token, d): ordinary heads, then global ones."""
        return torch.cat([split(layer(rows), self.heads) for layer in (ordinary, broad)], -3)

    def halves(self, allowed: Tensor, first: int) -> Tensor:
        """(..., query, key) to (..., 2·head, query, key): each row in the half it belongs to."""
        queries = allowed.shape[-2]
        place = torch.arange(first, first + queries, device=allowed.device).unsqueeze(-1)
        broad = place < self.global_tokens
        near = self.near(allowed, first) | patterns.global_tokens(
            queries, allowed.shape[-1], self.global_tokens, first, allowed.device
        )
        rows = torch.stack([~broad] * self.heads + [broad] * self.heads)
        return (allowed & near).unsqueeze(-3) & rows

    def near(self, allowed: Tensor, first: int) -> Tensor:
        """(query, key): what lies in the window."""
        queries, keys = allowed.shape[-2:]
        return patterns.sliding_window(
            queries, keys, self.window, self.dilation, first, allowed.device
        )

    def kinds(self, allowed: Tensor, first: int) -> Tensor:
        """(2·head, query, key): why each pair is scored, as the numbers of `patterns.KINDS`."""
        kind = torch.where(self.near(allowed, first), patterns.WINDOW, patterns.GLOBAL)
        return torch.where(allowed, kind, patterns.OUTSIDE).to(self.output_projection.weight.dtype)

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        """The two halves added, then the heads through the output's matrix."""
        ordinary, broad = (weights @ values).chunk(2, -3)
        heads = stage("heads", joined(ordinary + broad), "q w")  # (..., query, head·d)
        context: Tensor = self.output_projection(heads)
        return context


class BigBird(ScaledDotProduct):
    """Zaheer et al. 2020, section 2 and appendix D: near, global and random blocks of words.

    block          words in a block
    window         blocks around a word's own that it sees, its own included: an odd number
    random         blocks drawn for each block of queries, neither near nor global
    global_blocks  blocks at the start that see all and are seen by all
    draw           another number draws other blocks
    """

    card = Card(
        name="big_bird",
        title=N_("BigBird: near, global, random blocks"),
        equation=r"a_{ij} = \mathrm{softmax}_j\!\left(\frac{q_i k_j^\top}{\sqrt{d_k}}\right)"
        r"\;\text{ for } j \in \mathrm{near}(i) \cup \mathrm{global} \cup \mathrm{random}(i)",
        source="Zaheer et al. 2020 (BigBird), section 2 and appendix D",
        link="https://arxiv.org/abs/2007.14062",
        sums_to_one_over="keys",
        place=190,
        sets={"sparse": 3},
        stops={"sparse": 2},
    )
    cost = Cost(BLOCKS)
    terms = equation.softmax(*SCORED, Term(" + blocks(window, global, random)", "allowed"))
    stages = KINDS
    knobs = (
        Knob("block", N_("Words in a block"), 1, 4, 1),
        Knob("window", N_("Blocks in the window"), 1, 7, 3, 2, stops=(1, 3, 5, 7)),
        Knob("random", N_("Random blocks"), 0, 6, 1),
        Knob("global_blocks", N_("Global blocks"), 0, 4, 1),
        Knob("draw", N_("Another draw"), 0, 99, 0),
    )

    def __init__(
        self, block: int, window: int = 3, random: int = 3, global_blocks: int = 2, draw: int = 0
    ) -> None:
        super().__init__()
        patterns.check_blocks(block, window, random, global_blocks)
        if draw < 0:
            raise ShapeError("A draw counts from 0; {draw} is below.", draw=draw)
        self.block, self.window, self.random = block, window, random
        self.global_blocks, self.draw = global_blocks, draw

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.block, random=size.random, global_blocks=size.global_blocks)

    def linear(self) -> Callable[[Tensor], Tensor]:
        return lambda rows: block_sparse(
            rows, rows, rows, self.block, self.window, self.random, self.global_blocks, self.draw
        )

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        trace = super().attend(query, key, value, allowed, first)
        kinds = torch.where(trace.allowed, self.kinds(allowed, first), patterns.OUTSIDE)
        return replace(trace, extras=(Extra("kind", kinds.to(query.dtype), "h q k"),))

    def reachable(self, allowed: Tensor, first: int) -> Tensor:
        return allowed & (self.kinds(allowed, first) != patterns.OUTSIDE)

    def kinds(self, allowed: Tensor, first: int) -> Tensor:
        """(query, key): why each pair is scored, as the numbers of `patterns.KINDS`."""
        (queries, keys), device = allowed.shape[-2:], allowed.device
        kind = torch.full((queries, keys), patterns.OUTSIDE, device=device)
        drawn = patterns.random_blocks(
            queries, keys, self.block, self.window, self.global_blocks, self.random, self.draw,
            first, device,
        )  # fmt: skip
        broad = patterns.global_blocks(queries, keys, self.block, self.global_blocks, first, device)
        near = patterns.block_window(queries, keys, self.block, self.window, first, device)
        kind[drawn], kind[broad], kind[near] = patterns.RANDOM, patterns.GLOBAL, patterns.WINDOW
        return kind

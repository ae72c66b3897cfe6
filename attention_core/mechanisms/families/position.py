"""Scores that know where tokens stand: rotary, linear biases (ALiBi), relative biases.

A dot product of contents is the same wherever two tokens stand. These change the scores so that
distance counts, and leave the values alone.

>>> alibi_slopes(4).tolist()
[0.25, 0.0625, 0.015625, 0.00390625]
>>> turned = rotated(torch.ones(4, 2, dtype=torch.float64))
>>> (turned @ turned.mT).diagonal(1).std().lt(1e-12).item()  # only the distance counts
True
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Self

import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.equation import Term
from attention_core.mechanisms.mechanism import (
    Card,
    Extra,
    Knob,
    Mechanism,
    Trace,
    check_same_width,
    edited,
    joined,
    one_head,
    split,
)
from attention_core.mechanisms.price import HEADS, Cost, Size
from attention_core.mechanisms.stages import Explained, stage


def distances(query: Tensor, key: Tensor, first: int = 0) -> Tensor:
    """(query, key): position of the key minus position of the query, the first key at 0.

    query  (..., query, width), the first of them at position `first`
    key    (..., key, width)
    """
    queries = torch.arange(first, first + query.shape[-2], device=query.device)
    return torch.arange(key.shape[-2], device=query.device) - queries.unsqueeze(-1)


def alibi_slopes(heads: int) -> Tensor:
    """The slope of each head: 2^(-8/H), its square, its cube …

    Press, Smith and Lewis 2022, section 3. For a number of heads that is no power of two we use
    the same geometric sequence, where the authors' program interleaves two.
    """
    if heads < 1:
        raise ShapeError("There are {heads} heads; use 1 or more.", heads=heads)
    slopes = [2.0 ** (-8.0 * (head + 1) / heads) for head in range(heads)]
    return torch.tensor(slopes, dtype=torch.float64)


def rotated(vectors: Tensor, first: int = 0, base: float = 10000.0) -> Tensor:
    """Each pair of neighbouring coordinates turned by an angle that grows with the position.

    vectors  (..., token, width), the width even
    first    the position of the first token
    returns  the same shape

    Su et al. 2021, section 3.2.2, eq. 14–15 and 34: coordinates 2i and 2i+1 at position m turn by
    m · base^(-2i / width).
    """
    tokens, width = vectors.shape[-2:]
    if width % 2:
        raise ShapeError(
            "Rotary positions turn pairs of numbers, but the width is {width}; use an even one.",
            width=width,
        )
    speed = base ** (-torch.arange(0, width, 2, dtype=vectors.dtype, device=vectors.device) / width)
    place = torch.arange(first, first + tokens, dtype=vectors.dtype, device=vectors.device)
    angle = place.unsqueeze(-1) * speed
    even, odd = vectors[..., 0::2], vectors[..., 1::2]
    cosine, sine = angle.cos(), angle.sin()
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), -1)
    return turned.flatten(-2)


class Rotary(Mechanism):
    """Su et al. 2021: queries and keys are turned, so that their product knows the distance only.

    base  how slowly the slowest pair of coordinates turns
    """

    card = Card(
        name="rotary",
        title=N_("Attention with rotary positions"),
        equation=r"a_{mn} = \mathrm{softmax}_n\!\left(\frac{(R_m q_m)^\top (R_n k_n)}"
        r"{\sqrt{d}}\right),\quad R_m^\top R_n = R_{n-m}",
        source="Su et al. 2021, section 3.2.2, eq. 14–16",
        link="https://arxiv.org/abs/2104.09864",
        sums_to_one_over="keys",
        checked="unread",
        place=160,
        sets={"place": 3},
        stops={"position": 2, "today": 1},
    )
    terms = equation.softmax(
        Term("R_i q_i", "queries"), Term(" · ", "scores"), Term("R_j k_j", "keys"),
        Term(" / √d", "scaled"), equation.MASK,
    )  # fmt: skip

    knobs = (
        Knob("base", N_("Base of the angles"), 10, 10000, 10000, stops=(10, 100, 1000, 10000)),
    )

    def __init__(self, base: float = 10000.0) -> None:
        super().__init__()
        if not base > 1:
            raise ShapeError("A rotary base of {base} does not turn; use more than 1.", base=base)
        self.base = base

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_same_width(query, key)
        queries = stage("queries", rotated(query, first, self.base), "q w")
        keys = stage("keys", rotated(key, 0, self.base), "k w")
        scores = stage("scores", queries @ keys.transpose(-2, -1))
        scaled = stage("scaled", scores / math.sqrt(key.shape[-1]))

        weights = edited(self, self.normalise(scaled, allowed), allowed, first)

        return one_head(scaled, allowed, weights, value, weights @ value)


class Biased(Mechanism):
    """What ALiBi and relative biases share: the scaled dot product of each head plus a bias.

    Head h owns the slice [h·d, (h+1)·d) of queries, keys and values, as in `MultiHead`, whose
    projections are left out.
    """

    heads: int
    cost = Cost(kept=HEADS)
    terms = equation.BIASED
    stages = (
        Explained(
            "bias",
            N_("bias of the distance"),
            N_("What the distance alone adds, whatever the words are."),
        ),
        Explained("biased", N_("scores with bias"), N_("Content and distance together.")),
    )

    @abstractmethod
    def bias(self, distance: Tensor) -> Tensor:
        """(query, key), whole numbers, to (head, query, key)."""

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_same_width(query, key)
        queries = stage("queries", split(query, self.heads), "q w")
        keys = stage("keys", split(key, self.heads), "k w")
        values = stage("values", split(value, self.heads), "v w")
        bias = self.bias(distances(query, key, first)).to(query.dtype)
        scores = stage("scores", queries @ keys.transpose(-2, -1))
        scaled = stage("scaled", scores / math.sqrt(keys.shape[-1]))
        biased = stage("biased", scaled + stage("bias", bias))

        allowed = allowed.unsqueeze(-3)
        weights = edited(self, self.normalise(biased, allowed), allowed, first, heads=True)

        shown = Extra("bias", bias.expand_as(biased), "h q k")
        return Trace(biased, allowed, weights, values, self.take(weights, values), (shown,))

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        """The heads' contexts side by side: (..., query, head·d)."""
        return joined(weights @ values)


class Alibi(Biased):
    """Press, Smith and Lewis 2022, section 3: far keys score less, each head by its own slope.

    The paper looks back only; here a key ahead is as far as one behind.
    """

    card = Card(
        name="alibi",
        title=N_("Attention with linear biases (ALiBi)"),
        equation=r"a_{ij}^{(h)} = \mathrm{softmax}_j\!\left(\frac{q_i k_j^\top}{\sqrt{d}}"
        r" - m_h\,|i - j|\right),\quad m_h = 2^{-8h/H}",
        source="Press, Smith & Lewis 2022, section 3",
        link="https://arxiv.org/abs/2108.12409",
        sums_to_one_over="keys",
        checked="unread",
        place=150,
        sets={"place": 2},
        stops={"position": 1},
    )

    knobs = (Knob("heads", N_("Heads"), 1, 4, 2, stops=(1, 2, 4)),)

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.slopes = alibi_slopes(heads)

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.heads)

    def bias(self, distance: Tensor) -> Tensor:
        return -self.slopes.to(distance.device)[:, None, None] * distance.abs()


class RelativeBias(Biased):
    """Raffel et al. 2020, section 2.1: a learnt number for each head and distance.

    Distances beyond `reach` share the bias of the farthest; the paper's buckets, which grow with
    the distance, save parameters and are left out.
    """

    card = Card(
        name="relative_bias",
        title=N_("Attention with relative position biases"),
        equation=r"a_{ij}^{(h)} = \mathrm{softmax}_j\!\left(\frac{q_i k_j^\top}{\sqrt{d}}"
        r" + b^{(h)}_{\mathrm{clip}(j - i,\,-R,\,R)}\right)",
        source="Raffel et al. 2020, section 2.1; clipping as Shaw et al. 2018, section 3.2",
        link="https://arxiv.org/abs/1910.10683",
        sums_to_one_over="keys",
        checked="unread",
        place=140,
        sets={"place": 1},
        stops={"position": 0},
    )

    knobs = (
        Knob("heads", N_("Heads"), 1, 4, 2, stops=(1, 2, 4)),
        Knob("reach", N_("Farthest distance told apart"), 0, 8, 2),
    )

    def __init__(self, heads: int, reach: int) -> None:
        super().__init__()
        if heads < 1 or reach < 0:
            raise ShapeError(
                "{heads} heads and a reach of {reach} give no biases; use at least 1 and 0.",
                heads=heads, reach=reach,
            )  # fmt: skip
        self.heads, self.reach = heads, reach
        self.biases = nn.Parameter(torch.zeros(heads, 2 * reach + 1))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.heads, size.reach)

    def bias(self, distance: Tensor) -> Tensor:
        return self.biases[:, distance.clamp(-self.reach, self.reach) + self.reach]

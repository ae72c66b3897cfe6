"""Adaptive span: every head learns how far back it looks.

>>> head = AdaptiveSpan(heads=1, span=1, ramp=2)
>>> head.mask(torch.arange(5)[None]).tolist()  # by how many keys back
[[[1.0, 1.0, 0.5, 0.0, 0.0]]]
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, Self

import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.families.position import distances
from attention_core.mechanisms.mechanism import (
    Card,
    Extra,
    Knob,
    Mechanism,
    Trace,
    check_same_width,
    edited,
    joined,
    split,
)
from attention_core.mechanisms.price import HEADS, Cost, Factor, Size
from attention_core.mechanisms.stages import Explained, stage


def _spanned(size: Size) -> float:
    """Keys before the query, as far as the ramp goes."""
    steps = min(size.span + size.ramp, size.length)
    return steps * size.length - steps * (steps + 1) / 2


SPAN: Final = Factor(r"(n(z + R) - \frac{(z + R)(z + R + 1)}{2})", _spanned)


class AdaptiveSpan(Mechanism):
    """Sukhbaatar et al. 2019, section 2: a window whose soft edge is learnt, one for each head.

    A query looks back only, and not at its own position: the first one looks at nothing. The
    nearest key is at distance x = 0, as in the authors' program, so that a span of 0 still leaves
    the ramp's R keys. Their relative positions, projections and the longest span are left out,
    and so is the 1e-8 that they add to each sum. Head h owns the slice [h·d, (h+1)·d) of queries,
    keys and values.

    span  z where learning starts: how many keys back count fully, in tokens
    ramp  R: over how many more the weight falls to nothing
    """

    card = Card(
        name="adaptive_span",
        title=N_("Adaptive attention span"),
        equation=r"a_{tr} = \frac{m_z(t - r)\, e^{s_{tr}}}{\sum_q m_z(t - q)\, e^{s_{tq}}},\quad"
        r" m_z(x) = \min\!\left[\max\!\left[\tfrac{1}{R}(R + z - x),\, 0\right],\, 1\right]",
        source="Sukhbaatar et al. 2019, section 2",
        link="https://arxiv.org/abs/1905.07799",
        sums_to_one_over="keys",
        checked="code",
        place=220,
        sets={"kernel": 3},
        stops={"span": 0},
    )
    cost = Cost(SPAN, kept=HEADS)
    terms = equation.softmax(
        *equation.SCALED, equation.Term(" + log ramp(|i − j|)", "ramp"), value="values"
    )

    knobs = (
        Knob("heads", N_("Heads"), 1, 4, 2, stops=(1, 2, 4)),
        Knob("span", N_("Span"), 0, 12, 1, 0.5),
        Knob("ramp", N_("Ramp"), 1, 8, 2),
    )

    stages = (
        Explained(
            "ramp", N_("ramp"), N_("How much of a key so far back still counts."), shares=True
        ),
    )

    def __init__(self, heads: int, span: float = 0.0, ramp: float = 32.0) -> None:
        super().__init__()
        if heads < 1 or not 0 <= span < math.inf or not 0 < ramp < math.inf:
            raise ShapeError(
                "{heads} heads, a span of {span} and a ramp of {ramp} leave nothing to look at; "
                "use at least 1, at least 0 and more than 0.",
                heads=heads, span=span, ramp=ramp,
            )  # fmt: skip
        self.heads, self.ramp = heads, ramp
        self.spans = nn.Parameter(torch.full((heads,), float(span)))  # z

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.heads, size.span, size.ramp)

    def sized(self, length: int, width: int) -> Size:
        span = math.ceil(float(self.spans.detach().mean()))
        return replace(super().sized(length, width), span=span)

    def mask(self, distance: Tensor) -> Tensor:
        """m_z: how much a key so many steps before the nearest one counts, from 0 to 1.

        distance  (query, key)
        returns   (head, query, key)
        """
        room = self.ramp + self.spans[:, None, None] - distance
        return (room / self.ramp).clamp(0, 1)

    def penalty(self, weight: float) -> Tensor:
        """What the loss grows by: λ times the mean span of the heads, in tokens (section 2.2)."""
        return weight * self.spans.mean()

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_same_width(query, key)
        queries = stage("queries", split(query, self.heads), "q w")
        keys = stage("keys", split(key, self.heads), "k w")
        values = stage("values", split(value, self.heads), "v w")
        scores = stage("scores", queries @ keys.mT)
        scaled = stage("scaled", scores / math.sqrt(keys.shape[-1]))
        back = -distances(query, key, first) - 1  # 0 = the nearest key
        allowed = allowed.unsqueeze(-3) & (back >= 0)
        mask = stage("ramp", self.mask(back).masked_fill(~allowed, 0))

        allowed = allowed & (mask > 0)
        masked = mask * self.normalise(scaled, allowed)
        total = masked.sum(-1, keepdim=True)
        weights = masked / total.masked_fill(total == 0, 1)
        weights = edited(self, weights, allowed, first, heads=True)

        extras = (Extra("ramp", mask.expand_as(scaled), "h q k"), Extra("span", self.spans, "h"))
        return Trace(scaled, allowed, weights, values, self.take(weights, values), extras)

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        """The heads' contexts side by side: (..., query, head·d)."""
        return joined(weights @ values)

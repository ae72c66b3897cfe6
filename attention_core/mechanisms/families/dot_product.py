"""Scaled dot-product attention, alone and in several heads.

>>> import torch
>>> query = torch.ones(1, 4, dtype=torch.float64)
>>> key = torch.tensor([[0.0] * 4, [math.log(3) / 2] * 4], dtype=torch.float64)
>>> trace = ScaledDotProduct()(query, key)  # 0 and 2 ln 3, divided by √4
>>> trace.weights.round(decimals=6).tolist()
[[[0.25, 0.75]]]
"""

from __future__ import annotations

import math
from typing import ClassVar, Self

from torch import Tensor, nn

from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.mechanism import (
    Card,
    Knob,
    Mechanism,
    Trace,
    check_heads,
    check_same_width,
    check_width,
    edited,
    joined,
    one_head,
    split,
)
from attention_core.mechanisms.price import HEADS, Cost, Size, squares
from attention_core.mechanisms.stages import stage
from attention_core.mechanisms.uses import Use
from attention_core.watching.intervention import handed


class ScaledDotProduct(Mechanism):
    """Vaswani et al. 2017, section 3.2.1. It has no parameters."""

    card = Card(
        name="scaled_dot_product",
        title=N_("Scaled dot-product attention"),
        equation=r"\mathrm{Attention}(Q, K, V) ="
        r" \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V",
        source="Vaswani et al. 2017, section 3.2.1, eq. 1",
        link="https://arxiv.org/abs/1706.03762",
        sums_to_one_over="keys",
        place=110,
        sets={
            "first": 1,
            "score": 4,
            "soft": 0,
            "normal": 0,
            "sparse": 0,
            "kernel": 0,
            "across": 0,
        },
        stops={"hard": 0, "zeros": 0, "transformer": 0},
        uses=(
            Use(
                "self_attention",
                N_("Self-attention"),
                "self",
                N_("Every word looks at the words of its own sentence, itself included."),
                "Vaswani et al. 2017, section 3.2.3",
                "https://arxiv.org/abs/1706.03762",
            ),
            Use(
                "cross_attention",
                N_("Cross-attention (encoder–decoder)"),
                "cross",
                N_("The words being written look at the words that were read."),
                "Vaswani et al. 2017, section 3.2.3",
                "https://arxiv.org/abs/1706.03762",
            ),
        ),
    )
    terms = equation.softmax(*equation.SCALED)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_same_width(query, key)
        scores = stage("scores", query @ key.transpose(-2, -1))
        scaled = stage("scaled", scores / math.sqrt(key.shape[-1]))

        allowed = self.reachable(allowed, first)
        weights = edited(self, self.normalise(scaled, allowed), allowed, first)

        return one_head(scaled, allowed, weights, value, weights @ value)

    def reachable(self, allowed: Tensor, first: int) -> Tensor:
        """What of the allowed a sparse pattern leaves: here everything.

        allowed  (..., query, key), bool
        first    the position of the first query
        """
        del first
        return allowed


class MultiHead(Mechanism):
    """Vaswani et al. 2017, section 3.2.2: several small attentions side by side.

    Head h owns the slice [h·d, (h+1)·d) of each projection, with d = width / heads.
    """

    card = Card(
        name="multi_head",
        title=N_("Multi-head attention"),
        equation=r"\mathrm{head}_h = \mathrm{Attention}(QW_h^Q, KW_h^K, VW_h^V),\quad"
        r"\mathrm{MultiHead} = [\mathrm{head}_1; \dots; \mathrm{head}_H]\,W^O",
        source="Vaswani et al. 2017, section 3.2.2",
        link="https://arxiv.org/abs/1706.03762",
        sums_to_one_over="keys",
        place=120,
        sets={"heads": 1},
        stops={"transformer": 1},
    )
    cost: ClassVar[Cost] = Cost(kept=HEADS, once=squares(8))
    terms = equation.in_heads(*equation.PROJECTED, equation.MASK)

    knobs: ClassVar[tuple[Knob, ...]] = (Knob("heads", N_("Heads"), 1, 4, 2, stops=(1, 2, 4)),)

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        check_heads(width, heads)
        self.heads = heads
        self.query_projection = nn.Linear(width, width)
        self.key_projection = nn.Linear(width, width)
        self.value_projection = nn.Linear(width, width)
        self.output_projection = nn.Linear(width, width)

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, **cls.settings(turned))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.width, size.heads)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        for name, tensor in (("query", query), ("key", key), ("value", value)):
            check_width(name, tensor, self.query_projection.in_features)
        heads = self.heads
        # (..., head, query, d), (..., head, key, d), (..., head, key, d)
        queries = stage("queries", split(self.query_projection(query), heads), "q w")
        keys = stage("keys", split(self.key_projection(key), heads), "k w")
        values = stage("values", split(self.value_projection(value), heads), "v w")

        scores = stage("scores", queries @ keys.transpose(-2, -1))
        scaled = stage("scaled", scores / math.sqrt(keys.shape[-1]))

        allowed = allowed.unsqueeze(-3)
        weights = edited(self, self.normalise(scaled, allowed), allowed, first, heads=True)

        return Trace(scaled, allowed, weights, values, self.take(weights, values))

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        heads = handed(self, joined(weights @ values), self.heads)  # (..., query, head·d)
        heads = stage("heads", heads, "q w")
        context: Tensor = self.output_projection(heads)
        return context

"""Heads that share keys and values: grouped-query and multi-query attention.

>>> import torch
>>> four = GroupedQuery(width=4, heads=4, groups=2)
>>> four.shared(torch.tensor([[[1.0]], [[2.0]]])).flatten().tolist()  # two heads see the same
[1.0, 1.0, 2.0, 2.0]
"""

from __future__ import annotations

import math
from typing import Final, Self

from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.mechanism import (
    Card,
    Knob,
    Mechanism,
    Trace,
    check_heads,
    check_width,
    edited,
    joined,
    split,
)
from attention_core.mechanisms.price import HEADS, Cost, Factor, Size
from attention_core.mechanisms.stages import stage

_GROUPED: Final = Factor(
    r"4nd^2\left(1 + \frac{G}{H}\right)",
    lambda size: 4 * size.length * size.width**2 * (1 + size.groups / size.heads),
)


class GroupedQuery(Mechanism):
    """Ainslie et al. 2023, section 2.2: each group of heads looks with its own queries at the
    same keys and values, so that a decoder has fewer of them to keep.

    As many groups as heads are multi-head attention; one group is multi-query attention (Shazeer
    2019). Heads h with the same ⌊h · groups / heads⌋ share.
    """

    card = Card(
        name="grouped_query",
        title=N_("Grouped-query attention"),
        equation=r"\mathrm{head}_h = \mathrm{Attention}(QW_h^Q, KW_{g(h)}^K, VW_{g(h)}^V),\quad"
        r" g(h) = \lfloor hG/H \rfloor",
        source="Ainslie et al. 2023, section 2.2; one group: Shazeer 2019, section 3",
        link="https://arxiv.org/abs/2305.13245",
        sums_to_one_over="keys",
        checked="unread",
        place=130,
        sets={"heads": 2},
        stops={"today": 0},
    )
    cost = Cost(kept=HEADS, once=_GROUPED)
    terms = equation.in_heads(*equation.PROJECTED, equation.MASK)

    knobs = (
        Knob("heads", N_("Heads"), 1, 4, 4, stops=(1, 2, 4)),
        Knob("groups", N_("Groups that share keys"), 1, 4, 2, stops=(1, 2, 4)),
    )

    def __init__(self, width: int, heads: int, groups: int) -> None:
        super().__init__()
        check_heads(width, heads)
        if groups < 1 or heads % groups:
            raise ShapeError(
                "{groups} groups do not divide {heads} heads; choose a divisor of {heads}.",
                groups=groups,
                heads=heads,
            )
        self.heads, self.groups = heads, groups
        shared = width // heads * groups
        self.query_projection = nn.Linear(width, width, bias=False)
        self.key_projection = nn.Linear(width, shared, bias=False)
        self.value_projection = nn.Linear(width, shared, bias=False)
        self.output_projection = nn.Linear(width, width, bias=False)

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        numbers = cls.settings(turned)
        return cls(width, numbers["heads"], min(numbers["heads"], numbers["groups"]))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.width, size.heads, size.groups)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        for name, tensor in (("query", query), ("key", key), ("value", value)):
            check_width(name, tensor, self.query_projection.in_features)
        # (..., head, query, d), (..., head, key, d), (..., head, key, d)
        queries = stage("queries", split(self.query_projection(query), self.heads), "q w")
        keys = stage("keys", self.shared(split(self.key_projection(key), self.groups)), "k w")
        values = self.shared(split(self.value_projection(value), self.groups))
        values = stage("values", values, "v w")

        scores = stage("scores", queries @ keys.transpose(-2, -1))
        scaled = stage("scaled", scores / math.sqrt(keys.shape[-1]))

        allowed = allowed.unsqueeze(-3)
        weights = edited(self, self.normalise(scaled, allowed), allowed, first, heads=True)

        return Trace(scaled, allowed, weights, values, self.take(weights, values))

    def shared(self, rows: Tensor) -> Tensor:
        """(..., group, key, d) to (..., head, key, d): each head sees the rows of its group."""
        return rows.repeat_interleave(self.heads // self.groups, -3)

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        heads = stage("heads", joined(weights @ values), "q w")  # (..., query, head·d)
        context: Tensor = self.output_projection(heads)
        return context

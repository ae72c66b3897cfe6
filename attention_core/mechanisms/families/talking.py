"""Heads that speak with each other, before the softmax and after it: talking-heads attention.

>>> import torch
>>> talking = TalkingHeads(width=4, heads=2)
>>> _ = talking.logits_mixing.data.copy_(torch.tensor([[0.0, 1.0], [1.0, 2.0]]))
>>> talking.mixed(talking.logits_mixing, torch.tensor([[[5.0]], [[7.0]]])).flatten().tolist()
[7.0, 19.0]
"""

from __future__ import annotations

import math
from typing import Final, Self

import torch
from torch import Tensor, nn

from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.equation import Term
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
from attention_core.mechanisms.price import Cost, Factor, Size, squares
from attention_core.mechanisms.stages import Explained, stage

_MIXED: Final = Factor("2(d + H^2)", lambda size: 2 * (size.width + size.heads**2))
"""Of scores, and of values: the products of all heads, and what the heads tell each other."""
_KEPT: Final = Factor("2H", lambda size: 2 * size.heads)


class TalkingHeads(Mechanism):
    """Shazeer et al. 2020: the scores of all heads are mixed by one learnt matrix before the
    softmax, and their shares by another after it.

    The authors allow one number of heads for the scores, one for the softmax and one for the
    values; here all three are the same. Mixing starts out as the identity, which is multi-head
    attention without biases. Weights that are mixed from shares are shares no more: they sum to
    anything, and some are below zero.
    """

    card = Card(
        name="talking_heads",
        title=N_("Talking-heads attention"),
        equation=r"A_g = \sum_h P^W_{gh}\, \mathrm{softmax}\!\left("
        r"\sum_f P^L_{hf}\, \frac{Q_f K_f^\top}{\sqrt{d_k}}\right),\quad"
        r" \mathrm{head}_g = A_g V_g,\quad [\mathrm{head}_1; \dots; \mathrm{head}_H]\,W^O",
        source="Shazeer et al. 2020",
        link="https://arxiv.org/abs/2003.02436",
        sums_to_one_over="neither",
        checked="code",
        place=125,
        sets={"heads": 3},
    )
    cost = Cost(score=_MIXED, value=_MIXED, kept=_KEPT, once=squares(8))
    terms = (
        Term("[head_1 … head_H] W^O, ", "context"), Term("head_g = Σ_j ", "heads"),
        Term("Σ_h P^W_{gh} ", "weights"), Term("softmax_j(", "unmixed"),
        Term("Σ_f P^L_{hf} ", "mixed"), Term("W_f^Q q_i", "queries"), Term(" · ", "scores"),
        Term("W_f^K k_j", "keys"), Term(" / √d", "scaled"), equation.MASK, Term(")", "unmixed"),
        Term(equation.VALUE.text, "values"),
    )  # fmt: skip
    stages = (
        Explained(
            "mixed",
            N_("scores, mixed"),
            N_("A head's scores are a sum of all heads' scores, each times a learnt number."),
        ),
        Explained(
            "unmixed",
            N_("shares before mixing"),
            N_(
                "The softmax of each head. Its weights are a sum of all heads' shares, learnt "
                "likewise."
            ),
            shares=True,
        ),
    )

    knobs = (Knob("heads", N_("Heads"), 1, 4, 2, stops=(1, 2, 4)),)

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        check_heads(width, heads)
        self.heads = heads
        self.query_projection = nn.Linear(width, width, bias=False)
        self.key_projection = nn.Linear(width, width, bias=False)
        self.value_projection = nn.Linear(width, width, bias=False)
        self.output_projection = nn.Linear(width, width, bias=False)
        self.logits_mixing = nn.Parameter(torch.eye(heads))
        self.weights_mixing = nn.Parameter(torch.eye(heads))

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
        # (..., head, query, d), (..., head, key, d), (..., head, key, d)
        queries = stage("queries", split(self.query_projection(query), self.heads), "q w")
        keys = stage("keys", split(self.key_projection(key), self.heads), "k w")
        values = stage("values", split(self.value_projection(value), self.heads), "v w")

        scores = stage("scores", queries @ keys.transpose(-2, -1))
        scaled = stage("scaled", scores / math.sqrt(keys.shape[-1]))
        mixed = stage("mixed", self.mixed(self.logits_mixing, scaled))

        allowed = allowed.unsqueeze(-3)
        unmixed = stage("unmixed", self.normalise(mixed, allowed))
        weights = self.mixed(self.weights_mixing, unmixed)
        weights = edited(self, weights, allowed, first, heads=True)

        return Trace(mixed, allowed, weights, values, self.take(weights, values))

    def mixed(self, mixing: Tensor, heads: Tensor) -> Tensor:
        """(..., head, query, key): for each head a sum of all, as its row of the matrix says.

        mixing  (to head, from head)
        """
        told = mixing @ heads.flatten(-2)  # (..., head, query·key)
        return told.reshape(heads.shape)

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        heads = stage("heads", joined(weights @ values), "q w")  # (..., query, head·d)
        context: Tensor = self.output_projection(heads)
        return context

"""Dynamic routing between capsules: attention from the bottom up.

Elsewhere each query shares itself among the keys. Here each key, a part, shares itself among the
queries, the wholes it may belong to; parts that agree on a whole send more of themselves to it.

>>> squash(torch.tensor([[1.0, 0.0], [3.0, 0.0]], dtype=torch.float64)).tolist()
[[0.5, 0.0], [0.9, 0.0]]
>>> rows = torch.zeros(2, 1, dtype=torch.float64)
>>> Routing(1, 1, outputs=2).double()(rows, rows).weights.sum(-2).tolist()  # over queries
[[1.0, 1.0]]
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, Self

import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms.equation import Term
from attention_core.mechanisms.mechanism import (
    Card,
    Extra,
    Knob,
    Mechanism,
    Trace,
    check_same_width,
    check_width,
    edited,
    one_head,
    softmax,
)
from attention_core.mechanisms.price import HIDDEN, Cost, Factor, Size
from attention_core.mechanisms.stages import Explained, stage

OUTPUTS: Final = 60
"""Output capsules of a mechanism made for any inputs."""

_CAPSULES: Final = Factor("J", lambda size: size.capsules)
_ROUTED: Final = Factor("Jn", lambda size: size.capsules * size.length)
_VOTE: Final = Factor(
    "2d^2 + 2d + 4d(r - 1)",
    lambda size: 2 * size.width**2 + 2 * size.width + 4 * size.width * (size.rounds - 1),
)


def squash(vectors: Tensor) -> Tensor:
    """Short vectors to almost nothing, long ones to almost length 1, the direction kept.

    Sabour, Frosst and Hinton 2017, eq. 1: |s|² / (1 + |s|²) · s / |s|
    """
    length = vectors.norm(dim=-1, keepdim=True)
    squashed: Tensor = vectors * length / (1 + length**2)
    return squashed


class Routing(Mechanism):
    """Sabour, Frosst and Hinton 2017, section 2 and procedure 1.

    Keys are input capsules i and queries output capsules j; the value of key i is u_i, and its
    vote for output j is W_j u_i, with one matrix for each output, shared by all inputs. Routing
    has no queries of its own: in the paper the first logits are zeros, or learnt for each pair
    without looking at the input. Here they are the scaled dot products of queries and keys, so
    that queries of zeros are the paper's case. The last update of the logits, which nothing
    reads, is left out.

    input_width   of the values u_i
    output_width  of what a query takes away, v_j
    outputs       how many queries there may be, counted from position 0
    rounds        how often the coefficients are worked out, r in the paper
    """

    card = Card(
        name="routing",
        title=N_("Dynamic routing between capsules"),
        equation=r"c_i = \mathrm{softmax}_j(b_i),\quad s_j = \sum_i c_{ij}\, W_j u_i,\quad"
        r" v_j = \frac{\|s_j\|^2}{1 + \|s_j\|^2} \frac{s_j}{\|s_j\|},\quad"
        r" b_{ij} \leftarrow b_{ij} + (W_j u_i) \cdot v_j",
        source="Sabour, Frosst & Hinton 2017, section 2, eq. 1–3, and procedure 1",
        link="https://arxiv.org/abs/1710.09829",
        sums_to_one_over="queries",
        checked="code",
        place=250,
        sets={"across": 4},
        stops={"routing": 0},
    )
    cost = Cost(_ROUTED, _VOTE, kept=HIDDEN, looking=_CAPSULES)
    terms = (
        Term("c_j = squash Σ_i ", "context"), Term("softmax_j(b_{ij})", "weights"),
        Term(" · û_{j|i}", "value"),
    )  # fmt: skip

    knobs = (Knob("rounds", N_("Rounds of routing"), 1, 8, 3),)
    stages = (
        Explained("round", N_("round {round}")),
        Explained("length", N_("length")),
    )

    def __init__(self, input_width: int, output_width: int, outputs: int, rounds: int = 3) -> None:
        super().__init__()
        if outputs < 1 or rounds < 1:
            raise ShapeError(
                "{outputs} outputs and {rounds} rounds route nothing; use at least 1 of both.",
                outputs=outputs,
                rounds=rounds,
            )
        self.rounds = rounds
        self.transformation = nn.Parameter(torch.empty(outputs, output_width, input_width))  # W
        nn.init.trunc_normal_(self.transformation, std=0.1)

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, width, OUTPUTS, **cls.settings(turned))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.width, size.width, size.capsules, size.rounds)

    def sized(self, length: int, width: int) -> Size:
        """Tokens are routed to as many."""
        return replace(super().sized(length, width), capsules=length)

    def normalise(self, scores: Tensor, allowed: Tensor) -> Tensor:
        """Eq. 3: each key's shares among the queries."""
        return softmax(scores / self.temperature, allowed, dim=-2)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_same_width(query, key)
        matrices = self._matrices(query.shape[-2], first)
        check_width("value", value, matrices.shape[-1])
        votes = torch.einsum("qdc,...kc->...qkd", matrices, value)  # û, eq. 2
        scores = query @ key.mT / math.sqrt(key.shape[-1])  # b
        coefficients = self.normalise(scores, allowed)
        films = [coefficients]

        for _ in range(self.rounds - 1):
            output = squash((coefficients.unsqueeze(-1) * votes).sum(-2))
            scores = scores + (votes * output.unsqueeze(-2)).sum(-1)
            coefficients = self.normalise(scores, allowed)
            films.append(coefficients)

        for place, film in enumerate(films, 1):
            stage(f"round {place}", film)
        weights = edited(self, coefficients, allowed, first)
        context = stage("context", _sent(weights @ value, matrices), "q w")

        rounds = (
            Extra(f"round {place}", film.unsqueeze(-3), "h q k")
            for place, film in enumerate(films, 1)
        )
        length = Extra("length", context.norm(dim=-1).unsqueeze(-2), "h q")
        return one_head(scores, allowed, weights, value, context, *rounds, length)

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        """Eq. 2 and 1; the votes of one output have one matrix, so it may come after the sum."""
        return _sent((weights @ values).squeeze(-3), self._matrices(weights.shape[-2], 0))

    def _matrices(self, queries: int, first: int) -> Tensor:
        """W of the outputs at these positions: (query, output width, input width)."""
        outputs = len(self.transformation)
        if first + queries > outputs:
            raise ShapeError(
                "There are {queries} queries but only {outputs} output capsules; "
                "use fewer queries.",
                queries=first + queries,
                outputs=outputs,
            )
        return self.transformation[first : first + queries]


def _sent(sums: Tensor, matrices: Tensor) -> Tensor:
    """Σ c u of each output, through its matrix and squashed: (..., query, output width)."""
    return squash(torch.einsum("qdc,...qc->...qd", matrices, sums))

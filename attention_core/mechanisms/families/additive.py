"""Additive attention: a small network judges how well a query and a key go together.

>>> from math import log
>>> import torch
>>> additive = Additive(1, 1, 1).double()
>>> for matrix, number in zip(additive.parameters(), (1, 1, log(3)), strict=True):
...     _ = nn.init.constant_(matrix, number)
>>> key = torch.tensor([[0.0], [50.0]], dtype=torch.float64)  # tanh: 0 and 1; scores 0 and ln 3
>>> trace = additive(torch.zeros(1, 1, dtype=torch.float64), key)
>>> trace.weights.detach().round(decimals=6).tolist()
[[[0.25, 0.75]]]
"""

from __future__ import annotations

from typing import Self

from torch import Tensor, nn

from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.mechanism import (
    Card,
    Mechanism,
    Trace,
    check_width,
    edited,
    one_head,
)
from attention_core.mechanisms.price import HIDDEN, Cost, squares
from attention_core.mechanisms.stages import stage
from attention_core.mechanisms.uses import Use


class Additive(Mechanism):
    """Bahdanau, Cho and Bengio 2015, section 3.1 and appendix A.1.2.

    In a translator the query is the decoder's *previous* state s(i-1), and a key is the
    annotation h(j) of one source word; U_a h(j) is worked out once per sentence (`prepare`).
    """

    card = Card(
        name="additive",
        title=N_("Additive attention"),
        equation=r"e_{ij} = v_a^\top \tanh(W_a s_{i-1} + U_a h_j),\quad"
        r"\alpha_{ij} = \mathrm{softmax}_j(e_{ij}),\quad c_i = \sum_j \alpha_{ij} h_j",
        source="Bahdanau, Cho & Bengio 2015, section 3.1, eq. 5–6; appendix A.1.2",
        link="https://arxiv.org/abs/1409.0473",
        sums_to_one_over="keys",
        place=10,
        sets={"first": 0, "score": 0},
        stops={"additive": 0},
        uses=(
            Use(
                "soft_attention",
                N_("Soft attention"),
                "cross",
                N_("A share of everything is taken, where hard attention takes one thing whole."),
                "Xu et al. 2015, section 4.2",
                "https://arxiv.org/abs/1502.03044",
            ),
        ),
    )
    cost = Cost(kept=HIDDEN, once=squares(4))
    terms = equation.ADDITIVE

    def __init__(self, query_width: int, key_width: int, hidden_width: int) -> None:
        super().__init__()
        self.query_projection = nn.Linear(query_width, hidden_width, bias=False)  # W_a
        self.key_projection = nn.Linear(key_width, hidden_width, bias=False)  # U_a
        self.score = nn.Linear(hidden_width, 1, bias=False)  # v_a

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, width, width)

    def prepare(self, key: Tensor) -> Tensor:
        """U_a h: (..., key, key_width) to (..., key, hidden_width)."""
        check_width("key", key, self.key_projection.in_features)
        projected: Tensor = self.key_projection(key)
        return stage("keys", projected, "k w")

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_width("query", query, self.query_projection.in_features)
        queries = stage("queries", self.query_projection(query), "q w")
        pair = queries[..., :, None, :] + key[..., None, :, :]
        scores = self.score(pair.tanh()).squeeze(-1)  # (..., query, key)

        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        context = weights @ value  # (..., query, key_width)
        return one_head(scores, allowed, weights, value, context)

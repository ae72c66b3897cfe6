"""Attention by direction: how alike two vectors point, whatever their lengths.

>>> from math import log
>>> import torch
>>> query = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
>>> key = torch.tensor([[0.0, 5.0], [3.0, 0.0]], dtype=torch.float64)  # cosines 0 and 1
>>> Cosine(strength=log(3))(query, key).weights.round(decimals=6).tolist()
[[[0.25, 0.75]]]
"""

from __future__ import annotations

from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms.families.crossmodal import cosines
from attention_core.mechanisms.mechanism import Card, Knob, Mechanism, Trace, edited, one_head


class Cosine(Mechanism):
    """Graves, Wayne and Danihelka 2014, section 3.3.1: a memory is found by what stands in it.

    A head of the paper makes its own β at each step; here one β serves all queries. A vector of
    zeros points nowhere: its cosine is 0.

    strength  β: what the cosines, none above 1, are multiplied by; 0 looks at all keys alike
    """

    card = Card(
        name="cosine",
        title=N_("Cosine attention"),
        equation=r"w_t(i) = \frac{\exp(\beta_t K[k_t, M_t(i)])}"
        r"{\sum_j \exp(\beta_t K[k_t, M_t(j)])},\quad K[u, v] = \frac{u \cdot v}{\|u\|\,\|v\|}",
        source="Graves, Wayne & Danihelka 2014 (NTM), section 3.3.1, eq. 5–6",
        link="https://arxiv.org/abs/1410.5401",
        sums_to_one_over="keys",
        checked="unread",
        place=15,
        sets={"score": 1},
    )

    knobs = (Knob("strength", N_("Strength β"), 0, 20, 5, 0.5),)

    def __init__(self, strength: float = 5.0) -> None:
        super().__init__()
        if not 0 <= strength < float("inf"):  # NaN is not either
            raise ShapeError(
                "Cosines cannot be multiplied by {strength}; use a number from 0.",
                strength=strength,
            )
        self.strength = strength

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        scores = self.strength * cosines(query, key)

        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        return one_head(scores, allowed, weights, value, weights @ value)

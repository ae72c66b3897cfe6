"""Luong's global attention: four ways to score how well a state and a source word go together.

>>> query = torch.tensor([[1.0]], dtype=torch.float64)
>>> key = torch.tensor([[1.0], [3.0]], dtype=torch.float64).log()
>>> Dot()(query, key).scores.exp().round(decimals=6).tolist()
[[[1.0, 3.0]]]
>>> Dot()(query, key).weights.round(decimals=6).tolist()
[[[0.25, 0.75]]]
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

import torch
from torch import Tensor, nn

from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.equation import MASK, PREPARED, PRODUCT, Term
from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.mechanism import (
    Card,
    Knob,
    Mechanism,
    Trace,
    check_same_width,
    check_width,
    edited,
    one_head,
)
from attention_core.mechanisms.price import Cost, Size, squares
from attention_core.mechanisms.stages import stage
from attention_core.mechanisms.uses import Use

_LINK = "https://arxiv.org/abs/1508.04025"


class Scored(Mechanism):
    """Softmax over scores of each query with each key; a subclass says how they are scored.

    In a translator the query is the decoder's *current* state h(t), a key is the encoder's state
    of one source word, and the context is joined to h(t) to predict the word of the same step.
    """

    @abstractmethod
    def score(self, query: Tensor, key: Tensor) -> Tensor:
        """(..., query, width) and what `prepare` made of the keys, to (..., query, key)."""

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        scores = self.score(query, key)

        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        return one_head(scores, allowed, weights, value, weights @ value)


class Dot(Scored):
    """Luong, Pham and Manning 2015, section 3.1, "dot". It has no parameters and no scale."""

    card = Card(
        name="luong_dot",
        title=N_("Dot-product attention (Luong)"),
        equation=r"\mathrm{score}(h_t, \bar h_s) = h_t^\top \bar h_s,\quad"
        r" a_t = \mathrm{softmax}_s,\quad c_t = \sum_s a_t(s)\,\bar h_s",
        source="Luong, Pham & Manning 2015, section 3.1, eq. 7–8",
        link=_LINK,
        sums_to_one_over="keys",
        place=20,
        sets={"score": 1},
        stops={"luong": 1},
    )
    terms = equation.softmax(*PRODUCT, MASK)

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        check_same_width(query, key)
        return query @ key.mT


class General(Scored):
    """Luong, Pham and Manning 2015, section 3.1, "general": a learned matrix between the two."""

    card = Card(
        name="luong_general",
        title=N_("General attention (Luong)"),
        equation=r"\mathrm{score}(h_t, \bar h_s) = h_t^\top W_a \bar h_s,\quad"
        r" a_t = \mathrm{softmax}_s,\quad c_t = \sum_s a_t(s)\,\bar h_s",
        source="Luong, Pham & Manning 2015, section 3.1, eq. 7–8",
        link=_LINK,
        sums_to_one_over="keys",
        place=30,
        sets={"score": 2, "local": 0},
        stops={"luong": 0},
        uses=(
            Use(
                "global_attention",
                N_("Global attention"),
                "cross",
                N_("Every word of the source is looked at, where local attention has a window."),
                "Luong, Pham & Manning 2015, section 3.1",
                "https://arxiv.org/abs/1508.04025",
            ),
        ),
    )
    cost = Cost(once=squares(2))
    terms = equation.softmax(*PREPARED, MASK)

    def __init__(self, query_width: int, key_width: int) -> None:
        super().__init__()
        self.key_projection = nn.Linear(key_width, query_width, bias=False)  # W_a

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, width)

    def prepare(self, key: Tensor) -> Tensor:
        """W_a h: (..., key, key_width) to (..., key, query_width)."""
        check_width("key", key, self.key_projection.in_features)
        projected: Tensor = self.key_projection(key)
        return stage("keys", projected, "k w")

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        check_width("query", query, self.key_projection.out_features)
        return query @ key.mT


class Concat(Additive):
    """Luong, Pham and Manning 2015, section 3.1, "concat".

    W_a [h_t; h_s] is one matrix in the paper; here its left part, which multiplies the query, and
    its right part, which multiplies the key, are kept apart, so the right one is worked out once
    per sentence. The formula is then Bahdanau's; what differs in a translator is the query, which
    is the current state instead of the previous one.
    """

    card = Card(
        name="luong_concat",
        title=N_("Concat attention (Luong)"),
        equation=r"\mathrm{score}(h_t, \bar h_s) = v_a^\top \tanh(W_a [h_t; \bar h_s]),\quad"
        r" a_t = \mathrm{softmax}_s,\quad c_t = \sum_s a_t(s)\,\bar h_s",
        source="Luong, Pham & Manning 2015, section 3.1, eq. 7–8",
        link=_LINK,
        sums_to_one_over="keys",
        place=40,
        sets={"score": 3},
    )


class Location(Mechanism):
    """Luong, Pham and Manning 2015, section 3.1, "location": the state alone says where to look.

    Row s of W_a scores source position s, whatever stands there. A short sentence uses the first
    rows; words beyond the last row cannot be looked at (footnote 6).
    """

    card = Card(
        name="luong_location",
        title=N_("Location attention (Luong)"),
        equation=r"a_t = \mathrm{softmax}(W_a h_t),\quad c_t = \sum_s a_t(s)\,\bar h_s",
        source="Luong, Pham & Manning 2015, section 3.1, eq. 8",
        link=_LINK,
        sums_to_one_over="keys",
        place=50,
        sets={"place": 0},
    )
    terms = equation.softmax(Term("w_j · ", "scores"), Term("q_i", "query"), MASK)

    knobs = (Knob("positions", N_("Positions it knows"), 1, 12, 8),)

    def __init__(self, query_width: int, positions: int) -> None:
        super().__init__()
        self.position = nn.Linear(query_width, positions, bias=False)  # W_a

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, **cls.settings(turned))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.width, size.length)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_width("query", query, self.position.in_features)
        keys, positions = key.shape[-2], self.position.out_features
        scores = self.position(query)[..., :keys]
        scores = nn.functional.pad(scores, (0, keys - scores.shape[-1]))  # footnote 6
        allowed = allowed & (torch.arange(keys, device=key.device) < positions)

        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        return one_head(scores, allowed, weights, value, weights @ value)

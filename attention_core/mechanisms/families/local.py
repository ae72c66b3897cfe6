"""Luong's local attention: each query looks at a small window of the keys only.

>>> alike = torch.zeros(4, 1, dtype=torch.float64)
>>> trace = LocalMonotonic(1, 1, reach=1).double()(alike, alike)
>>> trace.weights[0, 0].tolist(), trace.allowed[0, 2].tolist()
([0.5, 0.5, 0.0, 0.0], [False, True, True, True])
"""

from __future__ import annotations

from typing import Final, Literal, Self

import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.equation import CONTEXT, PREPARED, VALUE, Term
from attention_core.mechanisms.families.luong import General
from attention_core.mechanisms.mechanism import (
    Card,
    Extra,
    Knob,
    Mechanism,
    Trace,
    edited,
    one_head,
)
from attention_core.mechanisms.price import Cost, Factor, Size, squares, window
from attention_core.mechanisms.stages import Explained, stage

_LINK = "https://arxiv.org/abs/1508.04025"

Normalisation = Literal["paper", "renormalised", "post2015"]

NEAR: Final = Factor("(n(2D + 1) - D(D + 1))", lambda size: window(size.length, size, 1))
_PREDICTED: Final = Factor(
    "(4nd^2 + 2nd)", lambda size: 4 * size.length * size.width**2 + 2 * size.length * size.width
)


class Local(Mechanism):
    """What both kinds share: the general score, and a window of `reach` keys on either side."""

    knobs = (Knob("reach", N_("Keys on either side"), 1, 8, 2),)
    stages = (
        Explained(
            "centre", N_("centre"), N_("Where each query expects what it needs, counted from 0.")
        ),
        Explained(
            "shares",
            N_("softmax in the window"),
            N_("Shares of 1 among the keys inside the window."),
            shares=True,
        ),
        Explained(
            "gaussian",
            N_("bell around the centre"),
            N_("Nearer to the predicted centre counts more."),
            shares=True,
        ),
    )

    def __init__(self, query_width: int, key_width: int, reach: int) -> None:
        super().__init__()
        if reach < 1:
            raise ShapeError("A window that reaches {reach} keys is empty; use 1 or more.",
                             reach=reach)  # fmt: skip
        self.reach = reach
        self.align = General(query_width, key_width)

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, width, **cls.settings(turned))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.width, size.width, size.reach)

    def prepare(self, key: Tensor) -> Tensor:
        """W_a h: (..., key, key_width) to (..., key, query_width)."""
        return self.align.prepare(key)

    def distance(self, centre: Tensor, keys: int) -> Tensor:
        """(..., query) to (..., query, key): how far each key is from each query's centre."""
        return torch.arange(keys, dtype=centre.dtype, device=centre.device) - centre.unsqueeze(-1)


class LocalMonotonic(Local):
    """Luong, Pham and Manning 2015, section 3.2, "local-m": word t looks around source word t.

    Positions count from 0. Beyond the end of the source the window stays at its last word, as in
    the authors' own program (the paper leaves it open).
    """

    card = Card(
        name="local_monotonic",
        title=N_("Local attention, monotonic (local-m)"),
        equation=r"p_t = t,\quad a_t(s) = \mathrm{softmax}_s\,\mathrm{score}(h_t, \bar h_s)"
        r"\;\text{ for } |s - p_t| \le D",
        source="Luong, Pham & Manning 2015, section 3.2",
        link=_LINK,
        sums_to_one_over="keys",
        place=60,
        sets={"local": 1},
        stops={"local": 0},
    )
    cost = Cost(NEAR, once=squares(2))
    terms = equation.softmax(*PREPARED, Term(" + window(|j − i| ≤ D)", "allowed"))

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        steps = torch.arange(first, first + query.shape[-2], device=query.device)
        last = (allowed.sum(-1) - 1).clamp_min(0)  # (..., query)
        centre = torch.minimum(steps, last).to(query.dtype)
        scores = self.align.score(query, key)
        allowed = allowed & (self.distance(centre, key.shape[-2]).abs() <= self.reach)

        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        centres = Extra("centre", centre.unsqueeze(-2), "h q")
        return one_head(scores, allowed, weights, value, weights @ value, centres)


class LocalPredictive(Local):
    """Luong, Pham and Manning 2015, section 3.2, eq. 9–10, "local-p": the state says where.

    The centre p_t lies between 0 and S, the number of source words; positions count from 0. A
    Gaussian of standard deviation D/2 around it favours near keys, and is the only way by which
    the centre learns: the window's edges have no gradient.

    normalisation  paper: the Gaussian multiplies the shares, which then sum to less than 1
                   renormalised: the same, scaled up to sum to 1
                   post2015: the Gaussian multiplies the scores, as in the authors' later program
    """

    card = Card(
        name="local_predictive",
        title=N_("Local attention, predictive (local-p)"),
        equation=r"p_t = S \cdot \sigma(v_p^\top \tanh(W_p h_t)),\quad a_t(s) ="
        r" \mathrm{align}(h_t, \bar h_s)\,\exp\!\left(-\frac{(s - p_t)^2}{2\sigma^2}\right)",
        source="Luong, Pham & Manning 2015, section 3.2, eq. 9–10",
        link=_LINK,
        sums_to_one_over="neither",
        place=70,
        sets={"local": 2},
        stops={"local": 1},
    )
    cost = Cost(NEAR, once=_PREDICTED)
    terms = (
        CONTEXT, Term("softmax_j(", "shares"), *PREPARED, Term(" + window", "allowed"),
        Term(")", "shares"), Term(" · ", "weights"), Term("exp(−(j − ", "gaussian"),
        Term("p_i", "centre"), Term(")² / 2σ²)", "gaussian"), VALUE,
    )  # fmt: skip

    def __init__(
        self, query_width: int, key_width: int, reach: int, normalisation: Normalisation = "paper"
    ) -> None:
        super().__init__(query_width, key_width, reach)
        self.normalisation = normalisation
        self.position_projection = nn.Linear(query_width, query_width, bias=False)  # W_p
        self.position = nn.Linear(query_width, 1, bias=False)  # v_p

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        hidden = self.position_projection(query).tanh()
        centre = torch.sigmoid(self.position(hidden)).squeeze(-1) * allowed.sum(-1)
        centre = stage("centre", centre, "q")
        scores = stage("scores", self.align.score(query, key))
        distance = self.distance(centre, key.shape[-2])
        gaussian = stage("gaussian", torch.exp(-(distance**2) / (2 * (self.reach / 2) ** 2)))
        allowed = stage("allowed", allowed & (distance.detach().abs() <= self.reach))

        if self.normalisation == "post2015":
            weights = self.normalise(scores * gaussian, allowed)
        else:
            weights = stage("shares", self.normalise(scores, allowed)) * gaussian
        if self.normalisation == "renormalised":
            weights = weights / weights.sum(-1, keepdim=True).clamp_min(1e-12)
        weights = edited(self, weights, allowed, first)

        centres = Extra("centre", centre.unsqueeze(-2), "h q")
        shape = Extra("gaussian", gaussian.unsqueeze(-3), "h q k")
        return one_head(scores, allowed, weights, value, weights @ value, centres, shape)

"""Normalisers that give exactly nothing to keys that score too little: α-entmax and sparsemax.

Both subtract a threshold from every score and cut what falls below zero; the threshold is where
what is left sums to 1.

>>> scores = torch.tensor([[1.0, 0.5, -1.0]], dtype=torch.float64)
>>> allowed = torch.ones(1, 3, dtype=torch.bool)
>>> entmax(scores, allowed, alpha=2).tolist()  # each less 0.25, cut at zero
[[0.75, 0.25, 0.0]]
>>> threshold(scores, allowed, alpha=2).tolist()
[[0.25]]
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Final

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.mechanism import Card, Extra, Knob, Trace, softmax
from attention_core.mechanisms.stages import Explained

SOFTMAX_BELOW: Final = 1 + 1e-3
"""The formula divides by α − 1; nearer to 1 than this it is the softmax."""
STEPS: Final = 16
"""Of Newton's; 512 keys need 9 of them for the last digit of double precision."""


def entmax(scores: Tensor, allowed: Tensor, alpha: float) -> Tensor:
    """Scores as shares of 1, where low scores get exactly nothing.

    scores   (..., query, key)
    allowed  bool, broadcasts to scores
    alpha    1 = softmax, 2 = sparsemax, between them the more zeros the larger
    returns  (..., query, key), exactly 0 where not allowed

    Peters, Niculae and Martins 2019, section 3: p = [(α − 1) z − τ]₊^(1 / (α − 1)).
    """
    if alpha < SOFTMAX_BELOW:
        return softmax(scores, allowed)
    shares: Tensor = _Entmax.apply(scores, allowed, alpha)  # type: ignore[no-untyped-call]
    return shares


def threshold(scores: Tensor, allowed: Tensor, alpha: float) -> Tensor:
    """The score up to which a key gets nothing: τ / (α − 1).

    returns  (..., query, 1); 0 where nothing is allowed
    """
    height, peak = _below_the_peak(scores, allowed, alpha)
    found = peak + _cut(height, alpha) / (alpha - 1)
    return found.masked_fill(~allowed.any(-1, keepdim=True), 0)


class _Entmax(torch.autograd.Function):
    """The shares, and their Jacobian in closed form: diag(s) − s sᵀ / Σ s with s = p^(2 − α)."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, allowed: Tensor, alpha: float) -> Tensor:
        height, _ = _below_the_peak(scores, allowed, alpha)
        left = (height - _cut(height, alpha)).clamp_min(0) ** (1 / (alpha - 1))
        shares = (left / left.sum(-1, keepdim=True)).masked_fill(~allowed, 0)
        ctx.save_for_backward(shares)
        ctx.alpha = alpha
        return shares

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *pulls: Tensor) -> tuple[Tensor, None, None]:
        (shares,), (pull,) = ctx.saved_tensors, pulls
        slope = torch.where(shares > 0, shares ** (2 - ctx.alpha), 0)
        total = slope.sum(-1, keepdim=True)
        mean = (pull * slope).sum(-1, keepdim=True) / total.masked_fill(total == 0, 1)
        return slope * (pull - mean), None, None


def _below_the_peak(scores: Tensor, allowed: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """(α − 1) (z − peak), and the peak. At −1 or below a key gets nothing whatever the others."""
    scores = scores.detach().masked_fill(~allowed, -torch.inf)
    peak = scores.amax(-1, keepdim=True).clamp_min(torch.finfo(scores.dtype).min)
    return ((alpha - 1) * (scores - peak)).clamp_min(-1), peak


def _cut(height: Tensor, alpha: float) -> Tensor:
    """τ of every row: (..., query, key) to (..., query, 1)."""
    return _sorted_cut(height) if alpha == 2 else _newton_cut(height, alpha)


def _sorted_cut(height: Tensor) -> Tensor:
    """Martins and Astudillo 2016, algorithm 1: exact, for α = 2."""
    falling = height.sort(-1, descending=True).values
    sums = falling.cumsum(-1)
    places = torch.arange(1, height.shape[-1] + 1, dtype=height.dtype, device=height.device)
    support = (1 + places * falling > sums).sum(-1, keepdim=True)
    return (sums.gather(-1, support - 1) - 1) / support


def _newton_cut(height: Tensor, alpha: float) -> Tensor:
    """By Newton's steps on ‖[height − τ]₊‖ = 1, the norm whose power is 1 / (α − 1).

    The norm is convex and falls with τ: from −1, where the peak alone has 1 already, no step goes
    too far. Value times slope falls to a quarter or less each time, near the end much faster.
    """
    power = 1 / (alpha - 1)
    cut = torch.full_like(height[..., :1], -1)
    for _ in range(STEPS):
        left = (height - cut).clamp_min(0)
        slope = left ** (power - 1)
        total = (left * slope).sum(-1, keepdim=True)
        cut = cut + (total - total ** (2 - alpha)) / slope.sum(-1, keepdim=True)
    return cut


class Entmax(ScaledDotProduct):
    """Peters, Niculae and Martins 2019: between softmax and sparsemax.

    alpha  from 1 (softmax: every key gets something) to 2 (sparsemax)
    """

    card = Card(
        name="entmax",
        title=N_("α-entmax attention"),
        equation=r"p_i = \left[(\alpha - 1)\,z_i - \tau\right]_+^{1/(\alpha - 1)},\quad"
        r" \textstyle\sum_i p_i = 1,\quad z = \frac{QK^\top}{\sqrt{d_k}}",
        source="Peters, Niculae & Martins 2019, section 3",
        link="https://arxiv.org/abs/1905.05702",
        sums_to_one_over="keys",
        checked="code",
        place=210,
        sets={"normal": 1},
        stops={"zeros": 1},
    )
    terms = equation.named("α-entmax", *equation.SCALED)
    stages = (Explained("threshold", N_("threshold")),)

    knobs: ClassVar[tuple[Knob, ...]] = (Knob("alpha", N_("Sharpness α"), 1, 2, 1.5, 0.05),)

    def __init__(self, alpha: float = 1.5) -> None:
        super().__init__()
        if not 1 <= alpha <= 2:  # NaN is not either
            raise ShapeError(
                "An α of {alpha} is out of range; use 1 (softmax) to 2 (sparsemax).", alpha=alpha
            )
        self.alpha = alpha

    def normalise(self, scores: Tensor, allowed: Tensor) -> Tensor:
        return entmax(scores / self.temperature, allowed, self.alpha)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        trace = super().attend(query, key, value, allowed, first)
        if self.alpha < SOFTMAX_BELOW:
            return trace
        scores, allowed = trace.scores.squeeze(-3), trace.allowed.squeeze(-3)
        cut = threshold(scores / self.temperature, allowed, self.alpha).mT
        return replace(trace, extras=(Extra("threshold", cut * self.temperature, "h q"),))


class Sparsemax(Entmax):
    """Martins and Astudillo 2016: the scores themselves, moved to the nearest point that sums to 1.

    Nearest in the Euclidean sense among all points without negative numbers.
    """

    card = Card(
        name="sparsemax",
        title=N_("Sparsemax attention"),
        equation=r"\mathrm{sparsemax}(z) = \operatorname*{argmin}_{p \in \Delta} \|p - z\|^2"
        r" = \left[z - \tau(z)\right]_+,\quad z = \frac{QK^\top}{\sqrt{d_k}}",
        source="Martins & Astudillo 2016, eq. 1–3 and algorithm 1",
        link="https://arxiv.org/abs/1602.02068",
        sums_to_one_over="keys",
        checked="code",
        place=200,
        sets={"normal": 2},
        stops={"zeros": 2},
    )
    terms = equation.named("sparsemax", *equation.SCALED)

    knobs = ()

    def __init__(self) -> None:
        super().__init__(alpha=2)

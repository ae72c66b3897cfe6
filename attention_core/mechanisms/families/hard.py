"""Hard attention: a query looks at one key only, drawn with the softmax as its chances.

A draw has no gradient. `Hard` learns by trial: what went better than usual is made likelier, see
`reinforce`. `GumbelHard` pretends, on the way back, that it had taken a soft look.

>>> query = torch.tensor([[1.0]], dtype=torch.float64)
>>> trace = Hard(seed=1)(query, torch.tensor([[1.0], [3.0]], dtype=torch.float64).log())
>>> trace.extras[0].tensor.round(decimals=6).tolist()  # the chances: scores 0 and ln 3
[[[0.25, 0.75]]]
>>> sorted(trace.weights.flatten().tolist())  # one key, whole
[0.0, 1.0]
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import equation
from attention_core.mechanisms.equation import Term
from attention_core.mechanisms.mechanism import (
    Card,
    Extra,
    Knob,
    Mechanism,
    Trace,
    check_same_width,
    edited,
    one_head,
    softmax,
)
from attention_core.mechanisms.price import NONE, Cost
from attention_core.mechanisms.stages import Explained, stage

_STRIDE: Final = np.uint64(0x9E3779B97F4A7C15)


def gumbel_noise(seed: int, queries: int, keys: int, first: int = 0) -> Tensor:
    """(query, key): −log(−log u), with u even between 0 and 1 and the same at the same place.

    The number at a place depends on the seed and the two positions alone: one step at a time
    draws what all at once draw, and every member of a batch draws the same.
    """
    query = np.arange(first, first + queries, dtype=np.uint64)[:, None]
    key = np.arange(keys, dtype=np.uint64)
    bits = _mixed(_mixed(_mixed(np.array(seed, dtype=np.uint64, ndmin=2)) + query) + key)
    even = ((bits >> np.uint64(12)) + 0.5) / 2**52  # neither 0 nor 1
    return torch.from_numpy(-np.log(-np.log(even)))


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The next number of SplitMix64 (Steele, Lea and Flood 2014, figure 13)."""
    state = state + _STRIDE
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def one_hot(scores: Tensor, allowed: Tensor) -> Tensor:
    """1 at the best allowed key of each query, 0 elsewhere; the first of equals."""
    best = scores.masked_fill(~allowed, -torch.inf).argmax(-1, keepdim=True)
    chosen = torch.zeros_like(scores).scatter(-1, best, 1)
    return chosen.masked_fill(~allowed, 0)


def reinforce(
    log_probability: Tensor,
    reward: Tensor,
    baseline: Tensor | float = 0.0,
    *,
    weight: float = 1.0,
    entropy: Tensor | float = 0.0,
    entropy_weight: float = 0.0,
) -> Tensor:
    """What to climb: its gradient is the estimate of Xu et al. 2015, section 4.1, eq. 12.

    log_probability  (sample,)  log p(s | a) of all that was drawn for one sample, in nats
    reward           (sample,)  log p(y | s, a): how well it went
    baseline         how well it usually goes; it takes nothing away from the mean of the estimate,
                     only from its spread
    weight           λ_r of the paper
    entropy          (sample,)  of the chances, in nats; with `entropy_weight`, λ_e of the paper,
                     it keeps the draws open
    returns          one number; its value means nothing, its gradient all
    """
    if log_probability.shape != reward.shape:
        raise ShapeError(
            "Log-probabilities are {have} but rewards {want}; each sample needs one of both.",
            have=tuple(log_probability.shape),
            want=tuple(reward.shape),
        )
    surprise = (reward - baseline).detach()
    return (reward + weight * surprise * log_probability + entropy_weight * entropy).mean()


def running_baseline(baseline: float, reward: Tensor) -> float:
    """b ← 0.9 b + 0.1 · the mean reward (Xu et al. 2015, section 4.1)."""
    return 0.9 * baseline + 0.1 * float(reward.detach().mean())


class Drawn(Mechanism):
    """What both kinds share: the scaled dot product as score, and noise that picks the key.

    The best of scores plus Gumbel noise is a draw with the softmax as its chances. Any score
    would do; Xu et al. use the additive one.

    seed  another seed, another draw
    """

    knobs = (Knob("draw", N_("Another draw"), 0, 99, 0),)
    stages = (
        Explained("noise", N_("noise"), N_("Python draws it; another draw, another noise.")),
        Explained(
            "probabilities",
            N_("probabilities"),
            N_("The chances of every key before one is drawn."),
            shares=True,
        ),
        Explained("log_probability", N_("log-probability of the draw")),
        Explained("relaxed", N_("the soft look behind")),
    )

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        if not 0 <= seed < 2**63:
            raise ShapeError(
                "A seed of {seed} cannot start a draw; use a whole number from 0.", seed=seed
            )
        self.seed = seed

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(seed=cls.settings(turned)["draw"])

    @abstractmethod
    def look(self, scores: Tensor, noise: Tensor, allowed: Tensor) -> tuple[Tensor, list[Extra]]:
        """The weights, and what is particular: all (..., query, key) without a head axis."""

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_same_width(query, key)
        scores = stage("scores", query @ key.mT)
        scaled = stage("scaled", scores / key.shape[-1] ** 0.5)
        stage("allowed", allowed)
        noise = gumbel_noise(self.seed, query.shape[-2], key.shape[-2], first).to(scores)

        drawn, extras = self.look(scaled, stage("noise", noise), allowed)
        weights = edited(self, drawn, allowed, first)

        extras.append(Extra("noise", noise.expand_as(scaled).unsqueeze(-3), "h q k"))
        return one_head(scaled, allowed, weights, value, weights @ value, *extras)


class Hard(Drawn):
    """Xu et al. 2015, section 4.1: each query draws one key and takes its value whole.

    Nothing flows back through the draw. Log-probabilities are handed out for `reinforce`; they
    are those of the draw, whatever an experiment puts in place of the weights.
    """

    card = Card(
        name="hard",
        title=N_("Hard attention"),
        equation=r"s_t \sim \mathrm{Multinoulli}(\alpha_t),\quad"
        r" \alpha_t = \mathrm{softmax}(e_t),\quad \hat z_t = \sum_i s_{t,i}\, a_i",
        source="Xu et al. 2015, section 4.1, eq. 8–9; learning: eq. 10–12",
        link="https://arxiv.org/abs/1502.03044",
        sums_to_one_over="keys",
        checked="code",
        place=80,
        sets={"soft": 1},
        stops={"hard": 1},
    )
    cost = Cost(value=NONE)
    terms = (
        equation.CONTEXT, Term("sample_j(", "weights"), Term("softmax_j(", "probabilities"),
        *equation.SCALED, Term("))", "probabilities"), equation.VALUE,
    )  # fmt: skip

    def look(self, scores: Tensor, noise: Tensor, allowed: Tensor) -> tuple[Tensor, list[Extra]]:
        chances = stage("probabilities", self.normalise(scores, allowed))
        drawn = one_hot(scores.detach() / self.temperature + noise, allowed)
        found = self.log_probability(scores, drawn, allowed)
        return drawn, [
            Extra("probabilities", chances.unsqueeze(-3), "h q k"),
            Extra("log_probability", found.unsqueeze(-2), "h q"),
        ]

    def log_probability(self, scores: Tensor, drawn: Tensor, allowed: Tensor) -> Tensor:
        """(..., query), in nats: of the key that was drawn; 0 where there was none to draw."""
        hidden = (scores / self.temperature).masked_fill(~allowed, -torch.inf)
        logs = nn.functional.log_softmax(hidden, -1).masked_fill(drawn == 0, 0)
        return logs.sum(-1)


class GumbelHard(Drawn):
    """Jang, Gu and Poole 2017, section 2.2: one key on the way there, a soft look on the way back.

    The temperature sharpens the soft look only: which key is drawn does not depend on it. The
    gradient is that of the soft look, which is not quite the right one, the less so the colder.
    """

    card = Card(
        name="gumbel",
        title=N_("Hard attention, straight-through Gumbel"),
        equation=r"y = \mathrm{softmax}\!\left(\frac{e + g}{\tau}\right),\quad"
        r" g = -\log(-\log u),\quad z = a_{\operatorname{argmax} y},\quad"
        r" \nabla z := \nabla \textstyle\sum_i y_i\, a_i",
        source="Jang, Gu & Poole 2017, section 2, eq. 1–2, and section 2.2",
        link="https://arxiv.org/abs/1611.01144",
        sums_to_one_over="keys",
        checked="code",
        place=90,
        sets={"soft": 2},
        stops={"hard": 2},
    )
    cost = Cost(value=NONE)
    terms = equation.named("argmax", *equation.SCALED, Term(" + noise", "noise"))

    def __init__(self, seed: int = 0, temperature: float = 1.0) -> None:
        super().__init__(seed)
        if not temperature > 0:
            raise ShapeError(
                "A temperature of {temperature} divides by nothing; use more than 0.",
                temperature=temperature,
            )
        self.temperature = temperature

    def look(self, scores: Tensor, noise: Tensor, allowed: Tensor) -> tuple[Tensor, list[Extra]]:
        chances = stage("probabilities", softmax(scores, allowed))
        soft = stage("relaxed", self.normalise(scores + noise, allowed))
        drawn = one_hot(scores.detach() + noise, allowed)
        return drawn + (soft - soft.detach()), [
            Extra("probabilities", chances.unsqueeze(-3), "h q k"),
            Extra("relaxed", soft.unsqueeze(-3), "h q k"),
        ]

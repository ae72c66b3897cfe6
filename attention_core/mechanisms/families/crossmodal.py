"""Attention between words and pictures: words are the queries, regions of a picture the keys.

>>> word = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
>>> regions = torch.tensor([[3.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
>>> cosines(word, regions).tolist()
[[1.0, 0.0]]
>>> TwoTower(scale=math.log(3))(word, regions).weights.round(decimals=6).tolist()
[[[0.75, 0.25]]]
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, leaky_relu, normalize

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
    check_width,
    edited,
    one_head,
    softmax,
)
from attention_core.mechanisms.price import NONE, Cost, Factor
from attention_core.mechanisms.stages import Explained, stage

STEEPEST: Final = 100.0
"""CLIP never multiplies a cosine by more."""
TINY: Final = 1e-16

_COMPARED: Final = Factor("6d", lambda size: 6 * size.width)
_BOTH: Final = Factor(
    "(6nd^2 + 6nd)", lambda size: 6 * size.length * size.width**2 + 6 * size.length * size.width
)


def cosines(queries: Tensor, keys: Tensor) -> Tensor:
    """How alike each two directions are: 1 = the same, 0 = nothing in common, −1 = opposite.

    queries  (..., query, width)
    keys     (..., key, width)
    returns  (..., query, key); 0 for a vector of zeros, which points nowhere
    """
    check_same_width(queries, keys)
    return normalize(queries, dim=-1) @ normalize(keys, dim=-1).mT


class StackedCross(Mechanism):
    """Lee et al. 2018 (SCAN), section 3.1, text to image: which regions does each word mean?

    A region's similarities are scaled so that their squares add up to 1 over the *words*: the
    words share a region before each of them chooses, so queries depend on one another.

    sharpness  λ₁ of the paper: what the scaled similarities, none above 1, are multiplied by
    leak       what share of a negative similarity is kept: none in the paper, 0.1 in the authors'
               program
    """

    card = Card(
        name="stacked_cross",
        title=N_("Stacked cross attention"),
        equation=r"s_{ij} = \cos(e_i, v_j),\quad \bar s_{ij} ="
        r" \frac{[s_{ij}]_+}{\sqrt{\sum_i [s_{ij}]_+^2}},\quad"
        r" \alpha_{ij} = \mathrm{softmax}_j(\lambda\,\bar s_{ij}),\quad"
        r" a_i = \sum_j \alpha_{ij} v_j",
        source="Lee et al. 2018 (SCAN), section 3.1, text–image",
        link="https://arxiv.org/abs/1803.08024",
        sums_to_one_over="keys",
        checked="code",
        place=260,
        sets={"across": 1},
        stops={"crossmodal": 1},
    )
    terms = equation.softmax(
        Term("λ [", "scores"), Term("cos(q_i, k_j)", "similarity"),
        Term("]_+ / ‖column j‖", "scores"), equation.MASK,
    )  # fmt: skip

    knobs = (Knob("sharpness", N_("Sharpness"), 1, 20, 9),)
    stages = (
        Explained(
            "similarity",
            N_("similarity"),
            N_("The cosine of each word and each region: 1 = the same direction."),
        ),
    )

    def __init__(self, sharpness: float = 9.0, leak: float = 0.0) -> None:
        super().__init__()
        if not 0 < sharpness < math.inf or not 0 <= leak <= 1:
            raise ShapeError(
                "A sharpness of {sharpness} and a leak of {leak} give no weights; use a sharpness "
                "above 0 and a leak from 0 to 1.",
                sharpness=sharpness,
                leak=leak,
            )
        self.sharpness, self.leak = sharpness, leak

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        similarity = stage("similarity", cosines(query, key))
        kept = leaky_relu(similarity, self.leak) * allowed
        scores = self.sharpness * kept / kept.square().sum(-2, keepdim=True).clamp_min(TINY).sqrt()

        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        shown = Extra("similarity", similarity.unsqueeze(-3), "h q k")
        return one_head(scores, allowed, weights, value, weights @ value, shown)


class Match(NamedTuple):
    """How well a text fits a picture, word by word and as a whole.

    words   (..., word)  R: the cosine of each word and the regions that it found
    strong  (...)        their LogSumExp: near the best word, at most log(words) / sharpness above
    mean    (...)
    """

    words: Tensor
    strong: Tensor
    mean: Tensor


def matching(words: Tensor, contexts: Tensor, sharpness: float = 6.0) -> Match:
    """Lee et al. 2018, section 3.1: R(e, a) of each word, pooled in the paper's two ways.

    words      (..., word, width)
    contexts   (..., word, width), what `StackedCross` took from the picture for each
    sharpness  λ₂: the larger, the more the best word decides

    Raises ShapeError when the two do not go together.
    """
    if words.shape[-2:] != contexts.shape[-2:]:
        raise ShapeError(
            "The words are {words} and what they took is {contexts}; each word needs one context "
            "of its own width.",
            words=tuple(words.shape[-2:]),
            contexts=tuple(contexts.shape[-2:]),
        )
    if words.shape[-2] == 0 or not 0 < sharpness < math.inf:
        raise ShapeError(
            "{count} words at a sharpness of {sharpness} cannot be pooled; use at least one word "
            "and a sharpness above 0.",
            count=words.shape[-2],
            sharpness=sharpness,
        )
    fits = (normalize(words, dim=-1) * normalize(contexts, dim=-1)).sum(-1)
    return Match(fits, torch.logsumexp(sharpness * fits, -1) / sharpness, fits.mean(-1))


class CoAttention(Mechanism):
    """Lu et al. 2016, section 3.3, parallel co-attention: a question and a picture look at each
    other at once.

    There is *one* distribution over the regions for the whole question, aᵛ, and one over the
    words, a^q. Every row of the weights is aᵛ, for it is the question that looks, not a word; the
    context of every row is the one attended picture v̂. What differs between words stands in the
    extras: ``affinity`` is C, ``words`` is a^q, from which q̂ is summed. A mask may still forbid a
    word some regions: that pair has no affinity, and the word's row is aᵛ over what is left.
    """

    card = Card(
        name="co_attention",
        title=N_("Co-attention"),
        equation=r"C = \tanh(Q^\top W_b V),\quad H^v = \tanh(W_v V + (W_q Q)\,C),\quad"
        r" H^q = \tanh(W_q Q + (W_v V)\,C^\top),\quad a^v = \mathrm{softmax}(w_{hv}^\top H^v),\quad"
        r" a^q = \mathrm{softmax}(w_{hq}^\top H^q),\quad \hat v = \sum_n a^v_n v_n",
        source="Lu et al. 2016, section 3.3, eq. 3–5",
        link="https://arxiv.org/abs/1606.00061",
        sums_to_one_over="keys",
        checked="code",
        place=270,
        sets={"across": 2},
        stops={"crossmodal": 0},
    )
    cost = Cost(score=_COMPARED, value=NONE, once=_BOTH)
    terms = (
        *equation.softmax(
            Term("w · tanh(W_v k_j + ", "scores"), Term("Σ_i C_{ij}", "affinity"),
            Term(" W_q q_i)", "scores"), equation.MASK,
        ),
        Term(",  "), Term("C = tanh(q W_b k)", "affinity"),
    )  # fmt: skip

    stages = (
        Explained(
            "affinity",
            N_("affinity"),
            N_("How well each word and each region go together, from −1 to 1."),
        ),
        Explained("words", N_("shares of the words")),
    )

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.affinity = nn.Linear(width, width, bias=False)  # W_b
        self.query_projection = nn.Linear(width, hidden, bias=False)  # W_q
        self.key_projection = nn.Linear(width, hidden, bias=False)  # W_v
        self.query_score = nn.Linear(hidden, 1, bias=False)  # w_hq
        self.key_score = nn.Linear(hidden, 1, bias=False)  # w_hv

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, width)

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        for name, tensor in (("query", query), ("key", key)):
            check_width(name, tensor, self.affinity.in_features)
        affinity = stage("affinity", (query @ self.affinity(key).mT).tanh() * allowed)  # C
        words, regions = self.query_projection(query), self.key_projection(key)
        of_regions = (regions + affinity.mT @ words).tanh()  # H_v, (..., key, hidden)
        of_words = (words + affinity @ regions).tanh()  # H_q, (..., query, hidden)

        scores = self.key_score(of_regions).mT.expand_as(affinity)
        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        heard = softmax(self.query_score(of_words).mT, allowed.any(-1).unsqueeze(-2))
        shown = (Extra("affinity", affinity.unsqueeze(-3), "h q k"), Extra("words", heard, "h q"))
        return one_head(scores, allowed, weights, value, weights @ value, *shown)


class TwoTower(Mechanism):
    """Radford et al. 2021 (CLIP), section 2.3 and figure 3: which picture goes with which text?

    This is **no cross-attention**. Each tower reads its own side alone; a query is a *whole text*
    and a key a *whole picture*, one vector each, and a row of weights is how likely each picture
    of a batch belongs to that text. No value flows from one tower to the other: the context, as
    the interface asks for one, is the mean of the values by these weights and no part of CLIP.

    scale  exp(t): what a cosine is multiplied by; one divided by CLIP's temperature. CLIP learns
           it, starting from 1 / 0.07, and never lets it pass 100
    """

    card = Card(
        name="two_tower",
        title=N_("Two towers without cross-attention (CLIP)"),
        equation=r"p(I_j \mid T_i) = \mathrm{softmax}_j\!\left(e^{t}\,\cos(T_i, I_j)\right)",
        source="Radford et al. 2021 (CLIP), section 2.3 and figure 3",
        link="https://arxiv.org/abs/2103.00020",
        sums_to_one_over="keys",
        checked="code",
        place=280,
        sets={"across": 3},
        stops={"crossmodal": 2},
    )
    cost = Cost(value=NONE)
    terms = equation.softmax(Term("e^t cos(q_i, k_j)", "scores"), equation.MASK)

    knobs = (Knob("scale", N_("Scale of the cosines"), 1, STEEPEST, 14),)

    def __init__(self, scale: float = 1 / 0.07) -> None:
        super().__init__()
        if not 0 < scale <= STEEPEST:
            raise ShapeError(
                "Cosines cannot be scaled by {scale}; use more than 0 and at most {most}.",
                scale=scale,
                most=STEEPEST,
            )
        self.scale = scale

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        scores = self.scale * cosines(query, key)

        weights = edited(self, self.normalise(scores, allowed), allowed, first)

        return one_head(scores, allowed, weights, value, weights @ value)


def contrastive_loss(text: Tensor, image: Tensor, logit_scale: Tensor) -> Tensor:
    """How badly texts and pictures find their partners, both ways: log(pairs) when all look alike.

    text, image  (pair, width), row i of one belongs to row i of the other; of any length
    logit_scale  t, a single number: cosines are multiplied by exp(t), and by 100 at most. At that
                 bound t has no gradient, so a training loop should clip t itself after each step
    returns      a single number, in nats

    Source: Radford et al. 2021, figure 3: (cross-entropy over rows + over columns) / 2.
    Raises ShapeError when the two sides are not pairs.
    """
    if text.ndim != 2 or text.shape != image.shape or not len(text):
        raise ShapeError(
            "The texts are {text} and the pictures {image}; both need the same (pair, width).",
            text=tuple(text.shape),
            image=tuple(image.shape),
        )
    logits = logit_scale.exp().clamp_max(STEEPEST) * cosines(text, image)
    partners = torch.arange(len(text), device=text.device)
    return (cross_entropy(logits, partners) + cross_entropy(logits.mT, partners)) / 2

"""Shapley values, by captum: what each word adds to those that are there, in the mean over the
orders in which words may come.

>>> from attention_core.numbers.attribution.planted import planted
>>> found = METHOD.of(planted(), Knobs(samples=2))  # two words have two orders
>>> found.scores.tolist(), found.missing
([0.25, 1.5], 0.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from itertools import permutations
from math import factorial
from random import Random
from typing import Final

import torch
from torch import Tensor

from attention_core.errors import AttentionError, Superseded
from attention_core.marking import N_
from attention_core.numbers.attribution.groups import parted
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes
from attention_core.numbers.attribution.output import AT_ONCE, Output
from attention_core.watching.record import Note

MOST: Final = 4_096
"""Orders."""
PLAYERS: Final = 64
"""Words, or groups of them."""
SEED: Final = 7


def orders(players: int, samples: int) -> list[tuple[int, ...]]:
    """Orders in which so many players may come: all where there are no more than `samples`; else
    some by chance, the same at every call, each followed by its reverse, so that who comes early in
    one comes late in the other.

    Source: Mitchell et al. 2022, https://arxiv.org/abs/2104.12199, antithetic sampling.

    >>> orders(2, 8), len(orders(3, 6)), len(orders(9, 6))
    ([(0, 1), (1, 0)], 6, 6)
    """
    if players < 2 or (players < 8 and factorial(players) <= samples):
        return list(permutations(range(players)))
    dice = Random(SEED)
    drawn = [tuple(dice.sample(range(players), players)) for _ in range((samples + 1) // 2)]
    return [order for one in drawn for order in (one, one[::-1])][:samples]


def _attribute(output: Output, knobs: Knobs) -> Found:
    groups = parted(output, knobs.groups)
    if knobs.samples < 1:
        raise AttentionError(
            "Shapley values run the model some hundred times; choose in how many orders the words "
            "shall come."
        )
    if knobs.samples > MOST or len(groups) > PLAYERS:
        raise AttentionError(
            "Shapley values are worked out for at most {players} words or groups, in at most "
            "{most:,} orders; take a shorter text, or larger groups.",
            players=PLAYERS,
            most=MOST,
        )
    come = orders(len(groups), knobs.samples)
    made, outputs = _sampled(output, groups, come)
    blank, rows = outputs[0], outputs[1:].reshape(len(come), len(groups))
    scores = torch.zeros(len(output.given), dtype=torch.float64)
    for group in groups:
        scores[list(group)] = made[list(group)] / len(group)
    every = len(groups) < 8 and len(come) == factorial(len(groups))
    known = 0.0 if every else spread(rows, float(blank), come)
    return Found(scores, output.value - float(blank), (_said(len(come), known, every),))


def _sampled(
    output: Output, groups: tuple[tuple[int, ...], ...], come: list[tuple[int, ...]]
) -> tuple[Tensor, Tensor]:
    """(token,), what captum finds; and every output in the order in which it asked."""
    captum = import_module("captum.attr")  # takes a second, which only those wait who ask for it
    heard = list[Tensor]()

    def asked(vectors: Tensor) -> Tensor:
        if output.cancelled():
            raise Superseded
        heard.append(output.answer(vectors).double().cpu())
        return heard[-1].to(vectors.device)

    number = torch.zeros(1, len(output.given), 1, dtype=torch.long, device=output.given.device)
    for player, group in enumerate(groups):
        number[:, list(group)] = player
    sampling = captum.ShapleyValueSampling(asked)
    sampling.permutation_generator = lambda _players, _samples: iter(come)
    made = sampling.attribute(
        output.given.detach()[None], output.blank.detach()[None], feature_mask=number,
        n_samples=len(come), perturbations_per_eval=max(1, AT_ONCE // len(output.given)),
    )  # fmt: skip
    return made[0].mean(-1).double().cpu(), torch.cat(heard)


def spread(rows: Tensor, blank: float, come: Sequence[tuple[int, ...]]) -> float:
    """Half of the widest 95 % interval among the players' means, by the normal distribution; orders
    that are each other's reverse count as one.

    rows   (order, player): the output after each player came
    blank  the output when none is there
    come   the orders
    """
    before = torch.cat([rows.new_full((len(rows), 1), blank), rows[:, :-1]], 1)
    gained = torch.zeros_like(rows)
    for at, order in enumerate(come):
        gained[at, list(order)] = (rows - before)[at]
    pairs = torch.stack([one.mean(0) for one in torch.split(gained, 2)])
    if len(pairs) < 2:
        return float("nan")
    return float(1.96 * pairs.std(0).max() / len(pairs) ** 0.5)


def _said(count: int, known: float, every: bool) -> Note:
    if every:
        return Note("Shapley values: the mean over all {orders} orders, so they are exact.",
                    orders=count)  # fmt: skip
    if known != known:  # noqa: PLR0124  # NaN
        return Note("Shapley values: two orders do not say how well they are known; take more.")
    return Note(
        "Shapley values: the mean over {orders} orders by chance; each is known to ± {spread} "
        "(95 %).",
        orders=count,
        spread=f"{known:.2g}",
    )


METHOD = Method(
    "shapley",
    N_("Shapley values"),
    "Castro, Gómez & Tejada 2009, https://doi.org/10.1016/j.cor.2008.04.004, section 3",
    r"s_j = \mathbb E_{\pi}\big[F(x_{P_j \cup \{j\}}) - F(x_{P_j})\big],\quad "
    r"P_j = \{i : \pi(i) < \pi(j)\}",
    N_(
        "It sees the whole model with every kind of gap, not only one word missing: what a word "
        "adds is taken in the mean over orders by chance. The scores add up to the difference "
        "between text and baseline; the pieces of a group share its worth alike."
    ),
    ("model",),
    lambda tokens, knobs: Passes(_asked(len(knobs.groups) or tokens, knobs.samples)),
    _attribute,
    95,
    signed=True,
    knobs=("groups", "samples"),
)


def _asked(players: int, samples: int) -> int:
    few = players < 8 and factorial(players) <= samples
    return 1 + players * (factorial(players) if few else samples)

"""Other attention, the same answer? What an output would be if the weights had been others.

>>> row = torch.tensor([0.7, 0.2, 0.1])
>>> shuffled(row, 2).sum(-1).tolist()
[1.0, 1.0]
>>> float(total_variation(row, torch.tensor([0.2, 0.7, 0.1]))), float(jensen_shannon(row, row))
(0.5, 0.0)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from attention_core.errors import AttentionError, Superseded
from attention_core.watching.capture import never

Answer = Callable[[Tensor], Tensor]
"""From rows of weights, (case, key), to what the model says then: (case, word), each sums to 1."""
LARGEST: Final = math.log(2)
"""Of the Jensen–Shannon divergence, in nats: two rows that share no key."""
_TINY: Final = 1e-30


def total_variation(one: Tensor, other: Tensor) -> Tensor:
    """Half the sum of the differences over the last axis: 0 is the same, 1 shares nothing."""
    return (one - other).abs().sum(-1) / 2


def jensen_shannon(one: Tensor, other: Tensor) -> Tensor:
    """How far two distributions over the last axis are apart: from 0 to ln 2, in nats.

    Source: Lin 1991, Divergence measures based on the Shannon entropy, eq. 4.1.
    """
    middle = (one + other) / 2

    def to_middle(given: Tensor) -> Tensor:
        logs = given.clamp_min(_TINY).log() - middle.clamp_min(_TINY).log()
        return (given * logs).sum(-1)

    return ((to_middle(one) + to_middle(other)) / 2).clamp_min(0)


def shuffled(row: Tensor, count: int, seed: int = 11) -> Tensor:
    """(case, key): the weights of a row given to other keys, by chance, the same at every call."""
    dice = torch.Generator().manual_seed(seed)
    orders = torch.stack([torch.randperm(len(row), generator=dice) for _ in range(count)])
    return row[orders.to(row.device)]


def shaken(answer: Answer, row: Tensor, count: int) -> Tensor:
    """(case,): how far the answer moves when the weights are shuffled, as total variation.

    Source: Jain & Wallace 2019, https://arxiv.org/abs/1902.10186, section 4.2.1, algorithm 1.
    """
    with torch.no_grad():
        return total_variation(answer(shuffled(row, count)), answer(row[None]))


@dataclass(frozen=True)
class Adversary:
    """Weights that were looked for: as different as can be, with nearly the same answer.

    row     (key,), sums to 1
    apart   Jensen–Shannon divergence from the weights as they were, in nats
    change  total variation of the answer
    """

    row: Tensor
    apart: float
    change: float


def adversary(
    answer: Answer, row: Tensor, least: float = 0.01, steps: int = 100, starts: int = 6,
    cancelled: Callable[[], bool] = never,
) -> Adversary:  # fmt: skip
    """The row farthest from this one whose answer changes by `least` at most, as found by ascent.

    answer  differentiable
    row     (key,)
    starts  rows from which it is looked for at the same time

    The row itself where nothing else keeps the answer. Source: Jain & Wallace 2019, section 4.2.2,
    eq. 5 and 6, with their ε and penalty; Adam in place of plain ascent.

    Raises AttentionError for a row of one key, Superseded when nobody waits any more.
    """
    if len(row) < 2:
        raise AttentionError("Of one word there is no other way to look; write a longer text.")
    with torch.no_grad():
        said = answer(row[None])
    dice = torch.Generator().manual_seed(5)
    logits = torch.randn(starts, len(row), generator=dice, dtype=torch.float64).to(row.device)
    logits = (2 * logits).requires_grad_()
    steered = torch.optim.Adam([logits], lr=0.15)
    best = Adversary(row, 0.0, 0.0)
    for _ in range(steps):
        if cancelled():
            raise Superseded
        rows = logits.softmax(-1).to(row)
        change = total_variation(answer(rows), said)
        apart = jensen_shannon(rows, row)
        with torch.no_grad():
            kept = torch.where(change <= least, apart, -1.0)
            place = int(kept.argmax())
            if float(kept[place]) > best.apart:
                best = Adversary(rows[place].clone(), float(apart[place]), float(change[place]))
        loss = (100 * (change - least / 2).clamp_min(0) - apart).sum()
        (logits.grad,) = torch.autograd.grad(loss, logits)
        steered.step()
    return best

"""How unevenly a head shares out its attention.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b c d")
>>> _gini(Read(torch.tensor([[[0.5, 0.25, 0.25, 0.0]] * 4]), axis, axis)).tolist()
[0.375]
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers.measures.measure import Measure, Read
from attention_core.numbers.spread import shares


def _gini(read: Read) -> Tensor:
    """(head,), 0 to 1: the mean over the reader's own tokens."""
    return torch.mean(coefficient(read.rows), -1)


def coefficient(weights: Tensor) -> Tensor:
    """0 where all keys weigh the same, 1 − 1/keys where one has all the weight.

    weights  (..., key), none below zero, of any sum
    returns  (...); 0 where nothing is looked at

    Keys that may not be looked at count, with their weight of zero.

    Source: Hurley & Rickard 2009, Comparing Measures of Sparsity, table I.
    """
    ordered = shares(weights).sort(-1).values  # the smallest first
    keys = weights.shape[-1]
    factors = 2 * torch.arange(1, keys + 1).to(weights) - keys - 1
    return (ordered * factors).sum(-1).clamp_min(0) / keys  # rounding: never "-0.00"


MEASURES = (
    Measure(
        "gini",
        N_("Gini coefficient"),
        N_("How unevenly the head looks: 0 is all tokens alike, near 1 is a single token."),
        15,
        _gini,
    ),
)

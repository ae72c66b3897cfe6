"""Heads that look everywhere.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b c d")
>>> _evenly(Read(torch.full((1, 4, 4), 0.25), axis, axis)).tolist()
[1.0]
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers.labels.label import Label
from attention_core.numbers.measures.measure import Read
from attention_core.numbers.spread import entropy


def _evenly(read: Read) -> Tensor:
    """(head,), 0 to 1: the bits of a look, of those that as many places can have as are in reach.

    Where no head looks ahead, only what came before is in reach, and the token itself.
    """
    reach = torch.full((len(read.queries),), len(read.keys))
    if not read.crosses and not bool(read.weights.triu(1).any()):
        reach = torch.arange(1, len(read.queries) + 1)
    reach = reach[read.looking]
    asked = reach > 1
    if not bool(asked.any()):
        return read.nothing()
    return (entropy(read.rows[:, asked]) / torch.log2(reach[asked].float())).mean(-1).clamp(0, 1)


LABELS = (
    Label(
        "broad", N_("broad"),
        N_("It looks almost everywhere: its looks have at least 0.85 of the bits that they can."),
        100, _evenly, least=0.85,
    ),
)  # fmt: skip

"""How far a head looks, in whatever its axis counts: tokens, patches, seconds.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b c d")
>>> _distance(Read(torch.eye(4).roll(1, 1)[None], axis, axis)).tolist()
[1.5]
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers.measures.measure import AXIS, Measure, Read


def _distance(read: Read) -> Tensor:
    """(head,): the mean of how far query and key are apart, weighted by attention.

    NaN where queries look at another text; what lies nowhere counts for nothing.
    """
    if read.crosses:
        return read.nothing()
    far: Tensor = torch.linalg.vecdot(read.rows, read.apart)
    return far.mean(-1)


MEASURES = (
    Measure(
        "distance",
        N_("distance"),
        N_("How far away the head looks, on average, weighted by attention."),
        20,
        _distance,
        AXIS,
    ),
)

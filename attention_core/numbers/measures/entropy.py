"""How widely a head looks.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b c d")
>>> _spread(Read(torch.full((1, 4, 4), 0.25), axis, axis)).tolist()
[2.0]
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers.measures.measure import Measure, Read
from attention_core.numbers.spread import entropy


def _spread(read: Read) -> Tensor:
    """(head,), bits: the mean over the reader's own tokens."""
    return torch.mean(entropy(read.rows), -1)


MEASURES = (
    Measure(
        "entropy",
        N_("spread"),
        N_("How widely the head looks: 0 bits is one token, more is more tokens."),
        10,
        _spread,
        N_("bits"),
    ),
)

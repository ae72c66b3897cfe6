"""How much of the attention lands on the token before, on itself, or on the next.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b c d")
>>> read = Read(torch.eye(4)[None], axis, axis)
>>> {measure.name: measure.heads(read).tolist() for measure in MEASURES}
{'on_previous': [0.0], 'on_itself': [1.0], 'on_next': [0.0]}
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers.measures.measure import Measure, Read


def _offset(step: int) -> Callable[[Read], Tensor]:
    """Share of attention on the place `step` further on: (head,), 0 to 1.

    The mean over the reader's own tokens that have such a neighbour; NaN where queries look at
    another text.
    """

    def share(read: Read) -> Tensor:
        if read.crosses:
            return read.nothing()
        places = torch.arange(len(read.queries))[read.looking]
        places = places[(places + step >= 0) & (places + step < len(read.keys))]
        return read.weights[:, places, places + step].sum(-1) / max(1, len(places))

    return share


MEASURES = (
    Measure(
        "on_previous",
        N_("on the one before"),
        N_("Share of attention on the token just before."),
        40,
        _offset(-1),
    ),
    Measure(
        "on_itself",
        N_("on itself"),
        N_("Share of attention that a token keeps for itself."),
        50,
        _offset(0),
    ),
    Measure(
        "on_next",
        N_("on the next one"),
        N_("Share of attention on the token just after."),
        60,
        _offset(1),
    ),
)

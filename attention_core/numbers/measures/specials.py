"""How much of the attention lands on what the model added.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b")
>>> _on_specials(Read(torch.eye(2)[None], axis, axis)).tolist()
[0.0]
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers.measures.measure import Measure, Read


def _on_specials(read: Read) -> Tensor:
    """(head,), 0 to 1"""
    special = torch.tensor([token.special for token in read.keys.tokens])
    return read.rows[..., special].sum(-1).mean(-1)


MEASURES = (
    Measure(
        "on_specials",
        N_("on special tokens"),
        N_("Share of attention on tokens that the model added, such as [CLS]."),
        30,
        _on_specials,
    ),
)

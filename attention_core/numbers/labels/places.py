"""Heads that are called by how far they look.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b c d e f g h i j")
>>> [label.heads(Read(torch.full((1, 10, 10), 0.1), axis, axis)).isnan().item() for label in LABELS]
[False, False, False, False]
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers import measures
from attention_core.numbers.labels.label import Label, share
from attention_core.numbers.measures.measure import Read

WIDTH: Final = 2
"""Tokens on either side that are near."""
SHORTEST: Final = 4 * WIDTH + 2
"""Tokens without which everything is near."""


def _near(read: Read) -> Tensor:
    """(head,), 0 to 1: the share within WIDTH tokens on either side, the token's own included."""
    if read.crosses or len(read.queries) < SHORTEST or len(read.queries) != len(read.keys):
        return read.nothing()
    place = torch.arange(len(read.queries))
    return share(read, (place[:, None] - place).abs() <= WIDTH)


LABELS = (
    Label(
        "previous", N_("previous token"),
        N_("At least half of its attention goes to the token just before."),
        10, measures.ALL["on_previous"].heads,
    ),
    Label(
        "next", N_("next token"),
        N_("At least half of its attention goes to the token just after."),
        20, measures.ALL["on_next"].heads,
    ),
    Label(
        "itself", N_("itself"),
        N_("At least half of its attention stays with the token itself."),
        30, measures.ALL["on_itself"].heads,
    ),
    Label(
        "local", N_("local"),
        N_("At least nine tenths of its attention stay within two tokens on either side."),
        40, _near, least=0.9,
    ),
)  # fmt: skip
"""Half for a single place as Clark et al. 2019, section 3.1, https://arxiv.org/abs/1906.04341."""

"""Capsules: small parts of a paper vote for ten digits, and send more of themselves where they
agree.

>>> network = Capsules()
>>> found = network(torch.rand(2, 12, 12))
>>> found.lengths.shape, found.look.trace.weights.shape  # 128 parts, 10 wholes
(torch.Size([2, 10]), torch.Size([2, 1, 10, 128]))
>>> torch.allclose(found.look.trace.weights.sum(-2), torch.ones(2, 1, 128))
True

Source: Sabour, Frosst and Hinton 2017, sections 2 to 4; smaller here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.routing import Routing, squash
from attention_core.watching.place import Place
from models.ours.looks import Traced

DIGITS: Final = 10
KINDS: Final = 8
"""Parts at each place."""
PART: Final = 8
"""Numbers of a part."""
WHOLE: Final = 16
"""Numbers of a digit capsule."""
PLACES: Final = 4
"""Places along one side."""
FIELD: Final = 9
"""Pixels along one side that a part is made of."""
ROUNDS: Final = 3
PLACE: Final = Place("capsules", 0, "cross")


class Routed(NamedTuple):
    """lengths (batch, digit), from 0 to 1, and the look of digits at parts."""

    lengths: Tensor
    look: Traced


class Capsules(nn.Module):
    """rounds: of routing"""

    def __init__(self, rounds: int = ROUNDS) -> None:
        super().__init__()
        self.see = nn.Conv2d(1, 32, 5)
        self.parts = nn.Conv2d(32, KINDS * PART, 5)
        self.routing = Routing(PART, WHOLE, DIGITS, rounds)

    def forward(self, pixels: Tensor) -> Routed:
        """pixels (batch, row, column) of 12 × 12"""
        parts = self.primary(pixels)
        asked = parts.new_zeros(len(parts), DIGITS, PART)  # no queries of their own: logits from 0
        allowed = torch.ones(1, DIGITS, parts.shape[1], dtype=torch.bool, device=parts.device)
        trace = self.routing.attend(asked, parts, parts, allowed.expand(len(parts), -1, -1))
        return Routed(trace.context.norm(dim=-1), Traced(PLACE, self.routing, trace))

    def primary(self, pixels: Tensor) -> Tensor:
        """(batch, part, number): places row by row, the kinds of one place together."""
        found = self.parts(self.see(pixels.unsqueeze(1)).relu())  # (batch, kind · number, y, x)
        parts = found.unflatten(1, (KINDS, PART)).permute(0, 3, 4, 1, 2)
        return squash(parts.flatten(1, 3))


def margin_loss(lengths: Tensor, there: Tensor) -> Tensor:
    """Sabour et al. 2017, eq. 4: long where a digit is there, short where not.

    lengths  (batch, digit)
    there    (batch, digit), 1 or 0
    """
    present = there * (0.9 - lengths).relu() ** 2
    absent = 0.5 * (1 - there) * (lengths - 0.1).relu() ** 2
    return (present + absent).sum(-1).mean()

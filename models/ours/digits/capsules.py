"""Capsules: small parts of a paper vote for ten digits, and send more of themselves where they
agree.

The paper's matrix from every part to every digit is here one for every *kind* of part and digit: a
part's numbers stand in its kind's block of a value that is zero elsewhere, so that `Routing`, whose
matrices are one for each digit, has a matrix for each kind inside. Where a part lies is told by two
numbers more, as long as the part.

>>> network = Capsules()
>>> found = network(torch.rand(2, 12, 12))
>>> found.lengths.shape, found.look.trace.weights.shape  # 4 kinds of part at 5 × 5 places
(torch.Size([2, 10]), torch.Size([2, 1, 10, 100]))
>>> torch.allclose(found.look.trace.weights.sum(-2), torch.ones(2, 1, 100))
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
KINDS: Final = 4
"""Parts at each place."""
PART: Final = 12
"""Numbers of a part."""
BLOCK: Final = PART + 3
"""Those, its length, and its length times its row and column."""
WHOLE: Final = 16
"""Numbers of a digit capsule."""
PLACES: Final = 5
"""Places along one side."""
PAPER_EDGE: Final = 1
"""Pixels between the edge of the paper and the first place."""
FIELD: Final = 8
"""Pixels along one side that a part is made of."""
ROUNDS: Final = 3
PLACE: Final = Place("capsules", 0, "cross")


class Routed(NamedTuple):
    """lengths (batch, digit), from 0 to 1, and of the parts (batch, part); the look at them."""

    lengths: Tensor
    parts: Tensor
    look: Traced


class Capsules(nn.Module):
    """rounds: of routing"""

    def __init__(self, rounds: int = ROUNDS) -> None:
        super().__init__()
        self.see = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
            nn.Conv2d(64, 64, 3), nn.ReLU(),
        )  # fmt: skip
        self.parts = nn.Conv2d(64, KINDS * PART, 2, stride=2)
        self.routing = Routing(KINDS * BLOCK, WHOLE, DIGITS, rounds)

    def forward(self, pixels: Tensor) -> Routed:
        """pixels (batch, row, column) of 12 × 12"""
        parts = self.primary(pixels)
        values = blocks(parts)
        asked = values.new_zeros(len(parts), DIGITS, KINDS * BLOCK)  # no queries: logits from 0
        allowed = torch.ones(1, DIGITS, parts.shape[1], dtype=torch.bool, device=parts.device)
        trace = self.routing.attend(asked, values, values, allowed.expand(len(parts), -1, -1))
        look = Traced(PLACE, self.routing, trace)
        return Routed(trace.context.norm(dim=-1), parts.norm(dim=-1), look)

    def primary(self, pixels: Tensor) -> Tensor:
        """(batch, part, number): places row by row, the kinds of one place together."""
        found = self.parts(self.see(pixels.unsqueeze(1)))  # (batch, kind · number, row, column)
        parts = found.unflatten(1, (KINDS, PART)).permute(0, 3, 4, 1, 2)
        return squash(parts.flatten(1, 3))


def blocks(parts: Tensor) -> Tensor:
    """(batch, part, `KINDS` · `BLOCK`): each part in the block of its kind, with where it lies."""
    at = torch.linspace(-1, 1, PLACES).to(parts)
    where = torch.stack(
        [torch.ones(PLACES, PLACES).to(at), *torch.meshgrid(at, at, indexing="ij")], -1
    )
    where = where.flatten(0, 1).repeat_interleave(KINDS, 0)  # (part, 3)
    told = torch.cat([parts, parts.norm(dim=-1, keepdim=True) * where], -1)
    kinds = torch.eye(KINDS).to(parts).repeat(PLACES * PLACES, 1)  # (part, kind)
    return (kinds.unsqueeze(-1) * told.unsqueeze(-2)).flatten(-2)


def margin_loss(lengths: Tensor, there: Tensor) -> Tensor:
    """Sabour et al. 2017, eq. 4: long where a digit is there, short where not.

    lengths  (batch, digit)
    there    (batch, digit), 1 or 0
    """
    present = there * (0.9 - lengths).relu() ** 2
    absent = 0.5 * (1 - there) * (lengths - 0.1).relu() ** 2
    return (present + absent).sum(-1).mean()

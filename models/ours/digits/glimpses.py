"""One glimpse at a scene: a convolution sees every cell, one query chooses among them, and what it
takes away is all that names the digit.

Four ways to look, and nothing else differs: uniform, soft, and hard, learnt by REINFORCE or by the
straight-through Gumbel softmax.

>>> network = Glimpses("soft")
>>> found = network(torch.zeros(2, 24, 24))
>>> found.logits.shape, found.look.trace.weights.shape
(torch.Size([2, 1, 10]), torch.Size([2, 1, 1, 144]))
>>> evenly = Glimpses("uniform")(torch.rand(1, 24, 24)).look.trace.weights
>>> torch.allclose(144 * evenly, torch.ones_like(evenly))
True

Source: Xu et al. 2015, section 4; the task is ours.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.families.hard import GumbelHard, Hard
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.place import Place
from models.ours.looks import Traced

Way = Literal["uniform", "soft", "reinforce", "gumbel"]
WAYS: Final[tuple[Way, ...]] = ("uniform", "soft", "reinforce", "gumbel")
WIDTH: Final = 64
KEY: Final = 32
DIGITS: Final = 10
PLACE: Final = Place("glimpse", 0, "cross")


class Glimpsed(NamedTuple):
    """logits (batch, glimpse, digit), and the look."""

    logits: Tensor
    look: Traced


class Glimpses(nn.Module):
    """way: how it looks"""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self.way = way
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, 48, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(48, WIDTH, 3, padding=1), nn.ReLU(),
        )  # fmt: skip
        self.key = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, KEY))
        self.query = nn.Parameter(torch.randn(KEY))
        self.mechanism = mechanism(way)
        self.answer = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, DIGITS))

    def forward(self, pixels: Tensor, glimpses: int = 1) -> Glimpsed:
        """pixels (batch, row, column); glimpses: so many, each a draw of its own where one draws"""
        trace = self.look(pixels, glimpses)
        return Glimpsed(self.answer(trace.context), Traced(PLACE, self.mechanism, trace))

    def look(self, pixels: Tensor, glimpses: int = 1) -> Trace:
        """What the query takes away from the cells."""
        cells = self.body(pixels.unsqueeze(1)).flatten(2).mT  # (batch, cell, width)
        key = self.key(cells)
        asked = torch.zeros_like(self.query) if self.way == "uniform" else self.query
        query = asked.expand(len(pixels), glimpses, KEY)
        allowed = torch.ones(1, 1, cells.shape[1], dtype=torch.bool, device=pixels.device)
        everywhere = allowed.expand(len(pixels), glimpses, -1)
        return self.mechanism.attend(query, self.mechanism.prepare(key), cells, everywhere)


def mechanism(way: Way) -> Mechanism:
    """The look itself; a query of zeros makes the scaled dot product look everywhere alike."""
    if way == "reinforce":
        return Hard()
    return GumbelHard() if way == "gumbel" else ScaledDotProduct()

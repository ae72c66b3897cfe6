"""Glimpses: one small look after another at a scene, and a memory that says where to look next.

Every cell of the scene is known twice. The corner of the eye sees all of it, blurred: the keys.
The retina sees 6 × 6 pixels around one cell sharply, and 10 × 10 at half the resolution: the
values. A recurrent memory asks, takes away what one look gives, with where it lay, and says after
each look which digit it believes in.

Four ways to look, and nothing else differs: uniform, soft, and hard, learnt by REINFORCE or by the
straight-through Gumbel softmax. A hard look has a place, and the next one goes on from there, not
far; a soft look has none, and may always be everywhere.

>>> network = Glimpses("soft")
>>> found = network(torch.zeros(2, 24, 24))
>>> found.logits.shape, str(found.looks[3].place)
(torch.Size([2, 4, 10]), 'glimpse-cross.3')
>>> evenly = Glimpses("uniform")(torch.rand(1, 24, 24)).looks[2].trace.weights
>>> torch.allclose(144 * evenly, torch.ones_like(evenly))
True

Source: Mnih et al. 2014, sections 3 and 4; the coarse view that says where to look is that of Ba,
Mnih and Kavukcuoglu 2015, section 3; drawing among cells, and its gradient, Xu et al. 2015, section
4.1. Theirs draw any point of the picture; these draw one cell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.families.hard import Drawn, GumbelHard, Hard
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.place import Place
from models.ours.digits.scene import GRID
from models.ours.looks import Traced

Way = Literal["uniform", "soft", "reinforce", "gumbel"]
DRAWS: Final[tuple[Way, ...]] = ("reinforce", "gumbel")
"""Those whose eye is at one cell, and goes on from there."""
REACH: Final = 2
"""Cells that the eye moves at most, after the first look; it does not stay."""
WAYS: Final[tuple[Way, ...]] = ("uniform", "soft", "reinforce", "gumbel")
LOOKS: Final = 4
RETINA: Final = 6
"""Pixels along one side that one look sees sharply."""
AROUND: Final = 10
"""Pixels along one side that it sees around them, at half the resolution."""
WIDTH: Final = 64
COARSE: Final = 48
KEY: Final = 32
MEMORY: Final = 96
DIGITS: Final = 10
BANDS: Final = 4
"""Waves that tell where a cell lies, along each side."""

Taken = Callable[[Trace, int], tuple[Tensor, Tensor]]
"""What a look takes away, (batch, 1, width), and at which cell the eye then is, (batch,): of its
trace, and which look it is."""


class Glimpsed(NamedTuple):
    """logits (batch, look, digit), after each look; and the looks, one query each."""

    logits: Tensor
    looks: tuple[Traced, ...]


def whole(trace: Trace, _look: int) -> tuple[Tensor, Tensor]:
    """What the mechanism itself takes away."""
    return trace.context, trace.weights[:, 0, 0].argmax(-1)


class Glimpses(nn.Module):
    """way: how it looks; draw: another seed, other draws, where one draws"""

    def __init__(self, way: Way, draw: int = 0) -> None:
        super().__init__()
        self.way = way
        self.retina = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, WIDTH, 4, stride=2, padding=1), nn.ReLU(),
        )  # fmt: skip
        self.around = nn.Sequential(
            nn.AvgPool2d(2),
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, COARSE, 3, padding=1), nn.ReLU(),
        )  # fmt: skip
        self.corner = nn.Sequential(
            nn.AvgPool2d(2),
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(),
        )  # fmt: skip
        self.key = nn.Linear(32 + 4 * BANDS, KEY)
        self.start = nn.Parameter(torch.zeros(MEMORY))
        self.query = nn.Sequential(nn.Linear(MEMORY, MEMORY), nn.ReLU(), nn.Linear(MEMORY, KEY))
        self.memory = nn.GRUCell(WIDTH + COARSE + 4 * BANDS, MEMORY)
        self.answer = nn.Sequential(nn.Linear(MEMORY, MEMORY), nn.ReLU(), nn.Linear(MEMORY, DIGITS))
        self.mechanism: Mechanism = mechanism(way, draw)

    def forward(self, pixels: Tensor, looks: int = LOOKS, take: Taken = whole) -> Glimpsed:
        """pixels (batch, row, column); looks: how many; take: in training, instead of `whole`"""
        seen = pixels.unsqueeze(1)
        where = places().to(pixels).expand(len(pixels), -1, -1)
        eyes = [self.retina(seen), self.around(seen)]
        values = torch.cat([*(one.flatten(2).mT for one in eyes), where], -1)
        corner = torch.cat([self.corner(seen).flatten(2).mT, where], -1)
        keys = self.mechanism.prepare(self.key(corner))
        near = within_reach().to(pixels.device)
        allowed = torch.ones(len(pixels), 1, GRID * GRID, dtype=torch.bool, device=pixels.device)
        state = self.start.expand(len(pixels), -1)
        logits, traced = [], []
        for look in range(looks):
            query = self.query(state).unsqueeze(1)
            if self.way == "uniform":
                query = torch.zeros_like(query)
            trace = self.mechanism.attend(query, keys, values, allowed, look)
            context, eye = take(trace, look)
            state = self.memory(context[:, 0], state)
            if self.way in DRAWS:
                allowed = near[eye].unsqueeze(1)
            logits.append(self.answer(state))
            traced.append(Traced(Place("glimpse", look, "cross"), self.mechanism, trace))
        return Glimpsed(torch.stack(logits, 1), tuple(traced))


def drawn(model: Glimpses, trace: Trace, noise: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """One draw of a look with that noise, (batch, 1, cell), and what the mechanism says of it."""
    assert isinstance(model.mechanism, Drawn)  # noqa: S101  (nothing else draws)
    found, extras = model.mechanism.look(trace.scores[:, 0], noise, trace.allowed[:, 0])
    return found, {one.name: one.tensor for one in extras}


def within_reach() -> Tensor:
    """(cell, cell), bool: where the eye may go from a cell, at most `REACH` down and across."""
    rows, columns = torch.arange(GRID * GRID) // GRID, torch.arange(GRID * GRID) % GRID
    down, across = (rows[:, None] - rows).abs(), (columns[:, None] - columns).abs()
    return (down <= REACH) & (across <= REACH) & (down + across > 0)


def places() -> Tensor:
    """(cell, 4 · `BANDS`): sines and cosines of row and column, half a wave or more a side."""
    at = (torch.arange(GRID) + 0.5) / GRID * torch.pi
    waves = at.unsqueeze(-1) * 2.0 ** torch.arange(BANDS)
    along = torch.cat([waves.sin(), waves.cos()], -1)  # (cell along one side, 2 · BANDS)
    down = along.unsqueeze(1).expand(-1, GRID, -1)
    across = along.unsqueeze(0).expand(GRID, -1, -1)
    return torch.cat([down, across], -1).flatten(0, 1)


def mechanism(way: Way, draw: int = 0) -> Mechanism:
    """The look itself; a query of zeros makes the scaled dot product look everywhere alike."""
    if way == "reinforce":
        return Hard(draw)
    return GumbelHard(draw) if way == "gumbel" else ScaledDotProduct()

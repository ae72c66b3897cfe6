"""A small Transformer in which any mechanism looks: tokens in, one answer for each place out.

>>> from attention_core.mechanisms.families.dot_product import MultiHead
>>> net = Stack(5, 3, [MultiHead(16, 2)], width=16)
>>> found = net(torch.tensor([[[1], [2], [0], [4]]]))
>>> found.logits.shape, found.looks[0].trace.weights.shape
(torch.Size([1, 4, 3]), torch.Size([1, 2, 4, 4]))

Source: Vaswani et al. 2017, section 3.1, with the norm before each part (Xiong et al. 2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced


class Found(NamedTuple):
    """logits (batch, token, class), and every look on the way."""

    logits: Tensor
    looks: tuple[Traced, ...]


class Layer(nn.Module):
    """One look and one small network, each added to what comes in."""

    def __init__(self, mechanism: Mechanism, width: int, causal: bool) -> None:
        super().__init__()
        self.mechanism = mechanism
        self.causal = causal
        self.look_norm, self.work_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        bare = isinstance(mechanism, ScaledDotProduct)
        self.projections = nn.ModuleList(nn.Linear(width, width) for _ in range(3 if bare else 0))
        self.out = nn.Linear(width, width)
        self.work = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, states: Tensor, place: Place) -> tuple[Tensor, Traced]:
        seen = self.look_norm(states)
        query, key, value = (
            (layer(seen) for layer in self.projections) if self.projections else (seen,) * 3
        )
        count = states.shape[-2]
        allowed = torch.ones(count, count, dtype=torch.bool, device=states.device)
        allowed = (allowed.tril() if self.causal else allowed).expand(len(states), -1, -1)
        trace = self.mechanism.attend(query, self.mechanism.prepare(key), value, allowed)
        states = states + self.out(trace.context)
        states = states + self.work(self.work_norm(states))
        return states, Traced(place, self.mechanism, trace)


class Stack(nn.Module):
    """symbols, classes: how many; layers: the mechanism of each; places: of positions"""

    def __init__(
        self, symbols: int, classes: int, layers: Sequence[Mechanism],
        width: int = 64, causal: bool = False, positions: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.width, self.positions = width, positions
        self.embedding = nn.Embedding(symbols, width)
        self.layers = nn.ModuleList(Layer(one, width, causal) for one in layers)
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, classes)

    def forward(self, numbers: Tensor) -> Found:
        """numbers (batch, token, part): a token is the sum of its parts."""
        states = self.embedding(numbers).sum(-2)
        if self.positions:
            states = states + waves(numbers.shape[1], self.width).to(states)
        looks = []
        for number, layer in enumerate(self.layers):
            states, look = layer(states, Place("encoder", number))
            looks.append(look)
        return Found(self.answer(self.norm(states)), tuple(looks))


def waves(count: int, width: int) -> Tensor:
    """(token, width): sines and cosines of the position (Vaswani et al. 2017, section 3.5)."""
    rates = torch.exp(-math.log(10_000) * torch.arange(0, width, 2) / width)
    angles = torch.arange(count)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)

"""Two towers that never see each other: one reads pieces of words, one patches of a drawing.

What each makes of its side is the mean of what it makes of the parts, brought to length 1. So the
cosine of a text and a drawing is a sum over pieces and patches, exactly: `parts` holds its terms.
There is **no cross-attention**.

>>> towers = Shape(pieces=50).build()
>>> seen, heard = towers.see(torch.zeros(1, 3, 48, 48)), towers.hear(torch.tensor([[4, 7, 0]]))
>>> heard.parts.shape, seen.parts.shape  # (batch, piece or patch, width)
(torch.Size([1, 3, 96]), torch.Size([1, 36, 96]))
>>> terms = heard.parts[0] @ seen.parts[0].mT  # (piece, patch)
>>> bool((terms.sum() - heard.whole[0] @ seen.whole[0]).abs() < 1e-5)
True
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.crossmodal import STEEPEST
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.scenes.network import Layer, places_of

VISION: Final = "vision"
TEXT: Final = "text"
PAD: Final = 0
WIDTH: Final = 48
"""Pixels of a side of what the network is shown."""
GRID: Final = 6
"""Patches along a side."""
LONGEST: Final = 32
"""Pieces of a text."""


class Side(NamedTuple):
    """What a tower makes of its own side.

    whole  (batch, width)        of length 1
    parts  (batch, part, width)  their sum is the whole; 0 for padding
    """

    whole: Tensor
    parts: Tensor
    looks: tuple[Traced, ...]


@dataclass(frozen=True)
class Shape:
    """pieces: how many pieces of words are known; out: the width in which both towers meet."""

    pieces: int
    width: int = 64
    out: int = 96
    heads: int = 4
    vision_layers: int = 2
    text_layers: int = 2
    dropout: float = 0.1

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    def build(self) -> Towers:
        return Towers(self)


class Towers(nn.Module):
    """Radford et al. 2021, sections 2.3 and 2.4, figure 3.

    How it differs from CLIP: three convolutions before the patches (Xiao et al. 2021), the mean of
    all parts in place of a class token and of the last piece, and pieces that look both ways.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.stem = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1),
            nn.GroupNorm(2, 16),
            nn.GELU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.GroupNorm(4, 32),
            nn.GELU(),
            nn.Conv2d(32, width, 3, stride=2, padding=1),
        )
        self.where = nn.Parameter(torch.randn(GRID**2, width) * 0.1)
        self.vision = _layers(shape, shape.vision_layers)
        self.vision_norm = nn.LayerNorm(width)
        self.vision_map = nn.Linear(width, shape.out, bias=False)  # W_i
        self.pieces = nn.Embedding(shape.pieces, width, padding_idx=PAD)
        self.order = nn.Parameter(torch.randn(LONGEST, width) * 0.1)
        self.text = _layers(shape, shape.text_layers)
        self.text_norm = nn.LayerNorm(width)
        self.text_map = nn.Linear(width, shape.out, bias=False)  # W_t
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    @property
    def places(self) -> dict[Place, Mechanism]:
        """Every attention of both towers by where it is."""
        return {**places_of(VISION, self.vision), **places_of(TEXT, self.text)}

    def see(self, pictures: Tensor) -> Side:
        """Drawings. pictures (batch, 3, WIDTH, WIDTH), light from 0 to 1"""
        states = self.stem(2 * pictures - 1).flatten(2).mT + self.where
        everywhere = states.new_ones(1, GRID**2, GRID**2, dtype=torch.bool)
        states, looks = _through(VISION, self.vision, states, everywhere)
        return _side(self.vision_map(self.vision_norm(states)), looks)

    def hear(self, pieces: Tensor, vectors: Tensor | None = None) -> Side:
        """Texts.

        pieces   (batch, piece), their numbers; PAD after the last one
        vectors  (batch, piece, width), in place of what the pieces enter as
        """
        there = pieces != PAD
        entered = self.pieces(pieces) if vectors is None else vectors
        states = entered + self.order[: pieces.shape[1]]
        among = there.unsqueeze(1).expand(-1, pieces.shape[1], -1)
        states, looks = _through(TEXT, self.text, states, among)
        return _side(self.text_map(self.text_norm(states)) * there.unsqueeze(-1), looks)

    @property
    def scale(self) -> Tensor:
        """exp(t): what a cosine is multiplied by, 100 at most."""
        return self.logit_scale.exp().clamp_max(STEEPEST)

    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())


def _layers(shape: Shape, count: int) -> nn.ModuleList:
    return nn.ModuleList(
        Layer(shape.width, shape.heads, dropout=shape.dropout) for _ in range(count)
    )


def _through(
    stack: str, layers: nn.ModuleList, states: Tensor, allowed: Tensor
) -> tuple[Tensor, tuple[Traced, ...]]:
    looks = []
    for (place, mechanism), layer in zip(places_of(stack, layers).items(), layers, strict=True):
        states, traces = layer(states, allowed)
        looks.append(Traced(place, mechanism, traces[0]))
    return states, tuple(looks)


def _side(parts: Tensor, looks: tuple[Traced, ...]) -> Side:
    """The parts scaled so that their sum has length 1. parts (batch, part, width)"""
    total = parts.sum(1)
    length = total.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    return Side(total / length, parts / length.unsqueeze(1), looks)

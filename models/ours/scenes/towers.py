"""A small CLIP: one tower reads pictures, one captions, and both end in one space of directions.

There is **no cross-attention**: a tower never sees what the other one reads. What word goes with
what patch is shown by their directions alone.

>>> model = TowersShape().build()
>>> pictures = torch.zeros(2, 48, 48, 3, dtype=torch.uint8)
>>> pictured = model.see(model.cells(pictures))
>>> spoken = model.hear(torch.tensor([[1, 6, 2, 0], [1, 6, 7, 2]]))
>>> pictured.whole.shape, spoken.parts.shape  # (batch, width), (batch, place, width)
(torch.Size([2, 64]), torch.Size([2, 4, 64]))
>>> bool((pictured.whole.norm(dim=-1) - 1).abs().max() < 1e-5)
True
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from attention_core.mechanisms.families.crossmodal import STEEPEST
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.scenes.cells import WIDTH, Cells
from models.ours.scenes.network import Layer, looks_within, places_of
from models.ours.scenes.scene import CELLS
from models.ours.scenes.words import END, NUMBERS, PAD

VISION: Final = "vision"
TEXT: Final = "text"
LONGEST: Final = 28
"""Places of a caption, both marks included."""


class Side(NamedTuple):
    """What a tower makes of its own side; every direction has length 1.

    whole  (batch, width)         the picture at its class token, the caption at </s>
    parts  (batch, place, width)  the same map for every place: trained at the whole alone
    """

    whole: Tensor
    parts: Tensor
    looks: tuple[Traced, ...]


@dataclass(frozen=True)
class TowersShape:
    width: int = WIDTH
    heads: int = 4
    vision_layers: int = 2
    text_layers: int = 3

    def build(self) -> Towers:
        return Towers(self)


class Towers(nn.Module):
    """Radford et al. 2021, sections 2.3 and 2.4, figure 3.

    How it differs from CLIP: patches pass a small convolutional network, not one linear map.
    """

    def __init__(self, shape: TowersShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.cells = Cells()
        self.patch = nn.Linear(WIDTH, width)
        self.picture = nn.Parameter(torch.randn(width) * width**-0.5)  # the class token
        self.where = nn.Parameter(torch.randn(CELLS + 1, width) * width**-0.5)
        self.vision = nn.ModuleList(Layer(width, shape.heads) for _ in range(shape.vision_layers))
        self.vision_norm = nn.LayerNorm(width)
        self.vision_map = nn.Linear(width, width, bias=False)  # W_i
        self.words = nn.Embedding(len(NUMBERS), width, padding_idx=PAD)
        self.order = nn.Parameter(torch.randn(LONGEST, width) * 0.1)
        self.text = nn.ModuleList(Layer(width, shape.heads) for _ in range(shape.text_layers))
        self.text_norm = nn.LayerNorm(width)
        self.text_map = nn.Linear(width, width, bias=False)  # W_t
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        nn.init.normal_(self.words.weight, std=0.1)

    @property
    def places(self) -> dict[Place, Mechanism]:
        return {**places_of(VISION, self.vision), **places_of(TEXT, self.text)}

    def see(self, seen: Tensor) -> Side:
        """A picture: its class token, then its cells. seen (batch, cell, width), from `cells`."""
        first = self.picture.expand(len(seen), 1, -1)
        states = torch.cat([first, self.patch(seen.relu())], 1) + self.where
        everywhere = states.new_ones(1, CELLS + 1, CELLS + 1, dtype=torch.bool)
        states, looks = self._through(VISION, self.vision, states, everywhere)
        parts = normalize(self.vision_map(self.vision_norm(states)), dim=-1)
        return Side(parts[:, 0], parts, looks)

    def hear(self, words: Tensor) -> Side:
        """A caption. words (batch, place), numbers; each word looks back only."""
        states = self.words(words) + self.order[: words.shape[1]]
        back = looks_within(words) & states.new_ones(words.shape[1], words.shape[1]).bool().tril()
        states, looks = self._through(TEXT, self.text, states, back)
        parts = normalize(self.text_map(self.text_norm(states)), dim=-1)
        ends = (words == END).int().argmax(-1)
        return Side(parts[torch.arange(len(words)), ends], parts, looks)

    def _through(
        self, stack: str, layers: nn.ModuleList, states: Tensor, allowed: Tensor
    ) -> tuple[Tensor, tuple[Traced, ...]]:
        looks = []
        for (place, mechanism), layer in zip(places_of(stack, layers).items(), layers, strict=True):
            states, traces = layer(states, allowed)
            looks.append(Traced(place, mechanism, traces[0]))
        return states, tuple(looks)

    @property
    def scale(self) -> Tensor:
        """exp(t): what a cosine is multiplied by, 100 at most."""
        return self.logit_scale.exp().clamp_max(STEEPEST)

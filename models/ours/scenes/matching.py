"""A model that matches captions with pictures word by word: stacked cross attention.

>>> model = MatchingShape().build()
>>> pictures = torch.zeros(1, 48, 48, 3, dtype=torch.uint8)
>>> fits = model.fits(model.regions(model.cells(pictures)), torch.tensor([[6, 7, 8]]))
>>> fits.words.shape, fits.mean.shape  # how well each word found its match, and all together
(torch.Size([1, 3]), torch.Size([1]))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from attention_core.mechanisms.families.crossmodal import StackedCross
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.scenes.cells import WIDTH, Cells
from models.ours.scenes.scene import CELLS
from models.ours.scenes.words import NUMBERS, PAD

STACK: Final = "caption"
LONGEST: Final = 26
"""Words of a caption."""


class Fits(NamedTuple):
    """words (..., word), R of each; 0 for padding. mean (...), over the words that there are."""

    words: Tensor
    mean: Tensor
    look: Traced


@dataclass(frozen=True)
class MatchingShape:
    width: int = WIDTH
    sharpness: float = 9.0

    def build(self) -> Matching:
        return Matching(self)


class Matching(nn.Module):
    """Lee et al. 2018 (SCAN), section 3.1, text to image, with the paper's [·]₊ and mean pooling.

    How it differs from the paper: nine cells in place of 36 detected regions; a word keeps its own
    embedding beside what the two-way GRU makes of it.
    """

    def __init__(self, shape: MatchingShape) -> None:
        super().__init__()
        self.shape = shape
        self.cells = Cells()
        self.where = nn.Parameter(torch.randn(CELLS, WIDTH) * 0.1)
        self.region = nn.Sequential(
            nn.Linear(WIDTH, 2 * shape.width), nn.GELU(), nn.Linear(2 * shape.width, shape.width)
        )
        self.embedding = nn.Embedding(len(NUMBERS), shape.width, padding_idx=PAD)
        self.forwards = nn.GRU(shape.width, shape.width, batch_first=True)
        self.backwards = nn.GRU(shape.width, shape.width, batch_first=True)
        self.attention = StackedCross(shape.sharpness)

    @property
    def places(self) -> dict[Place, Mechanism]:
        return {Place(STACK, 0, "cross"): self.attention}

    def regions(self, seen: Tensor) -> Tensor:
        """(picture, cell, width), v, from what `cells` saw."""
        made: Tensor = self.region(seen.relu() + self.where)
        return made

    def spoken(self, words: Tensor) -> Tensor:
        """(caption, word, width), e. words (caption, word), numbers without marks."""
        embedded = self.embedding(words)
        back = reversed_within(words)
        turned = embedded.gather(1, back.unsqueeze(-1).expand_as(embedded))
        behind = self.backwards(turned)[0]
        behind = behind.gather(1, back.unsqueeze(-1).expand_as(behind))
        made: Tensor = embedded + (self.forwards(embedded)[0] + behind) / 2
        return made

    def fits(self, regions: Tensor, words: Tensor, spoken: Tensor | None = None) -> Fits:
        """How well each caption fits its picture; pictures and captions broadcast.

        regions  (..., cell, width)
        words    (..., word), numbers
        spoken   (..., word, width), where it is known already
        """
        spoken = self.spoken(words) if spoken is None else spoken
        there = words != PAD
        allowed = there.unsqueeze(-1).expand(*words.shape, CELLS)
        trace = self.attention.attend(spoken, regions, regions, allowed)
        alike = (normalize(spoken, dim=-1) * normalize(trace.context, dim=-1)).sum(-1) * there
        mean = alike.sum(-1) / there.sum(-1).clamp_min(1)
        return Fits(alike, mean, Traced(*next(iter(self.places.items())), trace))


def reversed_within(words: Tensor) -> Tensor:
    """(caption, word): the place that stands at each place when a caption is read backwards.

    Padding keeps its place.
    """
    places = torch.arange(words.shape[1], device=words.device).expand_as(words)
    lengths = (words != PAD).sum(-1, keepdim=True)
    return torch.where(places < lengths, lengths - 1 - places, places)

"""A model that answers a question about a clip: in which frame, and where in it, does it look?

>>> model = MomentsShape().build()
>>> clips = torch.zeros(1, 8, 32, 32, 3, dtype=torch.uint8)
>>> answered = model(model.cells(clips), torch.tensor([[1, 20, 21, 2]]))
>>> answered.logits.shape, [str(look.place) for look in answered.looks]
(torch.Size([1, 12]), ['space-cross.0', 'time-cross.0'])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.scenes.asking import Answered
from models.ours.scenes.clips import CLIP_ANSWERS, CLIP_GRID, FRAMES
from models.ours.scenes.words import NUMBERS, PAD

SPACE, TIME = Place("space", 0, "cross"), Place("time", 0, "cross")
REGIONS: Final = CLIP_GRID**2
SEEN: Final = 48
WINDOW: Final = 2
"""Frames that a moment knows, and every cell of it: its own and the one before."""


class FrameNaming(nn.Module):
    """The cells of a frame, and maps that name what has its middle in each; only for training."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = Frames()
        self.names = nn.ModuleList(nn.Linear(SEEN, count) for count in (5, 5))

    def forward(self, frames: Tensor) -> list[Tensor]:
        seen = self.cells(frames.unsqueeze(1))[:, 0].relu()
        return [name(seen) for name in self.names]


class Frames(nn.Module):
    """Pixels of every frame to one vector for each cell, by convolutions that overlap its edges."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 16, 4, stride=2, padding=1)
        self.second = nn.Conv2d(16, 32, 4, stride=2, padding=1)
        self.last = nn.Conv2d(32, SEEN, 4, stride=2, padding=1)

    def forward(self, clips: Tensor) -> Tensor:
        """(clip, frame, row, column, channel), 0 to 255, to (clip, frame, cell, width)."""
        flat = clips.flatten(0, 1).permute(0, 3, 1, 2).to(self.first.weight) / 127.5 - 1
        seen = self.last(self.second(self.first(flat).relu()).relu())
        made: Tensor = seen.flatten(2).mT
        return made.reshape(*clips.shape[:2], *made.shape[1:])


@dataclass(frozen=True)
class MomentsShape:
    width: int = 64

    def build(self) -> Moments:
        return Moments(self)


class Moments(nn.Module):
    """Jang et al. 2017 (TGIF-QA), section 4: attention over places in each frame, then over time.

    Both score additively, as the paper does: wᵀ tanh(W_q q + W_h h). A cell is what is in it now
    and what was there before, so that the look in space can tell what comes from what stays: the
    paper puts motion (C3D) beside appearance for the same reason. How it differs: a moment knows
    its own frame and the one before and nothing later, in place of what two stacked LSTMs remember,
    so that it matters which one is looked at; and both attentions are learnt together from the
    beginning.
    """

    def __init__(self, shape: MomentsShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.cells = Frames()
        self.seen_norm = nn.LayerNorm(SEEN)
        self.where = nn.Parameter(torch.randn(REGIONS, SEEN) * 0.3)
        self.region = nn.Sequential(
            nn.Linear(WINDOW * SEEN, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.LayerNorm(width),
        )
        self.words = nn.Embedding(len(NUMBERS), width, padding_idx=PAD)
        self.reading = nn.GRU(width, width, batch_first=True)
        self.space = Additive(width, width, width)
        self.order = nn.Parameter(torch.randn(FRAMES, 2 * width) * 0.1)
        self.watching = nn.Linear(WINDOW * 2 * width, 2 * width)
        self.moment = nn.Sequential(nn.GELU(), nn.Linear(2 * width, width), nn.LayerNorm(width))
        self.time = Additive(width, width, width)
        self.answer = nn.Sequential(
            nn.Linear(2 * width, 2 * width), nn.GELU(), nn.Linear(2 * width, len(CLIP_ANSWERS))
        )

    @property
    def places(self) -> dict[Place, Mechanism]:
        return {SPACE: self.space, TIME: self.time}

    def asked(self, words: Tensor) -> Tensor:
        """(batch, width): the state after the last word. words (batch, place), numbers."""
        states = self.reading(self.words(words))[0]
        ends = (words != PAD).sum(-1) - 1
        found: Tensor = states[torch.arange(len(words), device=words.device), ends]
        return found

    def forward(self, seen: Tensor, words: Tensor) -> Answered:
        """seen (batch, frame, cell, width) from `cells`; words (batch, place)."""
        batch, frames = seen.shape[:2]
        here = self.seen_norm(seen.relu()) + self.where
        regions = self.region(remembering(here)).flatten(0, 1)  # (batch·frame, cell, width)
        question = self.asked(words)

        asks = question.unsqueeze(1).repeat_interleave(frames, 0)  # the same in every frame
        whole = asks.new_ones(len(asks), 1, REGIONS, dtype=torch.bool)
        space = self.space.attend(asks, self.space.prepare(regions), regions, whole)

        shown = space.context.view(batch, frames, -1)
        both = torch.cat([shown, question.unsqueeze(1).expand_as(shown)], -1)
        states = self.moment(self.watching(remembering(both)) + self.order[:frames])
        always = states.new_ones(batch, 1, frames, dtype=torch.bool)
        time = self.time.attend(question.unsqueeze(1), self.time.prepare(states), states, always)

        logits = self.answer(torch.cat([question, time.context[:, 0]], -1))
        return Answered(logits, (Traced(SPACE, self.space, space), Traced(TIME, self.time, time)))


def remembering(frames: Tensor) -> Tensor:
    """Every frame with the one before it; 0 where there is none.

    frames   (batch, frame, …, width)
    returns  (batch, frame, …, WINDOW · width)
    """
    before = torch.cat([torch.zeros_like(frames[:, :1]), frames[:, :-1]], 1)
    return torch.cat([before, frames], -1)

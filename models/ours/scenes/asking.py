"""Two models that answer a question about a picture: one distribution over its cells for the whole
question (co-attention), or looks of every word at every cell (cross-attention).

>>> model = AskingShape("co_attention").build()
>>> pictures = torch.zeros(1, 48, 48, 3, dtype=torch.uint8)
>>> answered = model(model.cells(pictures), torch.tensor([[1, 20, 21, 2]]))
>>> answered.logits.shape, [str(look.place) for look in answered.looks]
(torch.Size([1, 15]), ['question-cross.0'])
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.crossmodal import CoAttention
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.scenes.cells import WIDTH, Cells
from models.ours.scenes.network import Layer, looks_across, looks_within, places_of
from models.ours.scenes.questions import ANSWERS
from models.ours.scenes.scene import CELLS
from models.ours.scenes.words import NUMBERS, PAD

STACK: Final = "question"
LONGEST: Final = 16
"""Places of a question, both marks included."""


class Answered(NamedTuple):
    """logits (batch, answer); words (batch, place), how much each word was listened to, if any."""

    logits: Tensor
    looks: tuple[Traced, ...]
    words: Tensor | None = None


@dataclass(frozen=True)
class AskingShape:
    how: Literal["co_attention", "cross_attention"]
    width: int = WIDTH
    heads: int = 4
    layers: int = 2

    normed: bool = False
    """Whether the looks of cells are brought to one size first."""

    def build(self) -> Asking:
        return CoAsking(self) if self.how == "co_attention" else CrossAsking(self)


class Asking(nn.Module):
    """Words and cells before they meet."""

    def __init__(self, shape: AskingShape) -> None:
        super().__init__()
        self.shape = shape
        self.cells = Cells()
        self.words = nn.Embedding(len(NUMBERS), shape.width, padding_idx=PAD)
        self.seen_norm = nn.LayerNorm(WIDTH) if shape.normed else nn.Identity()
        self.where = nn.Parameter(torch.randn(CELLS, shape.width) * 0.3)
        self.regions = nn.Sequential(
            nn.Linear(WIDTH, shape.width),
            nn.GELU(),
            nn.Linear(shape.width, shape.width),
            nn.LayerNorm(shape.width),
        )

    def placed(self, seen: Tensor) -> Tensor:
        """(batch, cell, width): what is in each cell, and where it lies.

        The place is added last: in front of the small network it is lost among what is seen, and
        what lies left of what is not learnt.
        """
        made: Tensor = self.regions(self.seen_norm(seen.relu()))
        return made + self.where

    @abstractmethod
    def forward(self, seen: Tensor, words: Tensor) -> Answered:
        """seen (batch, cell, width) from `cells`; words (batch, place), numbers."""

    @property
    @abstractmethod
    def places(self) -> dict[Place, Mechanism]:
        """The attentions of the network by where they are."""


class CoAsking(Asking):
    """Lu et al. 2016, section 3.3, parallel co-attention on the level of the whole question.

    How it differs from the paper: one level instead of three (words, phrases, question), and the
    answer is read from q̂, v̂ and their product.
    """

    def __init__(self, shape: AskingShape) -> None:
        super().__init__(shape)
        self.reading = nn.GRU(shape.width, shape.width, batch_first=True)
        self.attention = CoAttention(shape.width, shape.width)
        self.answer = nn.Sequential(
            nn.Linear(3 * shape.width, 2 * shape.width),
            nn.GELU(),
            nn.Linear(2 * shape.width, len(ANSWERS)),
        )

    @property
    def places(self) -> dict[Place, Mechanism]:
        return {Place(STACK, 0, "cross"): self.attention}

    def forward(self, seen: Tensor, words: Tensor) -> Answered:
        regions, question = self.placed(seen), self.reading(self.words(words))[0]
        reach = looks_across(words, regions.shape[1])
        trace = self.attention.attend(question, regions, regions, reach)
        heard = next(extra.tensor for extra in trace.extras if extra.name == "words")[:, 0]

        picture = trace.context[:, 0]  # v̂, the same for every word
        spoken = (heard.unsqueeze(-1) * question).sum(1)  # q̂
        logits = self.answer(torch.cat([spoken, picture, spoken * picture], -1))
        return Answered(logits, (Traced(*next(iter(self.places.items())), trace),), heard)


class CrossAsking(Asking):
    """Layers in which words look at each other, then at the cells (Tan and Bansal 2019, LXMERT).

    How it differs from LXMERT: only the language looks across. The answer is read at <s>.
    """

    def __init__(self, shape: AskingShape) -> None:
        super().__init__(shape)
        self.order = nn.Parameter(torch.randn(LONGEST, shape.width) * 0.3)
        self.layers = nn.ModuleList(
            Layer(shape.width, shape.heads, crosses=True) for _ in range(shape.layers)
        )
        self.norm = nn.LayerNorm(shape.width)
        self.answer = nn.Linear(shape.width, len(ANSWERS))

    @property
    def places(self) -> dict[Place, Mechanism]:
        return places_of(STACK, self.layers)

    def forward(self, seen: Tensor, words: Tensor) -> Answered:
        regions = self.placed(seen)
        states = self.words(words) + self.order[: words.shape[1]]
        within, across = looks_within(words), looks_across(words, regions.shape[1])
        traces = []
        for layer in self.layers:
            states, looks = layer(states, within, regions, across)
            traces += looks
        looks = tuple(
            Traced(*place, trace) for place, trace in zip(self.places.items(), traces, strict=True)
        )
        return Answered(self.answer(self.norm(states[:, 0])), looks)

"""What the four models share: layers of attention whose looks are kept, and how texts are padded.

>>> layer = Layer(8, heads=2)
>>> states, looks = layer(torch.zeros(1, 3, 8), torch.ones(1, 3, 3, dtype=torch.bool))
>>> states.shape, len(looks)
(torch.Size([1, 3, 8]), 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.place import Place
from models.ours.scenes.words import PAD


class Layer(nn.Module):
    """A layer of a Transformer, normalised before each part (Xiong et al. 2020).

    crosses  whether it also looks at something else between its own look and its last part
    """

    def __init__(self, width: int, heads: int, crosses: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = MultiHead(width, heads)
        self.attention_norm = nn.LayerNorm(width)
        if crosses:
            self.cross = MultiHead(width, heads)
            self.cross_norm = nn.LayerNorm(width)
        self.crosses = crosses
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.feed_forward_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, states: Tensor, allowed: Tensor, others: Tensor | None = None,
        reachable: Tensor | None = None,
    ) -> tuple[Tensor, list[Trace]]:  # fmt: skip
        """The states after this layer, and its looks: at its own places, then at the others.

        states     (batch, place, width)
        allowed    (batch or 1, place, place), bool
        others     (batch, other, width)
        reachable  (batch or 1, place, other), bool
        """
        normed = self.attention_norm(states)
        looks = [self.attention.attend(normed, normed, normed, allowed)]
        states = states + self.dropout(looks[0].context)
        if self.crosses and others is not None and reachable is not None:
            looks.append(self.cross.attend(self.cross_norm(states), others, others, reachable))
            states = states + self.dropout(looks[1].context)
        return states + self.dropout(self.feed_forward(self.feed_forward_norm(states))), looks


def places_of(stack: str, layers: nn.ModuleList) -> dict[Place, Mechanism]:
    """Every attention of a stack of layers by where it is."""
    found: dict[Place, Mechanism] = {}
    for number, layer in enumerate(cast(Sequence[Layer], layers)):
        found[Place(stack, number)] = layer.attention
        if layer.crosses:
            found[Place(stack, number, "cross")] = layer.cross
    return found


def padded(texts: Sequence[Sequence[int]]) -> Tensor:
    """(text, place): numbers of words, the shorter texts filled up."""
    longest = max(map(len, texts))
    return torch.tensor([[*text, *[PAD] * (longest - len(text))] for text in texts])


def looks_within(words: Tensor) -> Tensor:
    """(text, place, place), bool: every place at every word that is no padding."""
    return (words != PAD).unsqueeze(1).expand(-1, words.shape[1], -1)


def looks_across(words: Tensor, others: int) -> Tensor:
    """(text, place, other), bool: every word that is no padding at all of the others."""
    return (words != PAD).unsqueeze(2).expand(-1, -1, others)

"""What every translator of this project is to those who use it: read, advance, follow.

A network reads a source once (`encode`), then writes: `begin` gives the state before the first
word, `advance` one more word for any number of open translations, `follow` all words of a given
translation at once. The attention inside each *is* a mechanism of `attention_core`.

>>> from models.ours.translator.recurrent import RecurrentShape
>>> shape = RecurrentShape(vocabulary=9, embedding=4, encoder=3, decoder=5, attention=2)
>>> list(shape.build().sites)
['cross.0']
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.translator.vocabulary import PAD_ID

State = tuple[Tensor, ...]
"""What a network remembers of a translation being written; each tensor has one row for each."""


@dataclass(frozen=True)
class Shape(ABC):
    """The sizes that make one network; saved beside its weights."""

    vocabulary: int = 6000
    embedding: int = 256
    dropout: float = 0.2

    @abstractmethod
    def build(self) -> Network:
        """A network of this shape with random weights."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Followed(NamedTuple):
    """A teacher-forced pass: the logits after each given word, and every look on the way.

    logits  (batch, target, vocabulary)
    """

    logits: Tensor
    looks: tuple[Traced, ...]


class Network(nn.Module, ABC):
    """A translator's arithmetic. Source and target share one embedding, also used for output."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.embedding, padding_idx=PAD_ID)
        self.output_bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.dropout = nn.Dropout(shape.dropout)
        nn.init.normal_(self.embedding.weight, std=shape.embedding**-0.5)
        with torch.no_grad():
            self.embedding.weight[PAD_ID].zero_()

    def embed(self, tokens: Tensor) -> Tensor:
        """(batch, token) to (batch, token, embedding), scaled to unit variance."""
        embedded: Tensor = self.dropout(self.embedding(tokens) * self.shape.embedding**0.5)
        return embedded

    def chances(self, readout: Tensor) -> Tensor:
        """(..., embedding) to logits (..., vocabulary)."""
        return nn.functional.linear(self.dropout(readout), self.embedding.weight, self.output_bias)

    @property
    @abstractmethod
    def places(self) -> dict[Place, Mechanism]:
        """The attentions of the network by where they are."""

    @property
    def sites(self) -> dict[str, Mechanism]:
        """The same by the name of their site, such as ``cross.0``."""
        return {str(place): mechanism for place, mechanism in self.places.items()}

    @property
    @abstractmethod
    def layers(self) -> dict[Place, nn.Module]:
        """The modules between which hidden states can be watched."""

    @abstractmethod
    def encode(self, tokens: Tensor) -> State:
        """What was read; every tensor has the batch first. tokens (batch, source), 0 = padding."""

    @abstractmethod
    def begin(self, read: State) -> State:
        """The state before the first word."""

    @abstractmethod
    def advance(
        self, read: State, previous: Tensor, state: State, step: int
    ) -> tuple[Tensor, State]:
        """Logits (row, vocabulary) of the word after `previous` (row,), and the new state."""

    @abstractmethod
    def follow(self, source: Tensor, target: Tensor, embedded: Tensor | None = None) -> Followed:
        """Teacher forcing. source (batch, source) ends with </s>, target starts with <s>.

        embedded  (batch, source, embedding), what stands for the source in place of its own
                  embedding: a way to ask for gradients with respect to it
        """

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """The logits of `follow`: (batch, target, vocabulary)."""
        return self.follow(source, target).logits

    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())


def select(state: State, rows: Tensor) -> State:
    """The same state for other rows: what a beam needs when it reorders."""
    return tuple(part.index_select(0, rows) for part in state)

"""The Transformer: every word looks at every other, in several heads and layers.

Vaswani et al. 2017. How it differs from the paper: normalisation before each sub-layer instead of
after it (steadier to train), few layers and small widths.

>>> waves(torch.tensor([0.0]), 4).tolist()
[[0.0, 1.0, 0.0, 1.0]]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.translator.network import Followed, Network, Shape, State
from models.ours.translator.vocabulary import PAD_ID


@dataclass(frozen=True)
class TransformerShape(Shape):
    dropout: float = 0.1
    heads: int = 8
    layers: int = 3
    """Of the encoder, and as many of the decoder."""
    feed_forward: int = 1024

    def build(self) -> Transformer:
        return Transformer(self)


class FeedForward(nn.Module):
    """Section 3.3: two linear maps with a rectifier between them."""

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__()
        self.widen = nn.Linear(shape.embedding, shape.feed_forward)
        self.narrow = nn.Linear(shape.feed_forward, shape.embedding)

    def forward(self, inputs: Tensor) -> Tensor:
        narrowed: Tensor = self.narrow(torch.relu(self.widen(inputs)))
        return narrowed


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward network; each added to what came in."""

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__()
        self.attention = MultiHead(shape.embedding, shape.heads)
        self.feed_forward = FeedForward(shape)
        self.attention_norm = nn.LayerNorm(shape.embedding)
        self.feed_forward_norm = nn.LayerNorm(shape.embedding)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, Trace]:
        normed = self.attention_norm(inputs)
        trace = self.attention.attend(normed, normed, normed, allowed)
        inputs = inputs + self.dropout(trace.context)
        return inputs + self.dropout(self.feed_forward(self.feed_forward_norm(inputs))), trace


class DecoderLayer(nn.Module):
    """Attention over what is written so far, attention over the source, feed-forward network."""

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__()
        self.attention = MultiHead(shape.embedding, shape.heads)
        self.cross = MultiHead(shape.embedding, shape.heads)
        self.feed_forward = FeedForward(shape)
        self.attention_norm = nn.LayerNorm(shape.embedding)
        self.cross_norm = nn.LayerNorm(shape.embedding)
        self.feed_forward_norm = nn.LayerNorm(shape.embedding)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(
        self, inputs: Tensor, before: Tensor, source: Tensor, written: Tensor, allowed: Tensor,
        first: int,
    ) -> tuple[Tensor, Tensor, Trace, Trace]:  # fmt: skip
        """The layer's output, the inputs of all steps so far (normed), and the two looks.

        inputs   (batch, target, width)          the steps to work out now
        before   (batch, first, width)           the normed inputs of the steps before them
        source   (batch, source, width)
        written  (target, first + target), bool  who may look at which step
        allowed  (batch, 1, source), bool        False on padding
        """
        normed = self.attention_norm(inputs)
        steps = torch.cat([before, normed], 1)
        own = self.attention.attend(normed, steps, steps, written, first)
        inputs = inputs + self.dropout(own.context)
        cross = self.cross.attend(self.cross_norm(inputs), source, source, allowed, first)
        inputs = inputs + self.dropout(cross.context)
        inputs = inputs + self.dropout(self.feed_forward(self.feed_forward_norm(inputs)))
        return inputs, steps, own, cross


class Transformer(Network):
    """Encoder and decoder of as many layers each."""

    shape: TransformerShape

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__(shape)
        self.encoder = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.layers))
        self.decoder = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.layers))
        self.encoder_norm = nn.LayerNorm(shape.embedding)
        self.decoder_norm = nn.LayerNorm(shape.embedding)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2 and not name.startswith("embedding"):
                nn.init.xavier_uniform_(parameter)

    @property
    def places(self) -> dict[Place, Mechanism]:
        encoder = cast(Sequence[EncoderLayer], self.encoder)
        decoder = cast(Sequence[DecoderLayer], self.decoder)
        return {
            **{Place("encoder", at): layer.attention for at, layer in enumerate(encoder)},
            **{Place("decoder", at): layer.attention for at, layer in enumerate(decoder)},
            **{Place("decoder", at, "cross"): layer.cross for at, layer in enumerate(decoder)},
        }

    @property
    def layers(self) -> dict[Place, nn.Module]:
        return {
            **{Place("encoder", at): layer for at, layer in enumerate(self.encoder)},
            **{Place("decoder", at): layer for at, layer in enumerate(self.decoder)},
        }

    def placed(self, embedded: Tensor, first: int = 0) -> Tensor:
        """(batch, token, width): what each token is, and now also where it stands."""
        places = torch.arange(first, first + embedded.shape[1], device=embedded.device)
        summed: Tensor = self.dropout(embedded + waves(places, self.shape.embedding))
        return summed

    def embed(self, tokens: Tensor) -> Tensor:
        """As everywhere, but dropout waits until positions have been added (section 5.4)."""
        embedded: Tensor = self.embedding(tokens) * self.shape.embedding**0.5
        return embedded

    def encode(self, tokens: Tensor) -> State:
        """source (batch, source, width) and allowed (batch, 1, source)."""
        source, allowed, _ = self._read(self.embed(tokens), tokens)
        return source, allowed

    def _read(self, embedded: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, list[Trace]]:
        allowed, traces = (tokens != PAD_ID).unsqueeze(1), list[Trace]()
        states = self.placed(embedded)
        for layer in self.encoder:
            states, trace = layer(states, allowed)
            traces.append(trace)
        return self.encoder_norm(states), allowed, traces

    def seen(self, tokens: Tensor) -> Tensor:
        """What the attention of the first encoder layer reads, (batch, source, width)."""
        first = cast(EncoderLayer, self.encoder[0])
        normed: Tensor = first.attention_norm(self.placed(self.embed(tokens)))
        return normed

    def begin(self, read: State) -> State:
        """For each layer the steps so far, (batch, step, width): none."""
        source = read[0]
        return (source.new_zeros(len(source), 0, self.shape.embedding),) * self.shape.layers

    def advance(
        self, read: State, previous: Tensor, state: State, step: int
    ) -> tuple[Tensor, State]:
        source, allowed = read
        states, kept, _, _ = self._write(previous.unsqueeze(1), state, source, allowed, step)
        return self.chances(states[:, -1]), kept

    def _write(
        self, words: Tensor, before: State, source: Tensor, allowed: Tensor, first: int
    ) -> tuple[Tensor, State, list[Trace], list[Trace]]:
        states, kept = self.placed(self.embed(words), first), list[Tensor]()
        own, cross = list[Trace](), list[Trace]()
        whole = first + words.shape[1]
        written = source.new_ones(whole, whole, dtype=torch.bool).tril()[first:]
        for layer, steps in zip(self.decoder, before, strict=True):
            states, steps, looked_back, looked_over = layer(
                states, steps, source, written, allowed, first
            )
            kept.append(steps)
            own.append(looked_back)
            cross.append(looked_over)
        return self.decoder_norm(states), tuple(kept), own, cross

    def follow(self, source: Tensor, target: Tensor, embedded: Tensor | None = None) -> Followed:
        read, allowed, encoder = self._read(
            self.embed(source) if embedded is None else embedded, source
        )
        states, _, own, cross = self._write(target, self.begin((read,)), read, allowed, 0)
        places, traces = self.places.items(), (*encoder, *own, *cross)
        looks = (
            Traced(place, mechanism, trace)
            for (place, mechanism), trace in zip(places, traces, strict=True)
        )
        return Followed(self.chances(states), tuple(looks))


def waves(places: Tensor, width: int) -> Tensor:
    """Section 3.5: sines and cosines of falling frequency. (place,) to (place, width)."""
    rates = torch.exp(
        torch.arange(0, width, 2, device=places.device) * (-math.log(10_000.0) / width)
    )
    angles = places.unsqueeze(-1) * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)

"""The recurrent translator: a two-way GRU reads, a GRU writes, attention in between.

Bahdanau, Cho and Bengio 2015. How this differs from the paper: the next word is predicted from
the state *after* the step, as in the main text's equation 4 (the appendix uses the state before),
source and target share one embedding, which is also the output matrix, and the widths are small.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attention_core.mechanism import Trace
from attention_core.mechanisms import Additive
from models.translator.vocabulary import PAD_ID


@dataclass(frozen=True)
class Shape:
    """The sizes that make one network; saved beside its weights."""

    vocabulary: int = 6000
    embedding: int = 256
    encoder: int = 256
    """Per direction; an annotation is twice as wide."""
    decoder: int = 512
    attention: int = 256
    dropout: float = 0.2

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Source(NamedTuple):
    """A sentence as the decoder sees it.

    annotations  (batch, source, 2·encoder)
    keys         (batch, source, attention)   U_a h, worked out once
    allowed      (batch, 1, source)           False on padding
    state        (batch, decoder)             s_0
    """

    annotations: Tensor
    keys: Tensor
    allowed: Tensor
    state: Tensor

    def select(self, rows: Tensor) -> Source:
        """The same source for other rows of the batch: what a beam needs."""
        return Source(*(part.index_select(0, rows) for part in self))


class Translator(nn.Module):
    """Encoder, attention, decoder. The attention *is* the mechanism of `attention_core`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        annotation = 2 * shape.encoder
        self.embedding = nn.Embedding(shape.vocabulary, shape.embedding, padding_idx=PAD_ID)
        self.encoder = nn.GRU(shape.embedding, shape.encoder, bidirectional=True, batch_first=True)
        self.first_state = nn.Linear(shape.encoder, shape.decoder)
        self.attention = Additive(shape.decoder, annotation, shape.attention)
        self.word_gates = nn.Linear(shape.embedding, 3 * shape.decoder)
        self.context_gates = nn.Linear(annotation, 3 * shape.decoder, bias=False)
        self.state_gates = nn.Linear(shape.decoder, 3 * shape.decoder)
        self.output = nn.Linear(
            shape.decoder + shape.embedding + annotation, 2 * shape.embedding
        )  # two pieces for each maxout unit
        self.output_bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.dropout = nn.Dropout(shape.dropout)
        nn.init.normal_(self.embedding.weight, std=shape.embedding**-0.5)
        with torch.no_grad():
            self.embedding.weight[PAD_ID].zero_()

    def embed(self, tokens: Tensor) -> Tensor:
        """(batch, token) to (batch, token, embedding), scaled to unit variance."""
        embedded: Tensor = self.dropout(self.embedding(tokens) * self.shape.embedding**0.5)
        return embedded

    def encode(self, tokens: Tensor) -> Source:
        """Reads the source once, in both directions. tokens: (batch, source), padded with 0."""
        lengths = (tokens != PAD_ID).sum(1)
        packed = pack_padded_sequence(
            self.embed(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.encoder(packed)
        annotations, _ = pad_packed_sequence(states, batch_first=True, total_length=tokens.shape[1])
        annotations = self.dropout(annotations)
        return Source(
            annotations=annotations,
            keys=self.attention.prepare(annotations),
            allowed=(tokens != PAD_ID).unsqueeze(1),
            state=torch.tanh(self.first_state(last[1])),  # the backward reader's end: word one
        )

    def step(self, word_gates: Tensor, state: Tensor, source: Source) -> tuple[Tensor, Trace]:
        """Looks with the previous state, then moves on: (new state, trace with one query).

        word_gates  (batch, 3·decoder)   W E y(i-1)
        state       (batch, decoder)     s(i-1)
        """
        trace = self.attention.attend(
            state.unsqueeze(1), source.keys, source.annotations, source.allowed
        )
        inputs = word_gates + self.context_gates(trace.context.squeeze(1))
        recurrent = self.state_gates(state)
        reset, update, candidate = inputs.chunk(3, -1)
        old_reset, old_update, old_candidate = recurrent.chunk(3, -1)
        reset = torch.sigmoid(reset + old_reset)
        update = torch.sigmoid(update + old_update)
        candidate = torch.tanh(candidate + reset * old_candidate)
        return candidate + update * (state - candidate), trace

    def logits(self, states: Tensor, words: Tensor, contexts: Tensor) -> Tensor:
        """(..., decoder), (..., embedding), (..., 2·encoder) to (..., vocabulary)."""
        joined = self.output(torch.cat([states, words, contexts], -1))
        maxout = joined.unflatten(-1, (-1, 2)).amax(-1)
        return nn.functional.linear(self.dropout(maxout), self.embedding.weight, self.output_bias)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Teacher forcing: the logits after each given target word.

        source   (batch, source)    ends with </s>
        target   (batch, target)    starts with <s>
        returns  (batch, target, vocabulary)
        """
        return self.follow(source, target)[0]

    def follow(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Teacher forcing, with what was looked at and what was taken away.

        returns  logits (batch, target, vocabulary), weights (batch, target, source),
                 contexts (batch, target, 2·encoder)
        """
        read = self.encode(source)
        words = self.embed(target)
        state, states, contexts, weights = read.state, [], [], []
        for gates in self.word_gates(words).unbind(1):
            state, trace = self.step(gates, state, read)
            states.append(state)
            contexts.append(trace.context.squeeze(1))
            weights.append(trace.weights[:, 0, 0])
        context = torch.stack(contexts, 1)
        logits = self.logits(torch.stack(states, 1), words, context)
        return logits, torch.stack(weights, 1), context

    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

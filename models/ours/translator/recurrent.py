"""The recurrent translators: a two-way GRU reads, a GRU writes; they differ in how they look.

- `Bahdanau`: looks with the previous state, then moves on (Bahdanau, Cho & Bengio 2015).
- `Luong`: moves on, then looks with the new state, and feeds what it made of it into the next step
  (Luong, Pham & Manning 2015, sections 3.1 to 3.3).
- `FixedVector`: never looks; one vector must hold the whole sentence (Cho et al. 2014).

How they differ from the papers: small widths; one GRU layer where Luong stacks four LSTMs; source
and target share one embedding, which is also the output matrix; Bahdanau's next word is predicted
from the state *after* the step, as in the main text's equation 4 (the appendix uses the one
before).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.families.local import LocalMonotonic, LocalPredictive
from attention_core.mechanisms.families.luong import Concat, Dot, General, Location
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.translator.network import Followed, Network, Shape, State
from models.ours.translator.vocabulary import PAD_ID

Looks = Literal[
    "none", "additive", "dot", "general", "concat", "location", "local_monotonic",
    "local_predictive",
]  # fmt: skip

_LOOK: Final = Place("decoder", 0, "cross")


@dataclass(frozen=True)
class RecurrentShape(Shape):
    encoder: int = 256
    """Per direction; an annotation is twice as wide."""
    decoder: int = 512
    attention: int = 256
    """Hidden width of a score that is a small network."""
    looks: Looks = "additive"
    reach: int = 5
    """Keys on either side of the centre that local attention sees."""
    positions: int = 80
    """Source positions that location attention knows."""

    def build(self) -> Recurrent:
        if self.looks == "none":
            return FixedVector(self)
        return Bahdanau(self) if self.looks == "additive" else Luong(self)


class Read(NamedTuple):
    """A sentence as the decoder sees it.

    annotations  (batch, source, 2·encoder)
    keys         (batch, source, …)         what the mechanism prepared of them, once
    allowed      (batch, 1, source)         False on padding
    end          (batch, 2·encoder)         where the two readers ended
    """

    annotations: Tensor
    keys: Tensor
    allowed: Tensor
    end: Tensor


class Step(NamedTuple):
    """One step of a decoder.

    readout  (batch, …)           what the next word is predicted from, with the word before
    trace    one query's look; None where nothing was looked at
    """

    state: State
    readout: Tensor
    trace: Trace | None


class Recurrent(Network):
    """Everything but the look: reading, the gates of the writer, one word after the other."""

    shape: RecurrentShape

    def __init__(self, shape: RecurrentShape, extra_inputs: int) -> None:
        super().__init__(shape)
        self.annotation = 2 * shape.encoder
        self.encoder = nn.GRU(shape.embedding, shape.encoder, bidirectional=True, batch_first=True)
        self.first_state = nn.Linear(shape.encoder, shape.decoder)
        self.word_gates = nn.Linear(shape.embedding, 3 * shape.decoder)
        self.context_gates = nn.Linear(extra_inputs, 3 * shape.decoder, bias=False)
        self.state_gates = nn.Linear(shape.decoder, 3 * shape.decoder)

    @property
    def mechanism(self) -> Mechanism | None:
        """How this decoder looks at the source."""
        return None

    @property
    def places(self) -> dict[Place, Mechanism]:
        return {} if self.mechanism is None else {_LOOK: self.mechanism}

    @property
    def layers(self) -> dict[Place, nn.Module]:
        return {Place("encoder", 0): self.encoder}

    def encode(self, tokens: Tensor) -> Read:
        return self.read(self.embed(tokens), tokens)

    def read(self, embedded: Tensor, tokens: Tensor) -> Read:
        """What `encode` makes of embedded tokens. embedded (batch, source, embedding)."""
        lengths = (tokens != PAD_ID).sum(1)
        packed = pack_padded_sequence(
            embedded, lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.encoder(packed)
        annotations, _ = pad_packed_sequence(states, batch_first=True, total_length=tokens.shape[1])
        annotations = self.dropout(annotations)
        keys = annotations if self.mechanism is None else self.mechanism.prepare(annotations)
        allowed = (tokens != PAD_ID).unsqueeze(1)
        return Read(annotations, keys, allowed, torch.cat([last[0], last[1]], -1))

    def first(self, read: Read) -> Tensor:
        """s_0 (batch, decoder), from the backward reader's end: the sentence's first word."""
        return torch.tanh(self.first_state(read.end[:, self.shape.encoder :]))

    def cell(self, inputs: Tensor, state: Tensor) -> Tensor:
        """The gates of a GRU. inputs (batch, 3·decoder), state (batch, decoder)."""
        reset, update, candidate = inputs.chunk(3, -1)
        old_reset, old_update, old_candidate = self.state_gates(state).chunk(3, -1)
        reset = torch.sigmoid(reset + old_reset)
        update = torch.sigmoid(update + old_update)
        candidate = torch.tanh(candidate + reset * old_candidate)
        return candidate + update * (state - candidate)

    @abstractmethod
    def begin(self, read: State) -> State: ...

    @abstractmethod
    def step(self, word_gates: Tensor, state: State, read: Read, step: int) -> Step:
        """Moves on by one word. word_gates (batch, 3·decoder): W E y(i-1)."""

    @abstractmethod
    def predict(self, readout: Tensor, words: Tensor) -> Tensor:
        """(..., readout), (..., embedding) to logits (..., vocabulary)."""

    def advance(
        self, read: State, previous: Tensor, state: State, step: int
    ) -> tuple[Tensor, State]:
        words = self.embed(previous.unsqueeze(1)).squeeze(1)
        moved = self.step(self.word_gates(words), state, Read(*read), step)
        return self.predict(moved.readout, words), moved.state

    def follow(self, source: Tensor, target: Tensor, embedded: Tensor | None = None) -> Followed:
        read = self.read(self.embed(source) if embedded is None else embedded, source)
        words = self.embed(target)
        state, readouts, traces = self.begin(read), list[Tensor](), list[Trace]()
        for step, gates in enumerate(self.word_gates(words).unbind(1)):
            state, readout, trace = self.step(gates, state, read, step)
            readouts.append(readout)
            if trace is not None:
                traces.append(trace)
        logits = self.predict(torch.stack(readouts, 1), words)
        if self.mechanism is None:
            return Followed(logits, ())
        return Followed(logits, (Traced(_LOOK, self.mechanism, _joined(traces, read)),))


class Bahdanau(Recurrent):
    """Looks with s(i-1), then s(i) follows from the word, what was seen, and s(i-1)."""

    def __init__(self, shape: RecurrentShape) -> None:
        super().__init__(shape, 2 * shape.encoder)
        self.attention = Additive(shape.decoder, self.annotation, shape.attention)
        self.output = nn.Linear(
            shape.decoder + shape.embedding + self.annotation, 2 * shape.embedding
        )  # two pieces for each maxout unit

    @property
    def mechanism(self) -> Mechanism:
        return self.attention

    def begin(self, read: State) -> State:
        return (self.first(Read(*read)),)

    def step(self, word_gates: Tensor, state: State, read: Read, step: int) -> Step:
        (previous,) = state
        trace = self.attention.attend(
            previous.unsqueeze(1), read.keys, read.annotations, read.allowed, step
        )
        context = trace.context.squeeze(1)
        now = self.cell(word_gates + self.context_gates(context), previous)
        return Step((now,), torch.cat([now, context], -1), trace)

    def predict(self, readout: Tensor, words: Tensor) -> Tensor:
        state, context = readout.tensor_split((self.shape.decoder,), -1)
        joined = self.output(torch.cat([state, words, context], -1))
        return self.chances(joined.unflatten(-1, (-1, 2)).amax(-1))


class Luong(Recurrent):
    """h(t) follows from the word and the last attentional vector, then looks; eq. 5 and 6.

    Input feeding (section 3.3): the attentional vector of a step is an input of the next one.
    """

    def __init__(self, shape: RecurrentShape) -> None:
        super().__init__(shape, shape.embedding)
        self.attention = _luong(shape)
        self.attentional = nn.Linear(
            self.annotation + shape.decoder, shape.embedding, bias=False
        )  # W_c
        self.output = nn.Linear(shape.embedding, shape.embedding, bias=False)

    @property
    def mechanism(self) -> Mechanism:
        return self.attention

    def begin(self, read: State) -> State:
        first = self.first(Read(*read))
        return first, first.new_zeros(len(first), self.shape.embedding)

    def step(self, word_gates: Tensor, state: State, read: Read, step: int) -> Step:
        previous, fed = state
        now = self.cell(word_gates + self.context_gates(fed), previous)
        trace = self.attention.attend(
            now.unsqueeze(1), read.keys, read.annotations, read.allowed, step
        )
        joined = torch.cat([trace.context.squeeze(1), now], -1)
        attentional = torch.tanh(self.attentional(joined))  # eq. 5
        return Step((now, attentional), attentional, trace)

    def predict(self, readout: Tensor, words: Tensor) -> Tensor:
        return self.chances(self.output(readout))  # eq. 6; W_s = embedding · output


class FixedVector(Recurrent):
    """Never looks back: the two ends of the reader are all it has, the same at every step."""

    def __init__(self, shape: RecurrentShape) -> None:
        super().__init__(shape, 2 * shape.encoder)
        self.output = nn.Linear(
            shape.decoder + shape.embedding + self.annotation, 2 * shape.embedding
        )  # two pieces for each maxout unit

    def begin(self, read: State) -> State:
        return (self.first(Read(*read)),)

    def step(self, word_gates: Tensor, state: State, read: Read, step: int) -> Step:
        (previous,) = state
        now = self.cell(word_gates + self.context_gates(read.end), previous)
        return Step((now,), torch.cat([now, read.end], -1), None)

    def predict(self, readout: Tensor, words: Tensor) -> Tensor:
        state, context = readout.tensor_split((self.shape.decoder,), -1)
        joined = self.output(torch.cat([state, words, context], -1))
        return self.chances(joined.unflatten(-1, (-1, 2)).amax(-1))


def _luong(shape: RecurrentShape) -> Mechanism:
    query, key = shape.decoder, 2 * shape.encoder
    made: dict[str, Mechanism] = {
        "dot": Dot(),
        "general": General(query, key),
        "concat": Concat(query, key, shape.attention),
        "location": Location(query, shape.positions),
        "local_monotonic": LocalMonotonic(query, key, shape.reach),
        "local_predictive": LocalPredictive(query, key, shape.reach),
    }
    return made[shape.looks]


def _joined(traces: list[Trace], read: Read) -> Trace:
    """The looks of all steps as one: step after step is query after query."""
    return Trace(
        torch.cat([trace.scores for trace in traces], -2),
        torch.cat([trace.allowed for trace in traces], -2),
        torch.cat([trace.weights for trace in traces], -2),
        read.annotations.unsqueeze(1),
        torch.cat([trace.context for trace in traces], -2),
    )

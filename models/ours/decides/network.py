"""A translator that looks twice: at the words of the source, and at the cells of a picture.

Calixto, Liu & Campbell 2017, "Doubly-Attentive Decoder for Multi-modal Neural Machine
Translation", sections 3.1 to 3.3: a proposed state looks at the words and at the picture, a gate
says how much of the picture is taken, and the state follows from both.

How it differs from the paper: a cell of the picture is what a small convolutional network of our
own takes for drawn there, a share for every drawing it knows, where the paper takes conv5_4 of
VGG-19; small widths; one network writes two languages, and the first word that it is given says
which; what was seen of the words and of the picture also speaks for the next word directly, as in
the lexical model of Nguyen & Chiang 2018, section 4; training asks a little price for an open gate.

>>> network = Network(Shape(words=7, target=9, names=5)).eval()
>>> cells = network.see(torch.ones(1, 3, 80, 80))
>>> made = network.follow(torch.tensor([[4, 5, 3]]), torch.tensor([[1, 4]]), cells)
>>> made.logits.shape, made.picture.weights.shape, made.gates.shape
(torch.Size([1, 2, 9]), torch.Size([1, 1, 2, 100]), torch.Size([1, 2]))
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.place import Place

PAD_ID: Final = 0
TEXT_LOOK: Final = Place("decoder", 0, "cross")
PICTURE_LOOK: Final = Place("picture", 0, "cross")
"""Where the decoder looks at the words, and where at the picture."""


@dataclass(frozen=True)
class Shape:
    """The sizes of one network.

    words, target  different words that it reads and writes
    names          drawings that it can tell apart, any other one counted as one more
    """

    words: int
    target: int
    names: int
    embedding: int = 96
    encoder: int = 96
    """Per direction; an annotation is twice as wide."""
    decoder: int = 192
    attention: int = 48
    """Hidden width of both scores."""
    seen: int = 96
    """Numbers that the eye works with."""
    cells: int = 64
    """Numbers of one cell of the picture as the decoder sees it."""
    dropout: float = 0.1

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class Read(NamedTuple):
    """A sentence and a picture as the decoder sees them.

    words        (batch, source, embedding)
    annotations  (batch, source, 2·encoder)
    keys         (batch, source, attention)    U_a h, worked out once
    allowed      (batch, 1, source)            False on padding
    begun        (batch, decoder)              the state before the first word
    cells        (batch, cell, cells)
    cell_keys    (batch, cell, attention)
    open         (batch, 1)                    1; 0 where there is no picture, and no gate opens
    """

    words: Tensor
    annotations: Tensor
    keys: Tensor
    allowed: Tensor
    begun: Tensor
    cells: Tensor
    cell_keys: Tensor
    open: Tensor


class Step(NamedTuple):
    """One step. state (batch, decoder), logits (batch, target), gate (batch, 1)."""

    state: Tensor
    logits: Tensor
    gate: Tensor
    text: Trace
    picture: Trace


class Followed(NamedTuple):
    """All words of a given translation.

    logits   (batch, target, vocabulary)
    gates    (batch, target)    β of each word, from 0 to 1
    text     weights (batch, 1, target, source)
    picture  weights (batch, 1, target, cell), before the gate
    """

    logits: Tensor
    gates: Tensor
    text: Trace
    picture: Trace


class Eye(nn.Module):
    """Names what is drawn at each cell of a picture: one of the drawings, another one, nothing.

    A cell is 8 × 8 pixels and is told of 49 × 49: a whole drawing around it.
    """

    def __init__(self, names: int, seen: int = Shape.seen) -> None:
        super().__init__()
        self.eye = nn.Sequential(
            *_layer(3, 16, 5, 2), *_layer(16, 32, 3, 2), *_layer(32, 64, 3, 2),
            *_layer(64, seen, 3, 1), *_layer(seen, seen, 3, 1), nn.Flatten(2),
        )  # fmt: skip
        self.names = nn.Linear(seen, names + 1)

    def forward(self, picture: Tensor) -> Tensor:
        """(batch, 3, row, column), light from 0 to 1, to logits (batch, cell, name),
        nothing last."""
        named: Tensor = self.names(self.eye(1 - picture).mT)  # white paper is nothing
        return named


def _layer(entering: int, leaving: int, reach: int, stride: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(entering, leaving, reach, stride, reach // 2, bias=False)
    return convolution, nn.BatchNorm2d(leaving), nn.ReLU()


class Network(nn.Module):
    """The doubly-attentive translator."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        both = 2 * shape.encoder
        self.eye = Eye(shape.names, shape.seen)
        self.meaning = nn.Linear(shape.names, shape.cells, bias=False)
        self.words = nn.Embedding(shape.words, shape.embedding, PAD_ID)
        self.encoder = nn.GRU(shape.embedding, shape.encoder, bidirectional=True, batch_first=True)
        self.first_state = nn.Linear(both, shape.decoder)
        self.written = nn.Embedding(shape.target, shape.embedding, PAD_ID)
        self.proposal = nn.GRUCell(shape.embedding, shape.decoder)
        self.attention = Additive(shape.decoder, both, shape.attention)
        self.picture_attention = Additive(shape.decoder, shape.cells, shape.attention)
        self.gate = nn.Linear(shape.decoder, 1)
        self.update = nn.GRUCell(both + shape.cells, shape.decoder)
        self.readout = nn.Linear(
            shape.decoder + shape.embedding + both + shape.cells, shape.embedding
        )
        self.output = nn.Linear(shape.embedding, shape.target)
        self.lexicon = nn.Linear(shape.embedding, shape.target, bias=False)
        self.picture_lexicon = nn.Linear(shape.cells, shape.target, bias=False)
        self.dropout = nn.Dropout(shape.dropout)
        nn.init.constant_(self.gate.bias, 1.0)  # it begins open: only so the picture is learnt

    @property
    def sites(self) -> dict[str, Mechanism]:
        """Both attentions by the name of their site."""
        return {str(TEXT_LOOK): self.attention, str(PICTURE_LOOK): self.picture_attention}

    @property
    def layers(self) -> dict[Place, nn.Module]:
        """The modules between which hidden states can be watched."""
        return {Place("encoder", 0): self.encoder}

    def see(self, picture: Tensor) -> Tensor:
        """What is drawn at each cell of a picture, a share of 1 for each name.

        picture  (batch, 3, row, column), light from 0 to 1
        returns  (batch, cell, name), nothing left out: blank paper is 0 everywhere
        """
        named: Tensor = self.eye(picture).softmax(-1)
        return named[..., :-1]

    def read(self, source: Tensor, named: Tensor, open: Tensor | None = None) -> Read:
        """source (batch, source), 0 = padding; named (batch, cell, name); open (batch, 1)."""
        cells = self.meaning(named)
        embedded = self.dropout(self.words(source))
        packed = pack_padded_sequence(
            embedded, (source != PAD_ID).sum(1).cpu(), batch_first=True, enforce_sorted=False
        )
        states, last = self.encoder(packed)
        annotations, _ = pad_packed_sequence(states, True, total_length=source.shape[1])
        annotations = self.dropout(annotations)
        begun = torch.tanh(self.first_state(torch.cat([last[0], last[1]], -1)))
        return Read(
            embedded, annotations, self.attention.prepare(annotations),
            (source != PAD_ID).unsqueeze(1), begun, cells, self.picture_attention.prepare(cells),
            cells.new_ones(len(cells), 1) if open is None else open,
        )  # fmt: skip

    def step(self, read: Read, embedded: Tensor, state: Tensor, number: int) -> Step:
        """One word on. embedded (batch, embedding): the word before, E y(t-1)."""
        proposed = self.proposal(embedded, state)  # s'_t

        text = self.attention.attend(
            proposed.unsqueeze(1), read.keys, read.annotations, read.allowed, number
        )
        everywhere = read.cells.new_ones(1, 1, read.cells.shape[1], dtype=torch.bool)
        picture = self.picture_attention.attend(
            proposed.unsqueeze(1), read.cell_keys, read.cells, everywhere, number
        )

        gate = torch.sigmoid(self.gate(state)) * read.open  # β_t, of s_{t-1}
        words_seen = text.context.squeeze(1)  # c_t
        picture_seen = gate * picture.context.squeeze(1)  # i_t

        now = self.update(torch.cat([words_seen, picture_seen], -1), proposed)
        said = torch.tanh(
            self.readout(torch.cat([self.dropout(now), embedded, words_seen, picture_seen], -1))
        )
        lexical = text.weights[:, 0] @ read.words
        logits = (
            self.output(self.dropout(said))
            + self.lexicon(lexical.squeeze(1))
            + self.picture_lexicon(picture_seen)
        )
        return Step(now, logits, gate, text, picture)

    def follow(
        self, source: Tensor, target: Tensor, named: Tensor, open: Tensor | None = None
    ) -> Followed:
        """Teacher forcing. target (batch, target) begins with the language.

        named  (batch, cell, name), as `see` gives it
        open   (batch, 1), 0 for those who have no picture
        """
        read = self.read(source, named, open)
        embedded = self.dropout(self.written(target))
        state, steps = read.begun, list[Step]()
        for number, word in enumerate(embedded.unbind(1)):
            steps.append(self.step(read, word, state, number))
            state = steps[-1].state
        return Followed(
            torch.stack([one.logits for one in steps], 1),
            torch.cat([one.gate for one in steps], 1),
            joined([one.text for one in steps]), joined([one.picture for one in steps]),
        )  # fmt: skip

    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())


def joined(traces: list[Trace]) -> Trace:
    """The looks of all steps as one: step after step is query after query."""
    return Trace(
        torch.cat([trace.scores for trace in traces], -2),
        torch.cat([trace.allowed for trace in traces], -2),
        torch.cat([trace.weights for trace in traces], -2),
        traces[0].values,
        torch.cat([trace.context for trace in traces], -2),
    )

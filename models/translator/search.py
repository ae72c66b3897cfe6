"""Choosing words: beam search for one sentence, the greedy way for many at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from attention_core.errors import Superseded
from models.translator.network import Source, Translator
from models.translator.vocabulary import END_ID, PAD_ID, START_ID, UNKNOWN_ID

MAX_LENGTH = 80


@dataclass(frozen=True)
class Hypothesis:
    """One finished translation. Each list has one entry for a target piece, </s> included."""

    pieces: list[int]
    log_probabilities: list[float]
    score: float
    """Log-probability divided by the length penalty: what the beam ranked by."""


class _Open(NamedTuple):
    """A translation still being written."""

    pieces: list[int]
    log_probabilities: list[float]

    def longer(self, piece: int, log_probability: float) -> _Open:
        return _Open([*self.pieces, piece], [*self.log_probabilities, log_probability])

    def closed(self, strength: float) -> Hypothesis:
        score = sum(self.log_probabilities) / length_penalty(len(self.pieces), strength)
        return Hypothesis(*self, score)


def length_penalty(length: int, strength: float) -> float:
    """Wu et al. 2016, equation 14: 1 at strength 0, growing with length."""
    return float(((5 + length) / 6) ** strength)


@torch.inference_mode()
def beam_search(
    model: Translator,
    source: list[int],
    width: int = 5,
    strength: float = 0.8,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Hypothesis]:
    """The best translations found, best first.

    As in Bahdanau's own search, a finished translation gives up its place in the beam: the search
    ends when `width` are finished, and a width of 1 is greedy.

    source    piece ids, </s> at the end
    width     hypotheses kept at every step
    strength  of the length penalty; 0 favours short translations

    Raises Superseded as soon as `cancelled` says that nobody waits any more.
    """
    read = model.encode(torch.tensor([source]))
    beam, finished = [_Open([], [])], list[Hypothesis]()
    state, previous = read.state, torch.tensor([START_ID])
    for step in range(_most_steps(len(source))):
        if cancelled():
            raise Superseded
        chances, state = _advance(model, read, previous, state, first=step == 0)
        grown, rows = list[_Open](), list[int]()
        for row, piece in _best(beam, chances, width - len(finished)):
            longer = beam[row].longer(piece, float(chances[row, piece]))
            if piece == END_ID:
                finished.append(longer.closed(strength))
            else:
                grown.append(longer)
                rows.append(row)
        if not grown:
            break
        beam, state, read = grown, state[rows], _widened(read, len(rows))
        previous = torch.tensor([hypothesis.pieces[-1] for hypothesis in beam])
    finished = finished or [hypothesis.closed(strength) for hypothesis in beam]
    return sorted(finished, key=lambda hypothesis: -hypothesis.score)


def _best(beam: list[_Open], chances: Tensor, places: int) -> list[tuple[int, int]]:
    """The likeliest ways to go on, as (row of the beam, piece), likeliest first."""
    so_far = torch.tensor([sum(hypothesis.log_probabilities) for hypothesis in beam])
    totals = (so_far.unsqueeze(1) + chances).flatten()
    found = totals.topk(min(places, len(totals)))
    return [
        divmod(index, chances.shape[1])
        for total, index in zip(found.values.tolist(), found.indices.tolist(), strict=True)
        if total > -math.inf
    ]


def _most_steps(source: int) -> int:
    """Pieces after which a translation is given up: it has lost its way."""
    return min(MAX_LENGTH, 2 * source + 10)


@torch.inference_mode()
def greedy_batch(model: Translator, sources: list[list[int]]) -> list[list[int]]:
    """The greedy translation of many sentences at once, without </s>."""
    width = max(map(len, sources))
    read = model.encode(
        torch.tensor([pieces + [PAD_ID] * (width - len(pieces)) for pieces in sources])
    )
    state, previous = read.state, torch.full((len(sources),), START_ID)
    written: list[list[int]] = [[] for _ in sources]
    done = torch.zeros(len(sources), dtype=torch.bool)
    for step in range(_most_steps(width)):
        chances, state = _advance(model, read, previous, state, first=step == 0)
        previous = chances.argmax(-1)
        done |= previous == END_ID
        if bool(done.all()):
            break
        for row, piece in enumerate(previous.tolist()):
            if not done[row]:
                written[row].append(piece)
    return written


def _advance(
    model: Translator, read: Source, previous: Tensor, state: Tensor, first: bool
) -> tuple[Tensor, Tensor]:
    """Log-probabilities of the next piece (row, vocabulary), in nats, and the new states.

    Pieces that no translation holds are ruled out, and so is ending before the first word.
    """
    words = model.embed(previous.unsqueeze(1)).squeeze(1)
    state, trace = model.step(model.word_gates(words), state, read)
    chances = model.logits(state, words, trace.context.squeeze(1)).log_softmax(-1)
    chances[:, [PAD_ID, UNKNOWN_ID, START_ID, *[END_ID] * first]] = -math.inf
    return chances, state


def _widened(read: Source, rows: int) -> Source:
    """One sentence, repeated for as many hypotheses as are open."""
    if read.state.shape[0] == rows:
        return read
    return read.select(torch.zeros(rows, dtype=torch.long))

"""Choosing words: beam search, and following a translation that is already given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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


@dataclass
class _Open:
    pieces: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)

    @property
    def total(self) -> float:
        return sum(self.log_probabilities)


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

    source    piece ids, </s> at the end
    width     hypotheses kept at every step; 1 is greedy
    strength  of the length penalty; 0 favours short translations

    Raises Superseded as soon as `cancelled` says that nobody waits any more.
    """
    read = model.encode(torch.tensor([source]))
    limit = min(MAX_LENGTH, 2 * len(source) + 10)
    beam, finished = [_Open()], list[Hypothesis]()
    state, previous = read.state, torch.tensor([START_ID])
    for _ in range(limit):
        if cancelled():
            raise Superseded
        logits, state = _advance(model, read, previous, state)
        chances = logits.log_softmax(-1)
        totals = torch.tensor([hypothesis.total for hypothesis in beam]).unsqueeze(1) + chances
        best = totals.flatten().topk(2 * width).indices.tolist()
        grown, rows = list[_Open](), list[int]()
        for index in best:
            row, piece = divmod(index, chances.shape[1])
            old = beam[row]
            new = _Open(
                [*old.pieces, piece],
                [*old.log_probabilities, float(chances[row, piece])],
            )
            if piece == END_ID:
                score = new.total / length_penalty(len(new.pieces), strength)
                finished.append(Hypothesis(new.pieces, new.log_probabilities, score))
            elif len(grown) < width:
                grown.append(new)
                rows.append(row)
        beam = grown
        if len(finished) >= width:
            ceiling = length_penalty(limit, strength)
            if max(h.score for h in finished) >= beam[0].total / ceiling:
                break
        chosen = torch.tensor(rows)
        state, read = state[chosen], _widen(read, len(rows))
        previous = torch.tensor([hypothesis.pieces[-1] for hypothesis in beam])
    finished = finished or [
        Hypothesis(h.pieces, h.log_probabilities, h.total / length_penalty(limit, strength))
        for h in beam
    ]
    return sorted(finished, key=lambda hypothesis: -hypothesis.score)[:width]


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
    for _ in range(min(MAX_LENGTH, 2 * width + 10)):
        logits, state = _advance(model, read, previous, state)
        previous = logits.argmax(-1)
        done |= previous == END_ID
        if bool(done.all()):
            break
        for row, piece in enumerate(previous.tolist()):
            if not done[row]:
                written[row].append(piece)
    return written


def _advance(
    model: Translator, read: Source, previous: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    words = model.embed(previous.unsqueeze(1)).squeeze(1)
    state, trace = model.step(model.word_gates(words), state, read)
    logits = model.logits(state, words, trace.context.squeeze(1))
    logits[:, [PAD_ID, UNKNOWN_ID, START_ID]] = -torch.inf
    return logits, state


def _widen(read: Source, rows: int) -> Source:
    if read.state.shape[0] == rows:
        return read
    return read.select(torch.zeros(rows, dtype=torch.long))

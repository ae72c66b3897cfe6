"""Choosing words: beam search for one sentence, the greedy way for many at once.

>>> length_penalty(7, strength=0), length_penalty(7, strength=1)
(1.0, 2.0)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from attention_core.errors import Superseded
from attention_core.watching.capture import never
from models.ours.translator.network import Network, State, select
from models.ours.translator.vocabulary import END_ID, PAD_ID, START_ID, UNKNOWN_ID

MAX_LENGTH = 80


@dataclass(frozen=True)
class Hypothesis:
    """One finished translation. Each list has one entry for a target piece, </s> included."""

    pieces: list[int]
    log_probabilities: list[float]
    score: float
    """Log-probability divided by the length penalty: what the beam ranked by."""
    leaf: int
    """Where it ends in the tree."""


@dataclass(frozen=True)
class Branch:
    """One piece that the beam kept; `parent` is the place of the piece before it, or -1."""

    parent: int
    piece: int
    log_probability: float
    total: float
    score: float | None = None
    """Where the translation ends, its score."""


@dataclass(frozen=True)
class Found:
    """The finished translations, best first, and every branch the beam kept on the way."""

    hypotheses: list[Hypothesis]
    tree: list[Branch]

    def way(self, leaf: int) -> list[int]:
        """The branches from the first piece to this one."""
        way = list[int]()
        while leaf >= 0:
            way.append(leaf)
            leaf = self.tree[leaf].parent
        return way[::-1]


class _Open(NamedTuple):
    """A translation still being written, and where it stands in the tree."""

    pieces: list[int]
    log_probabilities: list[float]
    leaf: int

    @property
    def total(self) -> float:
        return sum(self.log_probabilities)

    def longer(self, piece: int, log_probability: float, leaf: int) -> _Open:
        return _Open([*self.pieces, piece], [*self.log_probabilities, log_probability], leaf)

    def closed(self, strength: float) -> Hypothesis:
        score = self.total / length_penalty(len(self.pieces), strength)
        return Hypothesis(self.pieces, self.log_probabilities, score, self.leaf)


def length_penalty(length: int, strength: float) -> float:
    """Wu et al. 2016, equation 14: 1 at strength 0, growing with length."""
    return float(((5 + length) / 6) ** strength)


@torch.inference_mode()
def beam_search(
    model: Network,
    source: list[int],
    width: int = 5,
    strength: float = 0.8,
    cancelled: Callable[[], bool] = never,
) -> Found:
    """The best translations found, best first, and the tree of the search.

    As in Bahdanau's own search, a finished translation gives up its place in the beam: the search
    ends when `width` are finished, and a width of 1 is greedy.

    source    piece ids, </s> at the end
    width     hypotheses kept at every step
    strength  of the length penalty; 0 favours short translations

    Raises Superseded as soon as `cancelled` says that nobody waits any more.
    """
    read = model.encode(torch.tensor([source]))
    beam, finished, tree = [_Open([], [], -1)], list[Hypothesis](), list[Branch]()
    state, previous = model.begin(read), torch.tensor([START_ID])
    for step in range(_most_steps(len(source))):
        if cancelled():
            raise Superseded
        chances, state = _advance(model, read, previous, state, step)
        grown, rows = list[_Open](), list[int]()
        for row, piece in _best(beam, chances, width - len(finished)):
            chance = float(chances[row, piece])
            longer = beam[row].longer(piece, chance, len(tree))
            done = longer.closed(strength) if piece == END_ID else None
            tree.append(
                Branch(beam[row].leaf, piece, chance, longer.total, done.score if done else None)
            )
            if done:
                finished.append(done)
            else:
                grown.append(longer)
                rows.append(row)
        if not grown:
            break
        kept = torch.tensor(rows)
        beam, state, read = grown, select(state, kept), _widened(read, len(rows))
        previous = torch.tensor([hypothesis.pieces[-1] for hypothesis in beam])
    finished = finished or [hypothesis.closed(strength) for hypothesis in beam]
    return Found(sorted(finished, key=lambda hypothesis: -hypothesis.score), tree)


def _best(beam: list[_Open], chances: Tensor, places: int) -> list[tuple[int, int]]:
    """The likeliest ways to go on, as (row of the beam, piece), likeliest first."""
    so_far = torch.tensor([hypothesis.total for hypothesis in beam])
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
def greedy_batch(model: Network, sources: list[list[int]]) -> list[list[int]]:
    """The greedy translation of many sentences at once, without </s>."""
    width = max(map(len, sources))
    read = model.encode(
        torch.tensor([pieces + [PAD_ID] * (width - len(pieces)) for pieces in sources])
    )
    state, previous = model.begin(read), torch.full((len(sources),), START_ID)
    written: list[list[int]] = [[] for _ in sources]
    done = torch.zeros(len(sources), dtype=torch.bool)
    for step in range(_most_steps(width)):
        chances, state = _advance(model, read, previous, state, step)
        previous = chances.argmax(-1)
        done |= previous == END_ID
        if bool(done.all()):
            break
        for row, piece in enumerate(previous.tolist()):
            if not done[row]:
                written[row].append(piece)
    return written


def _advance(
    model: Network, read: State, previous: Tensor, state: State, step: int
) -> tuple[Tensor, State]:
    """Log-probabilities of the next piece (row, vocabulary), in nats, and the new state.

    Pieces that no translation holds are ruled out, and so is ending before the first word.
    """
    logits, state = model.advance(read, previous, state, step)
    chances = logits.log_softmax(-1)
    chances[:, [PAD_ID, UNKNOWN_ID, START_ID, *[END_ID] * (step == 0)]] = -math.inf
    return chances, state


def _widened(read: State, rows: int) -> State:
    """One sentence, repeated for as many hypotheses as are open."""
    if len(read[0]) == rows:
        return read
    return select(read, torch.zeros(rows, dtype=torch.long))

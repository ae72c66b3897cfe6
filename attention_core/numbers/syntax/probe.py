"""How much of a tree all heads know together: a probe that sees nothing but attention.

The head of a word is drawn by the weights between the two, each head of the model with a number for
either direction; learnt on one half of the sentences and reported on the other.

>>> from attention_core.numbers.syntax.tree import ROOT, spaced
>>> tree = spaced(["the", "dog", "barks"], [1, 2, ROOT], ["det", "nsubj", "root"])
>>> knows = torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])
>>> probe = Probe()
>>> for _half in range(2):
...     probe.add(tree, knows, [[0], [1], [2]])
>>> probe.fit()
>>> probe.right, probe.all
(2, 2)

With a vector for each word, how much a head counts may hang on both words: the attention-and-words
probe.

Source: Clark et al. 2019, section 5, https://arxiv.org/abs/1906.04341. Attention only:
p(i | j) ∝ exp(Σ_k w_k α^k_ij + u_k α^k_ji); with words: p(i | j) ∝ exp(Σ_k W_k (v_i ⊕ v_j) α^k_ij +
U_k (v_i ⊕ v_j) α^k_ji). Words by the merging of `between`.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.numbers.syntax.between import Groups, between
from attention_core.numbers.syntax.offsets import OffsetCounts
from attention_core.numbers.syntax.tree import PUNCTUATION, Tree, relations

ROUNDS: Final = 60
"""Steps of L-BFGS; the loss is convex."""
RIDGE: Final = 1e-4
"""What large numbers cost, so that there is one optimum."""


class Probe:
    """Rows of candidates for each word that is asked about, in two halves.

    right    words of the second half whose head is the likeliest candidate, after `fit`
    all      words of the second half
    offsets  of each half, how far the heads of the same words are
    """

    def __init__(self) -> None:
        self.right = self.all = 0
        self.offsets = OffsetCounts(), OffsetCounts()
        self._sentences = 0
        self._rows: tuple[list[Tensor], list[Tensor]] = ([], [])
        """Each (candidate, feature), the word's own head the first."""
        self._pairs: tuple[list[Tensor], list[Tensor]] = ([], [])
        """Each (candidate, width): the vectors of both words one after the other, or a single 1."""
        self._gold: tuple[list[Tensor], list[Tensor]] = ([], [])
        """Each (candidate,), bool: of the same span as the head."""
        self.numbers = torch.zeros(0, dtype=torch.float64)
        """(feature,): w of every head, then u of every head; with words (feature, width)."""

    def add(
        self, tree: Tree, weights: Tensor, groups: Groups, vectors: Tensor | None = None
    ) -> None:  # fmt: skip
        """Keep one sentence: (head, query, key) and the tokens of each word.

        vectors  (word, width), for every sentence or for none
        """
        half = self._sentences % 2
        words = between(weights.float(), groups)
        both = torch.cat([words, words.transpose(-1, -2)]).permute(1, 2, 0)
        units = torch.tensor(tree.units)
        there = torch.tensor([bool(group) for group in groups])
        asked = set[int]()
        for word, relation in tree.counted():
            head = tree.heads[word]
            if relations(relation)[0] == PUNCTUATION or not (there[word] and there[head]):
                continue
            others = there & (units != units[word])
            if not others[head]:
                continue
            asked.add(word)
            self._rows[half].append(both[word, others])
            self._pairs[half].append(_pair(vectors, word, others))
            self._gold[half].append((units == units[head])[others])
        self.offsets[half].add(tree, asked.__contains__)
        self._sentences += 1

    def fit(self) -> None:
        """Learn from the first half, and count on the second.

        Raises ShapeError when one of them has no word.
        """
        if not all(self._rows):
            raise ShapeError("A probe needs two halves with words in each; add more sentences.")
        with torch.inference_mode(False), torch.enable_grad():  # whoever asks may need no gradient
            self._fit()

    def _fit(self) -> None:
        wide = max(len(row) for several in self._rows for row in several)
        seen, gold = _padded(self._rows[0], self._gold[0], wide)
        seen, pairs = seen.double(), _filled(self._pairs[0], wide)
        shape = seen.shape[-1], pairs.shape[-1]
        numbers = torch.zeros(shape, dtype=seen.dtype, requires_grad=True)
        learn = torch.optim.LBFGS([numbers], max_iter=ROUNDS, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            learn.zero_grad()
            loss = _loss(seen, pairs, gold, numbers)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        learn.step(closure)  # type: ignore[no-untyped-call]
        self.numbers = numbers.detach().squeeze(-1)
        unseen, wanted = _padded(self._rows[1], self._gold[1], wide)
        scores = _scores(unseen.double(), _filled(self._pairs[1], wide), numbers.detach())
        named = scores.argmax(-1, keepdim=True)
        self.right, self.all = int(wanted.gather(1, named).sum()), len(wanted)


def _padded(rows: list[Tensor], gold: list[Tensor], wide: int) -> tuple[Tensor, Tensor]:
    """(word, candidate, feature), NaN where there is none; (word, candidate), bool."""
    seen = torch.full((len(rows), wide, rows[0].shape[-1]), torch.nan)
    right = torch.zeros(len(rows), wide, dtype=torch.bool)
    for at, (row, mine) in enumerate(zip(rows, gold, strict=True)):
        seen[at, : len(row)], right[at, : len(row)] = row, mine
    return seen, right


def _pair(vectors: Tensor | None, word: int, others: Tensor) -> Tensor:
    """(candidate, width): of each other word and of the word itself; a single 1 without words."""
    if vectors is None:
        return torch.ones(int(others.sum()), 1)
    both = vectors[others], vectors[word].expand(int(others.sum()), -1)
    return torch.cat(both, -1).float()


def _filled(pairs: list[Tensor], wide: int) -> Tensor:
    """(word, candidate, width), float64, 0 where there is none."""
    filled = torch.zeros(len(pairs), wide, pairs[0].shape[-1], dtype=torch.float64)
    for at, pair in enumerate(pairs):
        filled[at, : len(pair)] = pair
    return filled


def _scores(seen: Tensor, pairs: Tensor, numbers: Tensor) -> Tensor:
    """(word, candidate), −inf where there is none. numbers (feature, width)"""
    scores = ((seen.nan_to_num() @ numbers) * pairs).sum(-1)
    return scores.masked_fill(seen[..., 0].isnan(), -torch.inf)


def _loss(seen: Tensor, pairs: Tensor, gold: Tensor, numbers: Tensor) -> Tensor:
    """The mean −log of the share of the right candidates."""
    shares = _scores(seen, pairs, numbers).log_softmax(-1)
    right = shares.masked_fill(~gold, -torch.inf).logsumexp(-1)
    return -right.mean() + RIDGE * numbers.square().sum()

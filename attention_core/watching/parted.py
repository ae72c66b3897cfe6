"""Attention in which a query may look at a part of the text, and at places that are no tokens.

Long texts are read in windows and blocks, and some models add places of their own that stand for
a stretch of the text or for all of it. Who may look where is a rule about positions, asked for the
rows that are wanted, so that a square of the whole text is never held.

>>> near = lambda at: (at[:, None] - torch.arange(4)).abs() <= 1
>>> source = Parted(torch.zeros(1, 4, 2), torch.zeros(1, 4, 2), 1.0, near, 4)
>>> source.weights([0], slice(0, 2)).tolist()[0][0]
[0.5, 0.5, 0.0, 0.0]
>>> wide = Parted(torch.zeros(1, 1, 2), torch.zeros(1, 4, 2), 1.0, lambda at: at.new_ones(
...     len(at), 4, dtype=torch.bool), 4, places=torch.tensor([0]))
>>> rest = Parted(torch.zeros(1, 3, 2), source.key, 1.0, near, 4, places=torch.tensor([1, 2, 3]))
>>> Mixed((wide, rest)).weights([0], slice(0, 2)).sum(-1).tolist()
[[1.0, 1.0]]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Rule = Callable[[Tensor], Tensor]
"""Which keys the queries at these rows may look at: (query,) to (query, key), bool."""
Bias = Callable[[Sequence[int], Tensor], Tensor]
"""What is added to the scores of these heads and rows: broadcasts to (head, query, key)."""


@dataclass(frozen=True)
class Parted:
    """Weights made on demand from queries, keys and a rule of who may look where.

    query   (head, query, width)
    key     (head, key, width), those of tokens first, then those of places that are no tokens
    tokens  how many of the keys are tokens
    places  (query,), the rows of the text that the queries are; all of them where None
    """

    query: Tensor
    key: Tensor
    scaling: float
    rule: Rule
    tokens: int
    bias: Bias | None = None
    places: Tensor | None = None

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        return self.shares(heads, queries)[..., : self.tokens]

    def beside(self, heads: Sequence[int], queries: slice) -> Tensor | None:
        """(head, query): what goes to places that are no tokens; None where there are none."""
        if self.key.shape[1] == self.tokens:
            return None
        return self.shares(heads, queries)[..., self.tokens :].sum(-1)

    def allowed(self) -> Tensor:
        return self.rule(self._rows())[:, : self.tokens]

    def shares(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(head, query, key): each row sums to 1, to 0 where a query may look at nothing."""
        at, chosen = self._rows()[queries], list(heads)
        scores = self.scaling * (
            self.query[chosen][:, queries].float() @ self.key[chosen].float().mT
        )
        if self.bias is not None:
            scores = scores + self.bias(chosen, at)
        return torch.nan_to_num(scores.masked_fill(~self.rule(at), -torch.inf).softmax(-1))

    def totals(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(1, query): what the rows of `shares` sum to."""
        return self.rule(self._rows()[queries]).any(-1).float()[None]

    def _rows(self) -> Tensor:
        if self.places is not None:
            return self.places
        return torch.arange(self.query.shape[1], device=self.query.device)


@dataclass(frozen=True)
class Mixed:
    """Rows of one text that look in several ways: each part says by `places` which are its own."""

    parts: tuple[Parted, ...]

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        whole = [part.weights(heads, slice(None)) for part in self.parts]
        made = whole[0].new_zeros(len(heads), self._length, self.parts[0].tokens)
        for part, rows in zip(self.parts, whole, strict=True):
            made[:, part.places] = rows
        return made[:, queries]

    def allowed(self) -> Tensor:
        made = torch.zeros(self._length, self.parts[0].tokens, dtype=torch.bool)
        for part in self.parts:
            made[part.places] = part.allowed().to(made.device)
        return made

    @property
    def _length(self) -> int:
        return sum(part.query.shape[1] for part in self.parts)

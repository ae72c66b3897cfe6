"""Changing attention while it happens, to see what follows from it.

An edit names a site and some of its cells, and says what their weights shall be. Edits are active
only inside `with editing(...)` and only for the thread that opened it: nothing is changed on the
model, so a reader's experiment never reaches another reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Action = Literal["zero", "uniform", "set"]


@dataclass(frozen=True)
class Edit:
    """What is done to some cells of one site. None means all of them.

    zero     the cells get nothing; the rest of the row is left as it is
    uniform  the cells share equally what they had together, in each row
    set      the cells get `value`; the rest of the row keeps its proportions and shares 1 − value

    queries count decoding steps, from 0; keys count source pieces, from 0
    """

    site: str
    action: Action
    heads: tuple[int, ...] | None = None
    queries: tuple[int, ...] | None = None
    keys: tuple[int, ...] | None = None
    value: float = 1.0

    def apply(self, weights: Tensor, allowed: Tensor, first: int) -> Tensor:
        """(..., head, query, key) with the cells changed; forbidden keys stay at 0."""
        rows = _chosen(self.heads, weights.shape[-3])[:, None, None] & _chosen(
            self.queries, weights.shape[-2], first
        ).unsqueeze(-1)
        cells = rows & _chosen(self.keys, weights.shape[-1]) & allowed
        if self.action == "zero":
            return weights.masked_fill(cells, 0)
        count = cells.sum(-1, keepdim=True).clamp_min(1)
        inside = (weights * cells).sum(-1, keepdim=True)
        if self.action == "uniform":
            return torch.where(cells, inside / count, weights)
        outside = weights.sum(-1, keepdim=True) - inside
        touched = cells.any(-1, keepdim=True)
        kept = torch.where(outside > 0, (1 - self.value) / outside.clamp_min(1e-12), 0)
        changed = torch.where(cells, self.value / count, weights * kept)
        return torch.where(touched, changed.to(weights), weights)


def _chosen(places: tuple[int, ...] | None, size: int, first: int = 0) -> Tensor:
    """(size,) bool: which of the positions first … first + size are meant."""
    if places is None:
        return torch.ones(size, dtype=torch.bool)
    wanted = torch.zeros(size, dtype=torch.bool)
    wanted[[place - first for place in places if 0 <= place - first < size]] = True
    return wanted


_ACTIVE: ContextVar[Mapping[nn.Module, Sequence[Edit]] | None] = ContextVar(
    "attention_edits", default=None
)


@contextmanager
def editing(edits: Mapping[nn.Module, Sequence[Edit]]) -> Iterator[None]:
    """Attention calls of these modules are edited inside the block, in this thread only."""
    token = _ACTIVE.set(edits or None)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


def edits_of(module: nn.Module) -> Sequence[Edit]:
    """The edits that are active for a module now; usually none."""
    active = _ACTIVE.get()
    return active.get(module, ()) if active else ()

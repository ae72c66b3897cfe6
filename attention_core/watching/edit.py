"""Changing attention while it happens, to see what follows from it.

An edit names a site and some of its cells, and says what their weights shall be. Edits are active
only inside `with editing(...)` and only for the thread that opened it: nothing is changed on the
model, so a reader's experiment never reaches another reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from attention_core.errors import AttentionError, ShapeError
from attention_core.watching.record import QueryKey

Action = Literal["zero", "uniform", "set"]


@dataclass(frozen=True)
class Edit:
    """What is done to some cells of one site. None means all of them.

    zero     the cells get nothing, the others keep their weight: the row then sums to less than
             before by what the cells had
    uniform  the cells share equally what they had together: the row's sum is what it was
    set      the cells get `value` together, in equal parts; the others keep their proportions and
             share 1 − value: the row then sums to 1. Where the others have no weight at all,
             there are no proportions to keep, and the row sums to `value`

    A cell that may not be looked at stays at 0 and gets no part.

    queries  count decoding steps, from 0
    keys     count source pieces, from 0
    value    from 0 to 1

    Raises ShapeError when a number is not of that kind.
    """

    site: str
    action: Action
    heads: tuple[int, ...] | None = None
    queries: tuple[int, ...] | None = None
    keys: tuple[int, ...] | None = None
    value: float = 1.0

    def __post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise ShapeError(
                "“{action}” is no way to edit attention; use zero, uniform or set.",
                action=self.action,
            )
        if not 0 <= self.value <= 1:  # NaN is not either
            raise ShapeError(
                "A weight cannot be set to {value}; use a number from 0 to 1.", value=self.value
            )
        for axis, places in (("head", self.heads), ("query", self.queries), ("key", self.keys)):
            _check_places(axis, places)

    def apply(self, weights: Tensor, allowed: Tensor, first: int) -> Tensor:
        """The weights with the cells changed.

        weights  (..., head, query, key)
        allowed  bool, broadcasts to weights
        first    the position of the first query

        Raises ShapeError when the edit names a head that is not there.
        """
        if self.heads and max(self.heads) >= weights.shape[-3]:
            raise ShapeError(
                "There is no head {head} at {site}: its {heads} heads are counted from 0.",
                head=max(self.heads),
                site=self.site,
                heads=weights.shape[-3],
            )
        cells = self._cells(weights, first) & allowed
        if self.action == "zero":
            return weights.masked_fill(cells, 0)
        count = cells.sum(-1, keepdim=True).clamp_min(1).to(weights)
        if self.action == "uniform":
            together = weights.masked_fill(~cells, 0).sum(-1, keepdim=True)
            return torch.where(cells, together / count, weights)
        others = weights.masked_fill(cells, 0)
        total = others.sum(-1, keepdim=True)
        kept = torch.where(total > 0, others / total.masked_fill(total == 0, 1), 0)
        changed = torch.where(cells, self.value / count, (1 - self.value) * kept)
        return torch.where(cells.any(-1, keepdim=True), changed, weights)

    def _cells(self, weights: Tensor, first: int) -> Tensor:
        """(head, query, key), bool: which cells are meant, whether or not they are allowed."""
        heads, queries, keys = weights.shape[-3:]
        rows = _chosen(self.heads, heads)[:, None] & _chosen(self.queries, queries, first)
        return rows[..., None] & _chosen(self.keys, keys)


def _check_places(axis: str, places: tuple[int, ...] | None) -> None:
    for place in places or ():
        if not isinstance(place, int) or place < 0:
            raise ShapeError(
                "{place} is no place on the {axis} axis; use whole numbers from 0.",
                place=place,
                axis=axis,
            )


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


def placed(edits: Sequence[Edit], sites: Mapping[str, nn.Module]) -> dict[nn.Module, list[Edit]]:
    """The edits of each module, in their order.

    sites  the module behind each name, such as ``cross.0``

    Raises AttentionError when an edit names a site that the model has not.
    """
    found: dict[nn.Module, list[Edit]] = {}
    for edit in edits:
        if edit.site not in sites:
            raise AttentionError(
                "This model has no attention “{site}” to change; it has {known}.",
                site=edit.site,
                known=", ".join(sites) or "–",
            )
        found.setdefault(sites[edit.site], []).append(edit)
    return found


@dataclass(frozen=True)
class Edited(QueryKey):
    """An attention call that a reader changed: queries and keys as they came, weights as used.

    used  (head, query, key or sink)
    """

    used: Tensor = field(default_factory=lambda: torch.empty(0))

    def shares(self, heads: Sequence[int], queries: slice) -> Tensor:
        return self.used[list(heads), queries]

    def totals(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(head, query): an edited row may sum to anything from 0 to 1."""
        return self.shares(heads, queries).sum(-1).clamp(0, 1)


def changed(source: QueryKey, edits: Sequence[Edit]) -> Edited:
    """The same call with its weights changed, one edit after the other."""
    weights = source.shares(range(len(source.query)), slice(None))
    sink = weights.shape[-1] - source.key.shape[-2]  # no cell, but it has its part of a row
    allowed = nn.functional.pad(_allowed(source), (0, sink))
    for edit in edits:
        weights = edit.apply(weights, allowed, first=0)
    return Edited(
        **{part.name: getattr(source, part.name) for part in fields(source)}, used=weights
    )


def _allowed(source: QueryKey) -> Tensor:
    """(1 or head, query, key), bool: who may look where, for each head."""
    if source.mask is None:
        return source.allowed()[None]
    return source.mask.expand(-1, source.query.shape[-2], source.key.shape[-2])

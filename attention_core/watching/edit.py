"""Changing attention while it happens, to see what follows from it.

An edit names a site and some of its cells, and says what their weights shall be. Edits are active
only inside `with editing(...)` and only for the thread that opened it
(`attention_core.watching.capture`): nothing is changed on the model, so a reader's experiment never
reaches another reader. What can be done to cells stands in one table, `ACTIONS`; another way is one
function more.

>>> weights, allowed = torch.tensor([[[0.5, 0.25, 0.25]]]), torch.ones(1, 3, dtype=torch.bool)
>>> Edit("encoder.0", "set", keys=(0,), value=0.75).apply(weights, allowed, first=0).tolist()
[[[0.75, 0.125, 0.125]]]
>>> Edit("encoder.0", "remove", heads=(0,)).apply(weights, allowed, first=0).tolist()
[[[0.0, 0.0, 0.0]]]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import torch
from torch import Tensor, nn

from attention_core.errors import AttentionError, ShapeError
from attention_core.watching.place import Place
from attention_core.watching.record import QueryKey

Action = str
"""A name in ACTIONS."""


@dataclass(frozen=True)
class Edit:
    """What is done to some cells of one site. None means all of them.

    zero     the cells get nothing, the others keep their weight: the row then sums to less than
             before by what the cells had
    uniform  the cells share equally what they had together: the row's sum is what it was
    set      the cells get `value` together, in equal parts; the others keep their proportions and
             share 1 − value: the row then sums to 1. Where the others have no weight at all,
             there are no proportions to keep, and the row sums to `value`
    remove   the whole row of each cell gets nothing: the head is switched off there, and nothing
             of it reaches the next layer

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
        if self.action not in ACTIONS:
            raise ShapeError(
                "“{action}” is no way to edit attention; use one of {known}.",
                action=self.action,
                known=", ".join(ACTIONS),
            )
        if not 0 <= self.value <= 1:  # NaN is not either
            raise ShapeError(
                "A weight cannot be set to {value}; use a number from 0 to 1.", value=self.value
            )
        for axis, places in (("head", self.heads), ("query", self.queries), ("key", self.keys)):
            check_places(axis, places)

    @property
    def place(self) -> Place:
        """The site as a place; raises AttentionError when it names none."""
        return Place.parse(self.site)

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
        return ACTIONS[self.action](weights, cells, self.value)

    def _cells(self, weights: Tensor, first: int) -> Tensor:
        """(head, query, key), bool: which cells are meant, whether or not they are allowed."""
        heads, queries, keys = weights.shape[-3:]
        where = weights.device
        rows = chosen(self.heads, heads, where)[:, None]
        rows = rows & chosen(self.queries, queries, where, first)
        return rows[..., None] & chosen(self.keys, keys, where)


def zero(weights: Tensor, cells: Tensor, _value: float) -> Tensor:
    """The cells get nothing."""
    return weights.masked_fill(cells, 0)


def uniform(weights: Tensor, cells: Tensor, _value: float) -> Tensor:
    """The cells share equally what they had together."""
    together = weights.masked_fill(~cells, 0).sum(-1, keepdim=True)
    return torch.where(cells, together / _counted(weights, cells), weights)


def given(weights: Tensor, cells: Tensor, value: float) -> Tensor:
    """The cells get `value` together; the others share the rest as they did before."""
    others = weights.masked_fill(cells, 0)
    total = others.sum(-1, keepdim=True)
    kept = torch.where(total > 0, others / total.masked_fill(total == 0, 1), 0)
    changed = torch.where(cells, value / _counted(weights, cells), (1 - value) * kept)
    return torch.where(cells.any(-1, keepdim=True), changed, weights)


def remove(weights: Tensor, cells: Tensor, _value: float) -> Tensor:
    """Every row with such a cell gets nothing."""
    return weights.masked_fill(cells.any(-1, keepdim=True), 0)


def _counted(weights: Tensor, cells: Tensor) -> Tensor:
    return cells.sum(-1, keepdim=True).clamp_min(1).to(weights)


ACTIONS: Final[dict[Action, Callable[[Tensor, Tensor, float], Tensor]]] = {
    "zero": zero,
    "uniform": uniform,
    "set": given,
    "remove": remove,
}
"""What can be done to cells: (weights, cells, value) to weights, all (..., head, query, key)."""


def check_places(axis: str, places: tuple[int, ...] | None) -> None:
    """Raises ShapeError unless these are whole numbers from 0."""
    for place in places or ():
        if not isinstance(place, int) or place < 0:
            raise ShapeError(
                "{place} is no place on the {axis} axis; use whole numbers from 0.",
                place=place,
                axis=axis,
            )


def chosen(
    places: tuple[int, ...] | None, size: int, device: torch.device, first: int = 0
) -> Tensor:
    """(size,) bool: which of the positions first … first + size are meant."""
    if places is None:
        return torch.ones(size, dtype=torch.bool, device=device)
    meant = frozenset(places)
    wanted = [first + place in meant for place in range(size)]
    return torch.tensor(wanted, dtype=torch.bool, device=device)


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

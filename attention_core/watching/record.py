"""What was seen in one model while it read one input.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b")
>>> weights = Stored(torch.tensor([[[0.25, 0.75], [1.0, 0.0]]]))
>>> site = Site((Place("encoder", 2),), 1, axis, axis, weights, Integrity(0.0, 0.0))
>>> site.name, site.kind, site.layer, site.integrity.verified
('encoder.2', 'encoder', 2, True)
>>> site.weights([0], slice(0, 1)).tolist()
[[[0.25, 0.75]]]
>>> AttentionRecord("fake", (site,), (axis,)).site("encoder.2") is site
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Protocol

import torch
from torch import Tensor
from typing_extensions import TypeVar

from attention_core.axes.axis import Axis
from attention_core.axes.tokens import TextAxis
from attention_core.errors import AttentionError
from attention_core.watching.place import Place
from attention_core.watching.place import together as written

Along = TypeVar("Along", bound=Axis, default=TextAxis)
"""What lies along a side of a matrix: tokens of a text where nothing else is said."""

AT_ONCE: Final = 1 << 20
"""Weights that an overview makes at a time: heads of a short text together, of a long one each."""


@dataclass(frozen=True)
class Integrity:
    """How far the shown weights are from what the module really did.

    rows     largest distance of a row's sum from what it must be (1, or 0 where nothing is allowed)
    output   largest distance of weights × values from the module's output, divided by the largest
             number in that output; None where the module's output could not be had
    """

    rows: float
    output: float | None

    TOLERANCE = 1e-4

    @property
    def verified(self) -> bool:
        return self.output is not None and not self.broken

    @property
    def broken(self) -> bool:
        """True when the numbers contradict the module; such a picture must not be drawn."""
        found = (self.rows, 0.0 if self.output is None else self.output)
        return not all(distance <= self.TOLERANCE for distance in found)  # NaN is broken too


class Source(Protocol):
    """Where a site's weights come from: kept as they are, or made again from queries and keys."""

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(head, query, key), float32."""

    def allowed(self) -> Tensor:
        """(query, key), bool, True = may look."""


@dataclass(frozen=True)
class Stored:
    """Weights that were handed over whole. weights (head, query, key); allowed (query, key)."""

    matrix: Tensor
    mask: Tensor | None = None

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        return self.matrix[list(heads), queries].float()

    def allowed(self) -> Tensor:
        if self.mask is None:
            return self.matrix.new_ones(self.matrix.shape[-2:], dtype=torch.bool)
        return self.mask


@dataclass(frozen=True)
class QueryKey:
    """Weights made on demand, from the queries and keys that a running model used.

    query    (head, query, width)
    key      (group, key, width)        head h looks at the keys of group h // (heads / groups)
    mask     (1 or head, 1 or query, key), bool, True = may look; everything when None
    bias     (1 or head, 1 or query, key), added to the scores: a position bias
    causal   without a mask, query i may look at keys 0 … i
    softcap  scores are squeezed to (-softcap, softcap) before the bias is added
    sinks    (head,), the score of a place that takes weight and gives nothing
    """

    query: Tensor
    key: Tensor
    scaling: float
    mask: Tensor | None = None
    bias: Tensor | None = None
    causal: bool = False
    softcap: float | None = None
    sinks: Tensor | None = None

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        return self.shares(heads, queries)[..., : self.key.shape[-2]].float()

    def shares(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(head, query, key or sink): the weights, with the sink's share last where there is one.

        Each row sums to 1; to 0 where a query may look at nothing.
        """
        scores = self._scores(heads, queries)
        if self.mask is None and not self.causal and self.sinks is None:
            return torch.softmax(scores, -1)
        allowed = self._allowed(heads, queries)
        if self.sinks is not None:
            sink = self.sinks.to(scores)[list(heads), None, None].expand(-1, scores.shape[-2], 1)
            scores = torch.cat([scores, sink], -1)
            allowed = torch.nn.functional.pad(allowed, (0, 1), value=True)
        return _softmax(scores, allowed)

    def totals(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(1 or head, query): what rows of shares sum to; 0 where a query may look at nothing."""
        if self.mask is None or self.sinks is not None:
            return self.query.new_ones(1, 1, dtype=torch.float32)
        return self._allowed(heads, queries).any(-1).float()

    def allowed(self) -> Tensor:
        return self._allowed(range(len(self.query)), slice(None)).any(0)

    def _scores(self, heads: Sequence[int], queries: slice) -> Tensor:
        group = len(self.query) // len(self.key)
        precision = torch.promote_types(self.query.dtype, torch.float32)
        key = self.key[[head // group for head in heads]].to(precision)
        query = self.query[list(heads), queries].to(precision)
        scores = torch.baddbmm(query.new_zeros(1, 1, 1), query, key.mT, beta=0, alpha=self.scaling)
        if self.softcap is not None:
            scores = self.softcap * torch.tanh(scores / self.softcap)
        return scores if self.bias is None else scores + _part(self.bias, heads, queries).to(scores)

    def _allowed(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(1 or head, query, key)"""
        size, keys = self.query.shape[-2], self.key.shape[-2]
        first, end, step = queries.indices(size)
        if self.mask is not None:
            mask = _part(self.mask, heads, queries)
            return mask.expand(len(mask), len(range(first, end, step)), keys)
        rows = torch.arange(first, end, step, device=self.query.device)
        if not self.causal:
            return rows.new_ones(1, len(rows), keys, dtype=torch.bool)
        return (rows[:, None] >= torch.arange(keys, device=rows.device))[None]


def _softmax(scores: Tensor, allowed: Tensor) -> Tensor:
    """Shares among the allowed, exactly 0 elsewhere, all 0 in a row where nothing is allowed.

    The same law as `mechanism.softmax`, by one fused kernel: it runs at every layer of a model.
    """
    weights = torch.softmax(scores.masked_fill(~allowed, -torch.inf), -1)
    nothing = ~allowed.any(-1, keepdim=True)
    return weights.masked_fill_(nothing, 0) if bool(nothing.any()) else weights


def _part(tensor: Tensor, heads: Sequence[int], queries: slice) -> Tensor:
    """These heads and queries of a tensor that may have one head or one query for all."""
    tensor = tensor if len(tensor) == 1 else tensor[list(heads)]
    return tensor if tensor.shape[1] == 1 else tensor[:, queries]


@dataclass(frozen=True)
class Reordered:
    """Weights between the same places, told in another order, as where a model cuts in blocks.

    places  (place,): where each of them is among the source's queries and keys

    >>> stored = Stored(torch.tensor([[[0.75, 0.25], [0.5, 0.5]]]))
    >>> Reordered(stored, torch.tensor([1, 0])).weights([0], slice(None)).tolist()
    [[[0.5, 0.5], [0.25, 0.75]]]
    """

    source: Source
    places: Tensor

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        whole = self.source.weights(heads, slice(None))
        return whole[:, self.places[queries]][..., self.places]

    def allowed(self) -> Tensor:
        return self.source.allowed()[self.places][:, self.places]


@dataclass(frozen=True)
class Site(Generic[Along]):
    """One place in a model where attention happens, such as encoder layer 3.

    places  usually one; several where the looks of several layers are shown as one
    """

    places: tuple[Place, ...]
    heads: int
    queries: Along
    keys: Along
    source: Source
    integrity: Integrity

    @property
    def place(self) -> Place:
        """Where it is; of several places the last."""
        return self.places[-1]

    @property
    def name(self) -> str:
        """Stable and counted from 0: ``encoder.2``, ``cross.0``, or ``cross.0+cross.1``."""
        return written(self.places)

    @property
    def kind(self) -> str:
        return self.place.kind

    @property
    def layer(self) -> int:
        return self.place.layer

    def weights(self, heads: Sequence[int] | None = None, queries: slice = slice(None)) -> Tensor:
        """(head, query, key), float32, worked out now for the heads and queries asked for."""
        return self.source.weights(range(self.heads) if heads is None else heads, queries)

    def allowed(self) -> Tensor:
        """(query, key), bool, True = may look."""
        return self.source.allowed()

    def overview(self, size: int) -> Tensor:
        """(head, row, column): every head shrunk to at most size × size by its largest weights.

        A thin line of attention survives shrinking by the maximum; by the mean it would fade.
        """
        queries, keys = len(self.queries), len(self.keys)
        smaller = min(size, queries), min(size, keys)
        step = max(1, AT_ONCE // max(1, queries * keys))
        parts = [range(self.heads)[first : first + step] for first in range(0, self.heads, step)]
        shrink = torch.nn.functional.adaptive_max_pool2d
        return torch.cat([shrink(self.weights(heads), smaller) for heads in parts])


@dataclass(frozen=True)
class Mean:
    """One head that looks as all the heads of several calls do on average. heads: of each call"""

    sources: tuple[Source, ...]
    heads: tuple[int, ...]

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        parts = zip(self.sources, self.heads, strict=True)
        total = sum(source.weights(range(count), queries).sum(0) for source, count in parts)
        mean: Tensor = torch.as_tensor(total) / sum(self.heads)
        return mean.expand(len(heads), *mean.shape)

    def allowed(self) -> Tensor:
        """(query, key), True where one of them may look."""
        return torch.stack([source.allowed() for source in self.sources]).any(0)


def together(sites: Sequence[Site[Along]]) -> Site[Along]:
    """One site whose one head is the mean over all heads of these; as sure as the least of them."""
    gaps = [site.integrity.output for site in sites]
    known = [gap for gap in gaps if gap is not None]
    return replace(
        sites[-1],
        places=tuple(site.place for site in sites),
        heads=1,
        source=Mean(tuple(site.source for site in sites), tuple(site.heads for site in sites)),
        integrity=Integrity(
            max(site.integrity.rows for site in sites),
            max(known) if len(known) == len(gaps) else None,
        ),
    )


class Note(str):
    """A remark on how a text was read, such as that it was cut.

    Like an error's, its sentence is a template with its values beside it, so that a page can say
    it in the reader's language; taken as a string it is the filled English sentence.
    """

    sentence: str
    values: dict[str, object]

    def __new__(cls, sentence: str, **values: object) -> Note:
        made = super().__new__(cls, sentence.format(**values) if values else sentence)
        made.sentence, made.values = sentence, values
        return made


@dataclass(frozen=True)
class AttentionRecord(Generic[Along]):
    """One reading: the model, what it read, and every site where it looked."""

    model: str
    """The catalogue's name of the model."""
    sites: tuple[Site[Along], ...]
    axes: tuple[Along, ...]
    notes: tuple[Note, ...] = field(default=())

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of look that there are, in the order of the sites."""
        return tuple(dict.fromkeys(site.kind for site in self.sites))

    def of(self, kind: str) -> tuple[Site[Along], ...]:
        """The sites of one kind, layer by layer; empty where there is none."""
        return tuple(site for site in self.sites if site.kind == kind)

    def site(self, name: str) -> Site[Along]:
        """Raises AttentionError with the known names when there is no such site."""
        for site in self.sites:
            if site.name == name:
                return site
        known = ", ".join(site.name for site in self.sites)
        raise AttentionError(
            "There is no site “{name}”; this record has {known}.", name=name, known=known
        )

"""What was seen in one model while it read one input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch
from torch import Tensor

from attention_core.errors import AttentionError
from attention_core.tokens import Axis

Kind = Literal["encoder", "decoder", "cross"]


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
        return self.output is not None and max(self.rows, self.output) <= self.TOLERANCE

    @property
    def broken(self) -> bool:
        """True when the numbers contradict the module; such a picture must not be drawn."""
        return not max(self.rows, self.output or 0.0) <= self.TOLERANCE


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
            return torch.ones(self.matrix.shape[-2:], dtype=torch.bool)
        return self.mask


@dataclass(frozen=True)
class Site:
    """One place in a model where attention happens, such as encoder layer 3."""

    name: str
    """Stable and counted from 0: ``encoder.2``, ``cross.0``."""
    kind: Kind
    layer: int
    heads: int
    queries: Axis
    keys: Axis
    source: Source
    integrity: Integrity

    def weights(
        self, heads: Sequence[int] | None = None, queries: slice = slice(None)
    ) -> Tensor:
        """(head, query, key), float32, worked out now for the heads and queries asked for."""
        return self.source.weights(range(self.heads) if heads is None else heads, queries)

    def allowed(self) -> Tensor:
        """(query, key), bool, True = may look."""
        return self.source.allowed()

    def overview(self, size: int) -> Tensor:
        """(head, row, column): every head shrunk to at most size × size by its largest weights.

        A thin line of attention survives shrinking by the maximum; by the mean it would fade.
        """
        rows, columns = min(size, len(self.queries)), min(size, len(self.keys))
        made = [
            torch.nn.functional.adaptive_max_pool2d(self.weights([head]), (rows, columns))
            for head in range(self.heads)
        ]
        return torch.cat(made)


@dataclass(frozen=True)
class AttentionRecord:
    """One reading: the model, what it read, and every site where it looked."""

    model: str
    """The catalogue's name of the model."""
    sites: tuple[Site, ...]
    axes: tuple[Axis, ...]
    notes: tuple[str, ...] = field(default=())

    def site(self, name: str) -> Site:
        """Raises AttentionError with the known names when there is no such site."""
        for site in self.sites:
            if site.name == name:
                return site
        known = ", ".join(site.name for site in self.sites)
        raise AttentionError(f"There is no site “{name}”; this record has {known}.")

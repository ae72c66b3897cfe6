"""Numbers of many texts as one: the mean of each, over the texts that have it.

>>> from attention_core.numbers.named import Named
>>> means = Means()
>>> means.add({"same": Named(torch.tensor([[0.5, torch.nan]]), ("layer", "head"))})
>>> means.add({"same": Named(torch.tensor([[0.25, 1.0]]), ("layer", "head"))})
>>> means.table()["same"].values.tolist()
[[0.375, 1.0]]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from attention_core.numbers.named import Named


class Means:
    """Sums and counts by name; NaN does not count."""

    def __init__(self) -> None:
        self._first: dict[str, Named] = {}
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, Tensor] = {}

    def add(self, table: Mapping[str, Named]) -> None:
        """The numbers of one text; each has the same shape in every text."""
        for name, one in table.items():
            self._first.setdefault(name, one)
            values = one.values.double()
            zero = torch.zeros_like(values)
            self._sums[name] = self._sums.get(name, zero) + values.nan_to_num()
            self._counts[name] = self._counts.get(name, zero) + values.isfinite()

    def table(self) -> dict[str, Named]:
        """The mean of each; NaN where no text has it."""
        return {
            name: replace(one, values=(self._sums[name] / self._counts[name]).float())
            for name, one in self._first.items()
        }

"""Numbers that say what they count and along which axes.

>>> spread = Named(torch.tensor([[0.0, 2.0], [1.0, 1.5]]), ("layer", "head"), "bits")
>>> spread.along("head"), spread.unit
(2, 'bits')
>>> spread.most(), spread.least()
((0, 1), (0, 0))
>>> Named(torch.zeros(3), ("layer", "head"))
Traceback (most recent call last):
    ...
attention_core.errors.ShapeError: The numbers have 1 axes but 2 names (layer, head); give each \
axis one name.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from attention_core.errors import ShapeError


@dataclass(frozen=True)
class Named:
    """An array whose axes have names.

    values  one axis for each name
    unit    what is counted: bits, tokens, …; empty for a share from 0 to 1
    """

    values: Tensor
    axes: tuple[str, ...]
    unit: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != len(self.axes):
            raise ShapeError(
                "The numbers have {found} axes but {count} names ({names}); give each axis one "
                "name.",
                found=self.values.ndim,
                count=len(self.axes),
                names=", ".join(self.axes),
            )

    def along(self, axis: str) -> int:
        """How many numbers there are along an axis."""
        return self.values.shape[self.axes.index(axis)]

    def least(self) -> tuple[int, ...]:
        """Where the smallest number stands, the first of several; what is NaN does not count."""
        return self._at(int(self.values.nan_to_num(nan=torch.inf).argmin()))

    def most(self) -> tuple[int, ...]:
        """Where the largest number stands, the first of several; what is NaN does not count."""
        return self._at(int(self.values.nan_to_num(nan=-torch.inf).argmax()))

    def _at(self, place: int) -> tuple[int, ...]:
        indices = torch.unravel_index(torch.tensor(place), self.values.shape)
        return tuple(int(index) for index in indices)

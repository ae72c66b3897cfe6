"""Patches over a picture: each a rectangle of it, in rows from the top.

>>> axis = patches(2, 3, width=600, height=400, before=("[CLS]",))
>>> [patch.text for patch in axis.tokens]
['[CLS]', '1, 1', '1, 2', '1, 3', '2, 1', '2, 2', '2, 3']
>>> axis.tokens[6].box
Box(left=400.0, top=200.0, right=600.0, bottom=400.0)
>>> axis.unit, float(axis.distances(axis)[1, 6])
('patches', 2.0)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from attention_core.axes.axis import Axis
from attention_core.errors import ShapeError
from attention_core.marking import N_


class Box(NamedTuple):
    """A rectangle of a picture, in its pixels, from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


NOWHERE = Box(0, 0, 0, 0)
"""Where a place lies that stands for no part of the picture."""


@dataclass(frozen=True)
class Patch:
    """One place of a picture.

    row, column  in the grid of patches, from 0; −1 for what stands for no part of the picture
    region       the number of the region that it belongs to; −1 for a region of its own
    """

    text: str
    box: Box = NOWHERE
    special: bool = False
    row: int = -1
    column: int = -1
    region: int = -1


@dataclass(frozen=True)
class PatchAxis:
    """The patches of one picture. width, height: of the picture in pixels."""

    name: str
    tokens: tuple[Patch, ...]
    width: float
    height: float

    unit = N_("patches")

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return (
            1 + max((patch.row for patch in self.tokens), default=-1),
            1 + max((patch.column for patch in self.tokens), default=-1),
        )

    @property
    def before(self) -> int:
        """How many places stand in front that lie nowhere in the picture."""
        return sum(patch.row < 0 for patch in self.tokens)

    @property
    def crop(self) -> Box:
        """The part of the picture that the patches cover."""
        boxes = [patch.box for patch in self.tokens if patch.row >= 0]
        left, top, right, bottom = zip(*boxes, strict=True)
        return Box(min(left), min(top), max(right), max(bottom))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Patches region by region, in order of their first patch."""
        made: dict[tuple[str, int], list[int]] = {}
        for place, patch in enumerate(self.tokens):
            key = ("region", patch.region) if patch.region >= 0 else ("patch", place)
            made.setdefault(key, []).append(place)
        return tuple(map(tuple, made.values()))

    @cached_property
    def words(self) -> PatchAxis:
        """The same picture with one place for each region: the rectangle around its patches."""
        return replace(self, tokens=tuple(map(self._around, self.groups)))

    def _around(self, group: tuple[int, ...]) -> Patch:
        parts = [self.tokens[place] for place in group]
        left, top, right, bottom = zip(*(part.box for part in parts), strict=True)
        return replace(parts[0], box=Box(min(left), min(top), max(right), max(bottom)))

    def distances(self, keys: Axis) -> Tensor:
        """(query, key), patches: the larger of the steps down and the steps across (Chebyshev).

        NaN from or to what stands for no part of the picture.
        """
        ours, theirs = _grid(self), _grid(keys)
        apart = (ours[:, None] - theirs[None, :]).abs().amax(-1)
        return apart.masked_fill((ours[:, None, 0] < 0) | (theirs[None, :, 0] < 0), torch.nan)


def _grid(axis: Axis) -> Tensor:
    """(place, row or column); −1 for what lies nowhere in a picture."""
    where = [(getattr(one, "row", -1), getattr(one, "column", -1)) for one in axis.tokens]
    return torch.tensor(where).float().reshape(-1, 2)


def patches(
    rows: int, columns: int, width: float, height: float, before: tuple[str, ...] = (),
    regions: tuple[int, ...] = (), name: str = "picture", crop: Box | None = None,
) -> PatchAxis:  # fmt: skip
    """A picture, or a part of it, cut into rows × columns patches.

    before   names of the places that the model puts in front, such as [CLS]
    regions  for each patch, row by row, the number of its region
    crop     the part that the patches cover; None = all of it

    Raises ShapeError unless there is one region for each patch, or none at all.
    """
    if regions and len(regions) != rows * columns:
        raise ShapeError(
            "There are {found} regions for {needed} patches; give each patch one.",
            found=len(regions),
            needed=rows * columns,
        )
    seen = crop or Box(0, 0, width, height)
    across, down = (seen.right - seen.left) / columns, (seen.bottom - seen.top) / rows
    cells = [
        Patch(
            f"{row + 1}, {column + 1}",
            Box(
                seen.left + column * across, seen.top + row * down,
                seen.left + (column + 1) * across, seen.top + (row + 1) * down,
            ),
            False, row, column, regions[row * columns + column] if regions else -1,
        )
        for row in range(rows)
        for column in range(columns)
    ]  # fmt: skip
    front = [Patch(text, special=True) for text in before]
    return PatchAxis(name, (*front, *cells), width, height)

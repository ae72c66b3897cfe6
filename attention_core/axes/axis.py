"""What every axis of an attention matrix is: labelled places, in groups, each lying somewhere.

Tokens lie on characters of a text, patches on a rectangle of a picture, frames on a span of time.
Records, views, measures and files ask only for what stands here.

>>> steps(3, 3).tolist()
[[0.0, 1.0, 2.0], [1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor


class Item(Protocol):
    """One place of an axis."""

    @property
    def text(self) -> str:
        """What a reader sees in its place."""

    @property
    def special(self) -> bool:
        """Put there by the model ([CLS], a class token), not by the reader."""


class Axis(Protocol):
    """The places along one side of an attention matrix."""

    @property
    def name(self) -> str:
        """text, source, target, picture, sound, …"""

    @property
    def tokens(self) -> Sequence[Item]:
        """The places in order."""

    @property
    def unit(self) -> str:
        """What distances along it count, marked for translation."""

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Positions that belong together, in order: sub-words of a word, frames of a second."""

    @property
    def words(self) -> Axis:
        """The same axis with one place for each group."""

    def __len__(self) -> int: ...

    def distances(self, keys: Axis) -> Tensor:
        """(query, key), in `unit`, to an axis of the same kind; NaN from or to nowhere."""


def steps(queries: int, keys: int) -> Tensor:
    """(query, key): how many places apart, both counted from the beginning."""
    return (torch.arange(queries)[:, None] - torch.arange(keys)[None, :]).abs().float()

"""What a way to part a text has to say: which modules have it, and how they looked in one call.

>>> split(torch.arange(8.0).reshape(1, 2, 4), 2).tolist()
[[[0.0, 1.0], [4.0, 5.0]], [[2.0, 3.0], [6.0, 7.0]]]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from attention_core.watching.attend import integrity
from attention_core.watching.parted import Mixed, Parted
from attention_core.watching.record import Integrity, Note


@dataclass(frozen=True)
class Heard:
    """One call of an attention module for one text.

    given  what it was called with, by name
    made   what it gave back
    took   what entered its parts, by their names, the last call of each
    gave   what they gave
    """

    module: Any
    given: Mapping[str, Any]
    made: Any
    took: Mapping[str, Tensor] = field(default_factory=dict)
    gave: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """How one text was looked at."""

    source: Parted | Mixed
    integrity: Integrity

    @property
    def heads(self) -> int:
        parts = self.source.parts if isinstance(self.source, Mixed) else (self.source,)
        return len(parts[0].query)


@dataclass(frozen=True)
class Layout:
    """One way to part a text.

    takes  whether a module looks in this way
    parts  the names of the parts of such a module that must be heard as well
    look   how it looked in a call
    note   what a reader must know of it
    """

    takes: Callable[[nn.Module], bool]
    look: Callable[[Heard], Look]
    note: Callable[[Any], Note]
    parts: Sequence[str] = ()


def split(made: Tensor, heads: int) -> Tensor:
    """(head, token, width) of what a projection gives for one text, (1, token, head · width)."""
    return made[0].reshape(made.shape[1], heads, -1).transpose(0, 1)


def checked(source: Parted, values: Tensor, taken: Tensor) -> Look:
    """A look, held against what the heads took away.

    values  (head, key, width)
    taken   (head, query, width)
    """
    return Look(source, integrity(source, values, taken))


def mixed(looks: Sequence[Look]) -> Look:
    """The looks of different rows of one text as one; as sure as the least of them."""
    if len(looks) == 1:
        return looks[0]
    gaps = [look.integrity.output for look in looks]
    output = None if None in gaps else max(gap for gap in gaps if gap is not None)
    parts = tuple(look.source for look in looks if isinstance(look.source, Parted))
    return Look(Mixed(parts), Integrity(max(look.integrity.rows for look in looks), output))


def true(flags: Tensor) -> Tensor:
    """Where a row of flags is true."""
    return torch.nonzero(flags)[:, 0]

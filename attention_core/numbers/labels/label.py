"""What a head is called, and when.

>>> from attention_core.axes.tokens import spaced
>>> from attention_core.numbers.measures.measure import Read
>>> axis = spaced("a b a")
>>> same_before(Read(torch.eye(3)[None], axis, axis)).int().tolist()
[[0, 0, 0], [0, 0, 0], [1, 0, 0]]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from attention_core.axes.tokens import TextAxis
from attention_core.numbers.measures.measure import Measure, Read
from attention_core.numbers.patterns import elsewhere, on

HALF: Final = 0.5
"""Half of its attention: more than all else together."""


@dataclass(frozen=True)
class Label(Measure):
    """A measure from 0 to 1 that gives a head its name where it reaches `least`.

    repeats  it is read off tokens by chance that are said several times over, not off a text
    """

    least: float = HALF
    repeats: bool = False


def said(read: Read) -> list[str] | None:
    """What each token says, without regard to capitals; None where both sides are not one text."""
    if (
        read.crosses
        or not isinstance(read.queries, TextAxis)
        or len(read.queries) != len(read.keys)
    ):
        return None
    return [(one.piece or one.text).casefold() for one in read.queries.tokens]


def same(read: Read) -> Tensor:
    """(query, key), bool: two places with the same token of the reader's; none is its own."""
    words = said(read)
    if words is None:
        return torch.zeros(len(read.queries), len(read.keys), dtype=torch.bool)
    own = torch.tensor([not one.special for one in read.queries.tokens])
    return elsewhere(words) & own[:, None] & own


def same_before(read: Read) -> Tensor:
    """(query, key), bool: as `same`, of earlier places only."""
    return same(read).tril(-1)


def share(read: Read, wanted: Tensor) -> Tensor:
    """The mean share of attention on wanted places, over the tokens that have any: (head,).

    wanted  (query, key), bool
    returns NaN where no token has any
    """
    return on(read.weights, wanted & read.looking[:, None])

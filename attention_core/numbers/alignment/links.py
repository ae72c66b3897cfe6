"""Links between the words of two sentences, and what is said about them.

>>> diagonal_links(sources=2, targets=2)
[Link(source=0, target=0), Link(source=1, target=1)]
>>> sorted(crossing([Link(0, 1), Link(1, 0), Link(2, 2)]))
[Link(source=0, target=1), Link(source=1, target=0)]
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

Direction = Literal["source-target", "target-source"]
"""Which side the first number of a link in a file counts."""


class Link(NamedTuple):
    """Counted from 0; source first, as in the Pharaoh format."""

    source: int
    target: int


class Gold(NamedTuple):
    """Links set by people: sure ones must be found, possible ones may be; no link is both."""

    sure: frozenset[Link]
    possible: frozenset[Link]


class AlignedPair(NamedTuple):
    """The words of a sentence and of its translation, and the links that people set between them.

    texts  both sentences as they were before they were cut into words, where the file has them
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    gold: Gold
    texts: tuple[str, str] | None = None


def diagonal_links(sources: int, targets: int) -> list[Link]:
    """Each target word linked to the source word at the same share of its sentence.

    What any aligner must beat: it knows nothing but the two lengths.
    """
    return [Link((2 * target + 1) * sources // (2 * targets), target) for target in range(targets)]


def crossing(links: Collection[Link]) -> set[Link]:
    """Those links that cross at least one other: where the two languages order words unlike."""
    return {
        one
        for one in links
        for other in links
        if (one.source - other.source) * (one.target - other.target) < 0
    }

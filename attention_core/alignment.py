"""From weights to links: which source word each target word came from, and how right that is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Link(NamedTuple):
    """Counted from 0; source first, as in the Pharaoh format."""

    source: int
    target: int


class Gold(NamedTuple):
    """Links set by people: sure ones must be found, possible ones may be; no link is both."""

    sure: frozenset[Link]
    possible: frozenset[Link]


def strongest_links(weights: NDArray[np.float32], least: float = 0.0) -> list[Link]:
    """One link for each target word, to the source word it looked at most.

    weights  (target, source)
    least    links weaker than this are left out
    """
    if weights.size == 0:
        return []
    best = weights.argmax(1)
    return [
        Link(int(source), target)
        for target, source in enumerate(best)
        if weights[target, source] > least
    ]


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


def error_rate(pairs: Iterable[tuple[Collection[Link], Gold]]) -> float:
    """Alignment error rate of found links against gold ones: 0 = perfect, 1 = nothing right.

    AER = 1 − (|A∩S| + |A∩(S∪P)|) / (|A| + |S|), the counts summed over all sentences.

    Source: Och & Ney 2003, section 2.3, https://aclanthology.org/J03-1002
    """
    right = counted = 0
    for found, gold in pairs:
        links = set(found)
        right += len(links & gold.sure) + len(links & (gold.sure | gold.possible))
        counted += len(links) + len(gold.sure)
    return 1 - right / counted if counted else 0.0


def pharaoh(links: list[Link]) -> str:
    """Links as `i-j i-j …`, source-target, counted from 0, in order of the source."""
    return " ".join(f"{link.source}-{link.target}" for link in sorted(links))

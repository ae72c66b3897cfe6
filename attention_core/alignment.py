"""From weights to links: which source word each target word came from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Link(NamedTuple):
    """Counted from 0; source first, as in the Pharaoh format."""

    source: int
    target: int


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


def pharaoh(links: list[Link]) -> str:
    """Links as `i-j i-j …`, source-target, counted from 0, in order of the source."""
    return " ".join(f"{link.source}-{link.target}" for link in sorted(links))

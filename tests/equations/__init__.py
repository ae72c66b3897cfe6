"""The equations of the papers, worked out one number at a time, and how to make each mechanism."""

from __future__ import annotations

from tests.equations import classic, crossmodal, dynamic, sparse
from tests.equations.builder import (
    BATCH,
    HEADS,
    KEYS,
    POSITIONS,
    QUERIES,
    REACH,
    Builder,
    Equation,
)

_FAMILIES = (classic, sparse, dynamic, crossmodal)

BUILDERS: dict[str, Builder] = {
    name: builder for family in _FAMILIES for name, builder in family.BUILDERS.items()
}
BY_HAND: dict[str, Equation] = {
    name: equation for family in _FAMILIES for name, equation in family.BY_HAND.items()
}

__all__ = [
    "BATCH", "BUILDERS", "BY_HAND", "HEADS", "KEYS", "POSITIONS", "QUERIES", "REACH", "Builder",
    "Equation",
]  # fmt: skip

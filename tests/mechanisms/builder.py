"""How the tests make each mechanism, the sizes they use, and what they hold it against.

The test file of each family says it, by the decorators below.

Every size is a different prime (times the heads where heads must divide), so that no axis can
stand in for another by accident.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from numpy.typing import NDArray

from attention_core.mechanisms.mechanism import Mechanism

BATCH, QUERIES, KEYS, HEADS = 2, 5, 7, 3
REACH, POSITIONS = 4, 23

Array = NDArray[Any]
Equation = Callable[[Mechanism, Array, Array, Array, Array], Array]
"""mechanism, query (query, width), key, value, allowed (query, key) → context (query, width)"""


@dataclass(frozen=True)
class Builder:
    """How the tests make one mechanism, the widths it takes, and which laws it rightly breaks."""

    make: Callable[[], Mechanism]
    query: int
    key: int
    value: int
    heads: int = 1
    head_width: int = 0
    """Of a head's values, where it is not the width of all values divided by the heads."""
    placed: bool = False
    """Where a key stands matters."""
    windowed: bool = False
    """Some keys are out of reach even where nothing is forbidden."""
    zeroing: bool = False
    """An allowed key may weigh exactly nothing."""
    signed: bool = False
    """The weight of an allowed key may be below zero."""
    biased: bool = False
    """A query that sees nothing still takes the biases of the projections."""
    together: bool = False
    """What one query takes depends on the others, so that they cannot come one at a time."""
    numbered: bool = False
    """The first query is another one than the second whatever it holds, so that none can go."""
    aside: tuple[str, ...] = ()
    """Parameters that only an extra is made of."""
    blind: tuple[Literal["query", "key"], ...] = ()
    """What the weights do not depend on, or not smoothly, so that nothing can be learnt by it."""
    estimated: bool = False
    """The gradient is an estimate on purpose; finite differences of a sample are zero."""


BUILDERS: Final[dict[str, Builder]] = {}
BY_HAND: Final[dict[str, Equation]] = {}


def by_hand(
    name: str, make: Callable[[], Mechanism], query: int, key: int, value: int, **laws: Any
) -> Callable[[Equation], Equation]:
    """Marks the slow loop, written from the paper, of the mechanism that `make` makes.

    laws  the further fields of `Builder`
    """

    def marked(equation: Equation) -> Equation:
        BUILDERS[name] = Builder(make, query, key, value, **laws)
        BY_HAND[name] = equation
        return equation

    return marked

"""What each mechanism costs: operations and memory as functions of the length, with the formula.

What is counted, and how, stands in `price`; what a mechanism costs stands beside it, as its `cost`.

>>> operations("scaled_dot_product", length=10, width=4)  # (8 + 8) for each of 100 pairs
1600
>>> formulas("scaled_dot_product").memory
'n^2'
>>> crossing("sliding_window", "scaled_dot_product", width=64, reach=2)  # 3 tokens all see all
4
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from attention_core.errors import ShapeError
from attention_core.mechanisms import ALL
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.mechanisms.price import NONE, ONE, Cost, Size

LONGEST: Final = 1 << 20
"""As far as crossings are looked for."""


def operations(name: str, length: int, width: int, heads: int = 1, **knobs: int) -> float:
    """Multiplications and additions of scores and of weights times values."""
    cost, size = _sized(name, length, width, heads, knobs)
    return (cost.score.of(size) + cost.value.of(size)) * cost.pairs.of(size)


def of(made: Mechanism, length: int, width: int) -> float:
    """Operations for the scores and the values of a mechanism as it was built.

    length  of the text in tokens; where tokens are routed, they are routed to as many
    width   of queries, keys and values, all heads together
    """
    return operations(made.card.name, **vars(made.sized(length, width)))


def projections(name: str, length: int, width: int, heads: int = 1, **knobs: int) -> float:
    """Multiplications and additions of the learnt matrices around the pairs."""
    cost, size = _sized(name, length, width, heads, knobs)
    return cost.once.of(size)


def memory(name: str, length: int, width: int, heads: int = 1, **knobs: int) -> float:
    """Numbers that stand for the pairs at once: their weights, and a hidden layer where there is
    one. A pattern keeps its own pairs only.
    """
    cost, size = _sized(name, length, width, heads, knobs)
    return cost.keeps.of(size) if cost.keeps else cost.kept.of(size) * cost.pairs.of(size)


class Formulas(NamedTuple):
    """LaTeX of the three functions of the same names, without dollar signs."""

    operations: str
    projections: str
    memory: str


def formulas(name: str) -> Formulas:
    """How one mechanism's costs are worked out; the letters are those of `Size`."""
    cost = _known(name)
    each = [term.formula for term in (cost.score, cost.value) if term is not NONE]
    work = f"({' + '.join(each)})" if len(each) > 1 else "".join(each)
    kept = "" if cost.kept is ONE else rf"{cost.kept.formula}\,"
    return Formulas(
        rf"{work}\,{cost.pairs.formula}",
        cost.once.formula,
        cost.keeps.formula if cost.keeps else kept + cost.pairs.formula,
    )


def letters(names: Iterable[str]) -> set[str]:
    """The letters of the formulas of these mechanisms, as they stand in LaTeX."""
    said = " ".join(" ".join(formulas(name)) for name in names)
    return {found for found in re.findall(r"\\[a-z]+|[A-Za-z]", said) if found not in _WRITING}


_WRITING: Final = {r"\frac", r"\left", r"\right"}

Price = Callable[..., float]
"""`operations`, `projections`, `memory`, or a sum of them."""


def total(name: str, length: int, width: int, heads: int = 1, **knobs: int) -> float:
    """Operations, projections included."""
    return operations(name, length, width, heads, **knobs) + projections(
        name, length, width, heads, **knobs
    )


def crossing(
    one: str, other: str, width: int, heads: int = 1, price: Price = operations,
    longest: int = LONGEST, **knobs: int,
) -> int | None:  # fmt: skip
    """The length from which `one` is cheaper and stays so; None where there is none up to `longest`
    or it always was.

    The two prices are taken to cross at most once between two powers of two.
    """

    def cheaper(length: int) -> bool:
        return price(one, length, width, heads, **knobs) < price(
            other, length, width, heads, **knobs
        )

    grid = sorted({min(1 << power, longest) for power in range(longest.bit_length() + 1)})
    if not cheaper(grid[-1]) or all(map(cheaper, grid)):
        return None
    low, high = next(
        (low, high) for low, high in reversed(list(pairwise(grid))) if not cheaper(low)
    )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cheaper(middle) else (middle, high)
    return high


def _sized(
    name: str, length: int, width: int, heads: int, knobs: dict[str, int]
) -> tuple[Cost, Size]:
    cost = _known(name)
    for what, number, least in (
        ("length", length, 1), ("width", width, 1), ("heads", heads, 1),
        *((knob, number, 0) for knob, number in knobs.items()),
    ):  # fmt: skip
        if not least <= number < math.inf:
            raise ShapeError(
                "A {what} of {number} costs nothing that could be counted; use at least {least}.",
                what=what, number=number, least=least,
            )  # fmt: skip
    return cost, Size(length, width, heads, **knobs)


def _known(name: str) -> Cost:
    if name not in ALL:
        raise ShapeError(
            "There is no mechanism called {name}; choose one of {known}.",
            name=name,
            known=", ".join(ALL),
        )
    return ALL[name].cost

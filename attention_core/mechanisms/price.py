"""What a price is made of: sizes, terms with their formulas, and what stands beside a mechanism.

Counted are the multiplications and additions of products, two for each pair that is multiplied and
added, where n queries look at n keys. Left out is what is done number by number: softmax, tanh,
biases, turning and sorting. Values that a mechanism takes as they stand cost nothing.

>>> size = Size(length=10, width=4)
>>> Cost().pairs.formula, Cost().pairs.of(size)
('n^2', 100)
>>> squares(8).formula, squares(8).of(size)
('8nd^2', 1280)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple


@dataclass(frozen=True)
class Size:
    """All that a cost depends on, with the letter of the formulas."""

    length: int
    """n: queries, and as many keys."""
    width: int
    """d: of queries, keys and values, all heads together."""
    heads: int = 1
    """H"""
    reach: int = 128
    """D: keys of a window on either side."""
    dilation: int = 1
    """δ: steps from one key of a window to the next."""
    global_tokens: int = 1
    """g: the first tokens, which look at all and are looked at by all."""
    block: int = 64
    """b: tokens of a block."""
    global_blocks: int = 2
    """γ: the first blocks, which look at all and are looked at by all."""
    random: int = 3
    """ρ: blocks that each block draws, besides its own and the two beside it."""
    groups: int = 1
    """G: heads of keys and values."""
    kernel: int = 31
    """k: positions of a convolution."""
    span: int = 128
    """z: keys back that count fully."""
    ramp: int = 32
    """R: keys over which a span fades."""
    capsules: int = 10
    """J: outputs that n inputs are routed to."""
    rounds: int = 3
    """r: of routing."""


class Factor(NamedTuple):
    """A part of a formula: LaTeX, and the number that it stands for."""

    formula: str
    of: Callable[[Size], float]


NONE: Final = Factor("0", lambda size: 0)
ONE: Final = Factor("1", lambda size: 1)
TOKENS: Final = Factor("n", lambda size: size.length)
HEADS: Final = Factor("H", lambda size: size.heads)
WIDTH: Final = Factor("2d", lambda size: 2 * size.width)
HIDDEN: Final = Factor("(d + 1)", lambda size: size.width + 1)
EVERY: Final = Factor("n^2", lambda size: size.length**2)


def squares(times: int) -> Factor:
    """So many products of every row with a matrix of d × d, at two operations each."""
    return Factor(f"{times}nd^2", lambda size: times * size.length * size.width**2)


def window(length: int, size: Size, step: int) -> float:
    """Pairs among so many tokens in a row: up to `reach` times `step` apart, either way."""
    steps = min(size.reach, length // step)
    return length + 2 * steps * length - step * steps * (steps + 1)


@dataclass(frozen=True)
class Cost:
    """What a mechanism costs: so much for each pair that is looked at, so much besides.

    pairs    (query, key) that are looked at
    score    operations for each, to score it
    value    operations for each, to add its value
    kept     numbers for each that stand in memory at once
    once     operations besides, for each token: projections
    keeps    the numbers in memory where they are not so many for each pair
    looking  queries that look at n keys: as many, unless it says otherwise
    """

    pairs: Factor = EVERY
    score: Factor = WIDTH
    value: Factor = WIDTH
    kept: Factor = ONE
    once: Factor = NONE
    keeps: Factor | None = None
    looking: Factor = TOKENS

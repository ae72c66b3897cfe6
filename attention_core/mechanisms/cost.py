"""What each mechanism costs: operations and memory as functions of the length, with the formula.

Counted are the multiplications and additions of products, two for each pair that is multiplied and
added, where n queries look at n keys. Left out is what is done number by number: softmax, tanh,
biases, turning and sorting. Values that a mechanism takes as they stand cost nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final, NamedTuple

from attention_core.errors import ShapeError
from attention_core.mechanisms import AdaptiveSpan, Longformer, Routing, SlidingWindow
from attention_core.mechanisms.mechanism import Mechanism

LONGEST: Final = 1 << 20
"""As far as crossings are looked for."""


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


class Term(NamedTuple):
    """A part of a formula: LaTeX, and the number that it stands for."""

    formula: str
    of: Callable[[Size], float]


NONE: Final = Term("0", lambda size: 0)
ONE: Final = Term("1", lambda size: 1)
HEADS: Final = Term("H", lambda size: size.heads)
WIDTH: Final = Term("2d", lambda size: 2 * size.width)
HIDDEN: Final = Term("(d + 1)", lambda size: size.width + 1)
EVERY: Final = Term("n^2", lambda size: size.length**2)


@dataclass(frozen=True)
class Cost:
    """What a mechanism costs: so much for each pair that is looked at, so much besides.

    pairs   (query, key) that are looked at
    score   operations for each, to score it
    value   operations for each, to add its value
    kept    numbers for each that stand in memory at once
    once    operations besides, for each token: projections
    keeps   the numbers in memory where they are not so many for each pair
    """

    pairs: Term = EVERY
    score: Term = WIDTH
    value: Term = WIDTH
    kept: Term = ONE
    once: Term = NONE
    keeps: Term | None = None


def _squares(times: int) -> Term:
    """So many products of every row with a matrix of d × d, at two operations each."""
    return Term(f"{times}nd^2", lambda size: times * size.length * size.width**2)


def _window(length: int, size: Size, step: int) -> float:
    """Pairs among so many tokens in a row: up to `reach` times `step` apart, either way."""
    steps = min(size.reach, length // step)
    return length + 2 * steps * length - step * steps * (steps + 1)


def _relayed(size: Size) -> float:
    """A window, and the rows and columns of the first tokens whole."""
    rest = max(0, size.length - size.global_tokens)
    return size.length**2 - rest**2 + _window(rest, size, size.dilation)


def _blocks(size: Size) -> float:
    """Rows and columns of the first blocks whole; for the others three near ones and some drawn."""
    first = min(size.global_blocks * size.block, size.length)
    rest = size.length - first
    near = rest * (3 + size.random) * size.block - 2 * size.block**2
    return size.length**2 - rest**2 + (min(rest**2, near) if rest > size.block else rest**2)


def _spanned(size: Size) -> float:
    """Keys before the query, as far as the ramp goes."""
    steps = min(size.span + size.ramp, size.length)
    return steps * size.length - steps * (steps + 1) / 2


def _slid(size: Size) -> float:
    """Keys under a kernel that is centred on the query."""
    half = min(size.kernel // 2, size.length)
    return size.length * (2 * half + 1) - half * (half + 1)


NEAR: Final = Term("(n(2D + 1) - D(D + 1))", lambda size: _window(size.length, size, 1))
WINDOW: Final = Term(
    r"(n(2D + 1) - \delta D(D + 1))", lambda size: _window(size.length, size, size.dilation)
)
RELAYED: Final = Term(r"(2gn - g^2 + (n - g)(2D + 1) - \delta D(D + 1))", _relayed)
BLOCKS: Final = Term(r"(2\gamma bn - \gamma^2b^2 + (n - \gamma b)(3 + \rho)b - 2b^2)", _blocks)
SPAN: Final = Term(r"(n(z + R) - \frac{(z + R)(z + R + 1)}{2})", _spanned)
KERNEL: Final = Term(r"(nk - \frac{k^2 - 1}{4})", _slid)


_ADDITIVE = Cost(kept=HIDDEN, once=_squares(4))
_RELAYS = Term(
    "(12nd^2 + 2gd^2)",
    lambda size: (12 * size.length + 2 * size.global_tokens) * size.width**2,
)
_GROUPED = Term(
    r"4nd^2\left(1 + \frac{G}{H}\right)",
    lambda size: 4 * size.length * size.width**2 * (1 + size.groups / size.heads),
)
_PREDICTED = Term(
    "(4nd^2 + 2nd)", lambda size: 4 * size.length * size.width**2 + 2 * size.length * size.width
)
_BOTH = Term(
    "(6nd^2 + 6nd)", lambda size: 6 * size.length * size.width**2 + 6 * size.length * size.width
)
_KERNELS = Term("2ndHk", lambda size: 2 * size.length * size.width * size.heads * size.kernel)

_ROUTED = Term("Jn", lambda size: size.capsules * size.length)
_VOTE = Term(
    "2d^2 + 2d + 4d(r - 1)",
    lambda size: 2 * size.width**2 + 2 * size.width + 4 * size.width * (size.rounds - 1),
)
_ONE_KERNEL = Term("Hk", lambda size: size.heads * size.kernel)

COSTS: Final[dict[str, Cost]] = {
    "additive": _ADDITIVE,
    "luong_dot": Cost(),
    "luong_general": Cost(once=_squares(2)),
    "luong_concat": _ADDITIVE,
    "luong_location": Cost(),
    "local_monotonic": Cost(NEAR, once=_squares(2)),
    "local_predictive": Cost(NEAR, once=_PREDICTED),
    "hard": Cost(value=NONE),
    "gumbel": Cost(value=NONE),
    "key_value": _ADDITIVE,
    "scaled_dot_product": Cost(),
    "multi_head": Cost(kept=HEADS, once=_squares(8)),
    "grouped_query": Cost(kept=HEADS, once=_GROUPED),
    "relative_bias": Cost(kept=HEADS),
    "alibi": Cost(kept=HEADS),
    "rotary": Cost(),
    "sliding_window": Cost(WINDOW),
    "longformer": Cost(RELAYED, kept=HEADS, once=_RELAYS),
    "big_bird": Cost(BLOCKS),
    "sparsemax": Cost(),
    "entmax": Cost(),
    "adaptive_span": Cost(SPAN, kept=HEADS),
    "light_conv": Cost(KERNEL, NONE, keeps=_ONE_KERNEL),
    "dynamic_conv": Cost(KERNEL, NONE, kept=HEADS, once=_KERNELS),
    "routing": Cost(_ROUTED, _VOTE, kept=HIDDEN),
    "stacked_cross": Cost(),
    "co_attention": Cost(score=Term("6d", lambda size: 6 * size.width), value=NONE, once=_BOTH),
    "two_tower": Cost(value=NONE),
}
"""One line for each registered mechanism."""


def operations(name: str, length: int, width: int, heads: int = 1, **knobs: int) -> float:
    """Multiplications and additions of scores and of weights times values."""
    cost, size = _sized(name, length, width, heads, knobs)
    return (cost.score.of(size) + cost.value.of(size)) * cost.pairs.of(size)


def of(made: Mechanism, length: int, width: int) -> float:
    """Operations for the scores and the values of a mechanism as it was built.

    length  of the text in tokens; where tokens are routed, they are routed to as many
    width   of queries, keys and values, all heads together
    """
    knobs = {field.name: getattr(made, field.name, None) for field in fields(Size)}
    known = {
        name: math.ceil(number) for name, number in knobs.items() if isinstance(number, int | float)
    }
    if isinstance(made, (SlidingWindow, Longformer)):
        known["reach"] = made.window // 2
    if isinstance(made, AdaptiveSpan):
        known["span"] = math.ceil(float(made.spans.mean()))
    if isinstance(made, Routing):
        known["capsules"] = length
    return operations(made.card.name, **{**known, "length": length, "width": width})


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
    if name not in COSTS:
        raise ShapeError(
            "There is no mechanism called {name}; choose one of {known}.",
            name=name,
            known=", ".join(COSTS),
        )
    return COSTS[name]

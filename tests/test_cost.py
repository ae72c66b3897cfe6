"""What mechanisms cost: the formula, its LaTeX, and what torch counts are one and the same."""

from __future__ import annotations

import math
import re
import threading

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from attention_core.errors import ShapeError, Superseded
from attention_core.mechanisms import ALL, cost, timing
from attention_core.mechanisms.cost import (
    Price,
    crossing,
    formulas,
    memory,
    operations,
    projections,
    total,
)
from attention_core.mechanisms.mechanism import Trace
from attention_core.mechanisms.price import Size
from attention_core.pictures.figures import Growth, growth

NAMES = list(ALL)
PATTERNS = [
    "local_monotonic", "sliding_window", "longformer", "adaptive_span", "light_conv",
    "dynamic_conv",
]  # fmt: skip
"""Those that look at a part of the pairs only, always the same part."""
DENSE = [name for name in NAMES if formulas(name).memory.endswith("n^2")]
LETTERS = {"n": "length", "d": "width", "H": "heads", "D": "reach", r"\delta": "dilation",
           "g": "global_tokens", "G": "groups", "k": "kernel", "z": "span", "R": "ramp",
           "J": "capsules", "b": "block", r"\gamma": "global_blocks",
           r"\rho": "random", "r": "rounds"}  # fmt: skip
SIZE = Size(101, 24, 3, reach=7, dilation=3, global_tokens=5, groups=1, kernel=11, span=13, ramp=4,
            capsules=9, rounds=4, block=2, global_blocks=3, random=4)  # fmt: skip
KNOBS = {key: value for key, value in vars(SIZE).items() if key not in ("length", "width", "heads")}


def priced(price: Price, name: str, length: int = SIZE.length) -> float:
    return price(name, length, SIZE.width, SIZE.heads, **KNOBS)


def worked_out(latex: str) -> float:
    """The number that a formula stands for, read from its LaTeX."""
    plain = re.sub(r"\\(left|right)", "", latex).replace(r"\,", "*").replace("^2", "**2 ")
    while r"\frac" in plain:
        plain = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", plain)
    parts = re.findall(r"\\[a-z]+|\*\*2|[A-Za-z]|\d+|[-+*/()]", plain)
    text = ""
    for part in parts:
        joins = bool(text) and text[-1] not in "(+-*/" and part not in (*"+-*/)", "**2")
        value = str(getattr(SIZE, LETTERS[part])) if part in LETTERS else part
        text += ("*" if joins else "") + value
    return float(eval(text, {"__builtins__": {}}))  # noqa: S307


@pytest.mark.parametrize(
    ("latex", "number"),
    [("2nd^2", 2 * 101 * 24**2), (r"2d\,(n(D + 1) - D)", 2 * 24 * (101 * 8 - 7)),
     (r"4n\left(1 + \frac{G}{H}\right)", 4 * 101 * 4 / 3), (r"\delta D(D + 1)", 3 * 56)],
)  # fmt: skip
def test_formulas_can_be_read(latex: str, number: float) -> None:
    assert worked_out(latex) == pytest.approx(number)


@pytest.mark.parametrize("name", NAMES)
def test_the_formula_on_the_page_is_the_one_that_is_worked_out(name: str) -> None:
    said = formulas(name)
    assert worked_out(said.operations) == pytest.approx(priced(operations, name))
    assert worked_out(said.projections) == pytest.approx(priced(projections, name))
    assert worked_out(said.memory) == pytest.approx(priced(memory, name))
    assert priced(total, name) == priced(operations, name) + priced(projections, name)


def test_scaled_dot_product_by_hand() -> None:
    """3 × 3 pairs of width 5: two operations for each of 5 products, for scores and for values."""
    assert operations("scaled_dot_product", 3, 5) == 9 * (10 + 10)
    assert projections("scaled_dot_product", 3, 5) == 0
    assert memory("scaled_dot_product", 3, 5) == 9


def test_heads_share_the_work_and_each_keeps_its_weights() -> None:
    assert operations("multi_head", 9, 12, 4) == operations("scaled_dot_product", 9, 12)
    assert memory("multi_head", 9, 12, 4) == 4 * memory("scaled_dot_product", 9, 12)
    assert projections("multi_head", 9, 12, 4) == 4 * (2 * 9 * 12 * 12)


def test_fewer_groups_project_less() -> None:
    whole = projections("grouped_query", 9, 12, 4, groups=4)
    assert whole == projections("multi_head", 9, 12, 4)
    assert projections("grouped_query", 9, 12, 4, groups=1) == whole * 5 / 8


WASTED = {"hard": 1.0, "gumbel": 1.0, "two_tower": 1.0, "co_attention": 1 - 1 / SIZE.length}
"""Shares of weights times values that our interface multiplies and the paper does not: a hard
choice takes one value as it is, no value flows between towers, and one picture serves all words."""


@pytest.mark.parametrize("name", [name for name in NAMES if name in {*DENSE, "local_monotonic"}])
def test_torch_counts_as_many_operations(name: str) -> None:
    """Of a window, the whole matrix: only the mask is narrow."""
    run = timing.runner(name, SIZE)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    pairs = SIZE.length**2
    cost = ALL[name].cost
    expected = (cost.score.of(SIZE) + cost.value.of(SIZE)) * pairs + priced(projections, name)
    expected += WASTED.get(name, 0) * 2 * SIZE.width * pairs
    assert counter.get_total_flops() == pytest.approx(expected)


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 17, 18, 27, 101])
def test_a_pattern_is_charged_for_the_pairs_that_it_looks_at(name: str, length: int) -> None:
    size = Size(**{**vars(SIZE), "length": length})
    rows = torch.randn(length, SIZE.width, generator=torch.Generator().manual_seed(3))
    trace = timing.made(name, size)(rows, rows)
    assert ALL[name].cost.pairs.of(size) == looked_at(name, trace)


@pytest.mark.parametrize("length", range(2, 62, 2))
def test_blocks_are_charged_for_the_pairs_that_they_look_at(length: int) -> None:
    size = Size(**{**vars(SIZE), "length": length})
    rows = torch.randn(length, SIZE.width, generator=torch.Generator().manual_seed(3))
    trace = timing.made("big_bird", size)(rows, rows)
    assert ALL["big_bird"].cost.pairs.of(size) == looked_at("big_bird", trace)


def looked_at(name: str, trace: Trace) -> float:
    """Pairs of one head; Longformer's heads of ordinary and of global words count as one."""
    heads = {"longformer": SIZE.heads}.get(name, len(trace.weights))
    return float(trace.allowed.expand_as(trace.weights).sum()) / heads


@pytest.mark.parametrize("name", DENSE)
def test_twice_the_length_is_four_times_the_work_of_all_pairs(name: str) -> None:
    assert priced(operations, name, 64) == 4 * priced(operations, name, 32)
    assert priced(memory, name, 64) == 4 * priced(memory, name, 32)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in DENSE])
def test_in_the_long_run_twice_the_length_is_twice_the_work_of_a_pattern(name: str) -> None:
    ratio = priced(operations, name, 1 << 17) / priced(operations, name, 1 << 16)
    assert ratio == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_a_longer_text_never_costs_less(name: str) -> None:
    for price in (operations, projections, memory):
        prices = [priced(price, name, length) for length in range(1, 120)]
        assert prices == sorted(prices)


# Crossings


def test_a_window_is_cheaper_as_soon_as_it_leaves_a_pair_out() -> None:
    """With 7 keys on either side, 8 tokens all see each other; the first and ninth do not."""
    found = crossing("local_monotonic", "scaled_dot_product", 24, reach=7)
    assert found == 9


@pytest.mark.parametrize("price", [operations, total, memory])
@pytest.mark.parametrize("one", ["local_monotonic", "light_conv", "dynamic_conv", "adaptive_span",
                                 "routing", "additive"])  # fmt: skip
@pytest.mark.parametrize("other", ["multi_head", "luong_general", "light_conv"])
def test_crossings_are_where_a_search_finds_them(one: str, other: str, price: Price) -> None:
    longest = 700
    cheaper = [priced(price, one, n) < priced(price, other, n) for n in range(1, longest + 1)]
    expected = None
    if cheaper[-1] and not all(cheaper):
        expected = max(n for n, less in enumerate(cheaper, 1) if not less) + 1
    found = crossing(one, other, SIZE.width, SIZE.heads, price, longest, **KNOBS)
    assert found == expected


def test_the_same_never_crosses() -> None:
    assert crossing("scaled_dot_product", "rotary", 24) is None


def test_what_is_always_cheaper_never_crosses() -> None:
    assert crossing("hard", "scaled_dot_product", 24) is None


# Measuring


def test_measuring_yields_one_length_after_another() -> None:
    found = list(timing.measured("multi_head", [16, 32, 64], 8, 2, repeats=3))
    assert [(one.name, one.length, one.runs) for one in found] == [
        ("multi_head", length, 3) for length in (16, 32, 64)
    ]
    assert all(0 < one.seconds < 5 for one in found)


def test_what_would_fill_the_memory_is_not_measured() -> None:
    """A hidden layer of 4,097 numbers a pair for 64 × 64 pairs is one number too many."""
    assert not list(timing.measured("additive", [64], 1 << 12))
    assert timing.fits("additive", Size(63, 1 << 12))
    assert timing.fits("light_conv", Size(1 << 15, 8))
    assert not timing.fits("dynamic_conv", Size(1 << 13, 8))


@pytest.mark.parametrize("name", NAMES)
def test_every_mechanism_can_be_measured(name: str) -> None:
    size = Size(24, 8, 2, reach=3, kernel=5, span=4, ramp=2)
    found = timing.measure(name, size, repeats=1)
    assert found.seconds > 0
    due = memory(name, 24, 8, 2, reach=3, kernel=5, span=4, ramp=2)
    assert timing.linear(name, size) or found.numbers >= due


LINEAR = ["sliding_window", "longformer", "big_bird", "light_conv"]


@pytest.mark.parametrize("name", LINEAR)
def test_what_is_measured_in_linear_time_is_what_the_mechanism_takes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = Size(601, 24, 3, reach=7, global_tokens=5, kernel=11, block=8)
    rows = torch.randn(601, 24, generator=torch.Generator().manual_seed(601))
    mechanism = timing.made(name, size).eval()
    for parameter in mechanism.parameters():  # Longformer's second projections start as copies
        torch.nn.init.normal_(parameter, std=0.2)
    assert timing.linear(name, size)
    monkeypatch.setattr(timing, "made", lambda *_: mechanism)
    torch.testing.assert_close(timing.runner(name, size)(), mechanism(rows, rows).context)


def doubled(name: str) -> float:
    """How much more memory a text of twice the length takes."""
    sizes = [Size(length, 16, 2, reach=16, block=16) for length in (1024, 2048)]
    short, long = (timing.measure(name, size, repeats=1).numbers for size in sizes)
    return long / short


@pytest.mark.parametrize("name", [*LINEAR, "routing"])
def test_memory_of_the_linear_ones_at_most_doubles_with_the_length(name: str) -> None:
    assert 1 < doubled(name) < 2.1


@pytest.mark.parametrize("name", ["scaled_dot_product", "local_monotonic"])
def test_memory_of_whole_matrices_grows_with_the_square(name: str) -> None:
    assert doubled(name) > 3.8


def test_a_dilated_longformer_is_worked_out_under_a_mask() -> None:
    size = Size(40, 8, 2, reach=3, dilation=2)
    assert timing.masked("longformer", size)
    assert not timing.masked("sliding_window", size)
    assert not timing.masked("multi_head", size)
    rows = torch.randn(40, 8, generator=torch.Generator().manual_seed(40))
    trace = timing.runner("longformer", size)()
    assert trace.context.shape == rows.shape


def test_peak_numbers_by_hand() -> None:
    """Two rows of 10 stand at once, their sum makes three; a view needs no room of its own."""

    def run() -> None:
        one = torch.zeros(10)
        other = one + 1
        kept = (one + other)[2:5]
        del one, other
        kept + torch.zeros(3)

    assert timing.peak(run) == 30
    given = torch.zeros(10)
    assert timing.peak(lambda: given[2:5]) == 0
    assert timing.peak(lambda: given[2:5] + 1) == 3
    assert timing.peak(lambda: torch.zeros(7, dtype=torch.float64)) == 14


def test_weights_of_all_pairs_stand_in_memory() -> None:
    """At least scores and weights, at most a handful of matrices."""
    small = timing.measure("scaled_dot_product", Size(256, 8), repeats=1)
    assert 2 * 256**2 <= small.numbers <= 6 * 256**2


def test_measuring_goes_back_to_the_threads_of_before() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with timing.one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_measuring_can_be_stopped() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Superseded):
        timing.measure("luong_dot", Size(8, 4), cancelled=stop.is_set)


def test_a_plan_is_worked_through_short_lengths_first() -> None:
    sizes = [Size(length, 4) for length in (8, 16)]
    plan = timing.Measuring(["additive", "luong_dot"], sizes, repeats=1)
    rows = [plan.row(place, lambda: False) for place in range(len(plan))]
    assert [(row.length, row.name) for row in rows] == [
        (8, "additive"), (8, "luong_dot"), (16, "additive"), (16, "luong_dot"),
    ]  # fmt: skip


# The chart


def test_growth_is_drawn_with_both_axes_logarithmic_and_a_ring_at_a_crossing() -> None:
    line = [(1 << power, float(1 << 2 * power)) for power in range(4, 17)]
    drawn = [Growth("a < b", line, [(32, 9.0)]), Growth("c", line[:2])]
    figure = growth(drawn, ("length", "work"), "light", [(64, 4096.0, "here")])
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert [trace.mode for trace in figure.data] == ["lines", "markers", "lines", "markers"]
    assert figure.data[0].name == "a &lt; b"
    assert (figure.data[3].x, figure.data[3].y) == ((64,), (4096.0,))
    assert list(figure.layout.xaxis.tickvals) == [16, 128, 1024, 8192, 65536]
    assert figure.data[0].line.color == figure.data[1].marker.color != figure.data[2].line.color


def test_growth_of_nothing_is_an_empty_chart() -> None:
    assert not growth([], ("length", "work"), "dark").data


# Refusals


def test_an_unknown_mechanism_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ShapeError, match=r"no mechanism called magic; choose one of additive, .*"):
        operations("magic", 8, 4)


@pytest.mark.parametrize(
    ("given", "what"),
    [((0, 4, 1), "length of 0"), ((8, -1, 1), "width of -1"), ((8, 4, 0), "heads of 0"),
     ((math.inf, 4, 1), "length of inf")],
)  # fmt: skip
def test_sizes_that_cost_nothing_are_refused(given: tuple[int, int, int], what: str) -> None:
    with pytest.raises(ShapeError, match=f"A {what} costs nothing that could be counted"):
        memory("alibi", *given)


def test_a_knob_below_zero_is_refused() -> None:
    with pytest.raises(ShapeError, match="A reach of -1 costs nothing"):
        operations("local_monotonic", 8, 4, reach=-1)


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("scaled_dot_product", 9 * 9),
        ("multi_head", 9 * 9),
        ("sliding_window", 9 * 3 - 2),
        ("big_bird", None),
        ("local_monotonic", 9 * 5 - 2 * 3),
    ],
)
def test_a_mechanism_is_charged_as_it_was_built(name: str, pairs: int | None) -> None:
    """Four operations for each number of each pair that it may look at, by its own mask."""
    made = ALL[name].of_width(32)
    rows = torch.randn(9, 32)
    seen = int(made(rows, rows).allowed.expand(-1, 9, 9).any(0).sum())
    assert pairs in (None, seen)
    assert cost.of(made, 9, 32) == 4 * 32 * seen


def test_a_kernel_a_span_and_capsules_are_charged_as_they_were_built() -> None:
    for name in ("light_conv", "adaptive_span", "routing", "longformer"):
        made = [ALL[name].of_width(32, **turned) for turned in WIDER[name]]
        narrow, wide = (cost.of(one, 24, 32) for one in made)
        assert 0 < narrow < wide


WIDER: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "light_conv": ({"kernel": 1}, {"kernel": 9}),
    "adaptive_span": ({"span": 1}, {"span": 12}),
    "routing": ({"rounds": 1}, {"rounds": 5}),
    "longformer": ({"window": 2}, {"window": 8}),
}

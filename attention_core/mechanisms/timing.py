"""What each mechanism costs on this machine: seconds, and numbers in memory at the peak."""

from __future__ import annotations

import platform
import statistics
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from attention_core.errors import Superseded
from attention_core.mechanisms import (
    ALL,
    AdaptiveSpan,
    Alibi,
    BigBird,
    DynamicConv,
    GroupedQuery,
    LightConv,
    LocalMonotonic,
    LocalPredictive,
    Location,
    Longformer,
    MultiHead,
    RelativeBias,
    Routing,
    SlidingWindow,
)
from attention_core.mechanisms.cost import COSTS, Size, memory
from attention_core.mechanisms.linear import (
    banded,
    block_sparse,
    light_convolution,
    window_and_global,
)
from attention_core.mechanisms.mechanism import Mechanism, split

REPEATS: Final = 5
ENOUGH: Final = 2.0
"""Seconds after which three runs are enough."""
LARGEST: Final = 1 << 24
"""Numbers of one matrix that are still worked out: 64 MB, of which several stand at once."""

_MADE: Final[dict[str, Callable[[Size], Mechanism]]] = {
    "luong_location": lambda size: Location(size.width, size.length),
    "local_monotonic": lambda size: LocalMonotonic(size.width, size.width, size.reach),
    "local_predictive": lambda size: LocalPredictive(size.width, size.width, size.reach),
    "multi_head": lambda size: MultiHead(size.width, size.heads),
    "grouped_query": lambda size: GroupedQuery(size.width, size.heads, size.groups),
    "relative_bias": lambda size: RelativeBias(size.heads, size.reach),
    "alibi": lambda size: Alibi(size.heads),
    "sliding_window": lambda size: SlidingWindow(2 * size.reach, size.dilation),
    "longformer": lambda size: Longformer(
        size.width, size.heads, 2 * size.reach, size.dilation, size.global_tokens
    ),
    "big_bird": lambda size: BigBird(
        size.block, random=size.random, global_blocks=size.global_blocks
    ),
    "adaptive_span": lambda size: AdaptiveSpan(size.heads, size.span, size.ramp),
    "light_conv": lambda size: LightConv(size.width, size.heads, size.kernel),
    "dynamic_conv": lambda size: DynamicConv(size.width, size.heads, size.kernel),
    "routing": lambda size: Routing(size.width, size.width, size.capsules, size.rounds),
}


def _longformer(mechanism: Longformer, rows: Tensor) -> Tensor:
    """Both kinds of projections; ordinary words in stretches, global ones whole."""
    m, broad = mechanism, mechanism.global_tokens
    queries, keys, values = (
        split(layer(rows), m.heads)
        for layer in (m.query_projection, m.key_projection, m.value_projection)
    )
    near = window_and_global(queries, keys, values, m.window, broad)[..., broad:, :]
    whole = scaled_dot_product_attention(
        split(m.global_query(rows[:broad]), m.heads),
        split(m.global_key(rows), m.heads),
        split(m.global_value(rows), m.heads),
    )
    heads = torch.cat([whole, near], -2)
    context: Tensor = m.output_projection(heads.transpose(-3, -2).flatten(-2))
    return context


_LINEAR: Final[dict[str, Callable[[Any, Tensor], Tensor]]] = {
    "sliding_window": lambda m, rows: banded(rows, rows, rows, m.window, m.dilation),
    "longformer": _longformer,
    "big_bird": lambda m, rows: block_sparse(
        rows, rows, rows, m.block, m.window, m.random, m.global_blocks, m.draw
    ),
    "light_conv": lambda m, rows: light_convolution(
        rows.unsqueeze(0), m.kernels.softmax(-1)
    ).squeeze(0),
}
"""Those that are measured as they should be built, touching their own pairs only."""


class Measured(NamedTuple):
    """One mechanism at one length.

    seconds  the median of the runs
    numbers  float32 numbers that stood in memory at once, those that went in left out
    runs     how many were timed, after one that was not
    """

    name: str
    length: int
    seconds: float
    numbers: int
    runs: int


def made(name: str, size: Size) -> Mechanism:
    """A mechanism as large as `size` says; what it does not say stands where it starts."""
    make = _MADE.get(name)
    return make(size) if make else ALL[name].of_width(size.width)


def linear(name: str, size: Size) -> bool:
    """Whether time and memory grow with the length here, not only in the formula."""
    return name == "routing" or (name in _LINEAR and (name != "longformer" or size.dilation == 1))


def masked(name: str, size: Size) -> bool:
    """Whether a pattern of few pairs is worked out here over all of them, under a mask."""
    return COSTS[name].pairs.formula != "n^2" and not linear(name, size)


def fits(name: str, size: Size) -> bool:
    """Whether it can be measured without filling the memory of this machine."""
    knobs = {key: value for key, value in vars(size).items() if key not in _SIZE}
    pairs = 0 if linear(name, size) else size.length**2
    return max(pairs, memory(name, *(vars(size)[key] for key in _SIZE), **knobs)) <= LARGEST


_SIZE: Final = ("length", "width", "heads")


def runner(name: str, size: Size) -> Callable[[], Any]:
    """One look of n tokens at one another, on invented numbers; nothing is checked or learnt.

    It returns the context where it is `linear`, a trace otherwise.
    """
    dice = torch.Generator().manual_seed(size.length)
    rows = torch.randn(size.length, size.width, generator=dice)
    mechanism = made(name, size).eval()
    if name in _LINEAR and linear(name, size):
        return lambda: _LINEAR[name](mechanism, rows)
    queries = rows[: size.capsules] if name == "routing" else rows
    allowed = torch.ones(len(queries), size.length, dtype=torch.bool)
    return lambda: mechanism.attend(queries, mechanism.prepare(rows), rows, allowed)


def measure(
    name: str, size: Size, repeats: int = REPEATS, cancelled: Callable[[], bool] = lambda: False
) -> Measured:
    """Seconds and numbers at one length, on one thread.

    Raises Superseded when it is cancelled between two runs.
    """
    with torch.no_grad(), one_thread():
        run = runner(name, size)
        numbers, seconds = peak(run), list[float]()
        while len(seconds) < repeats and (len(seconds) < 3 or sum(seconds) < ENOUGH):
            if cancelled():
                raise Superseded
            began = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - began)
    return Measured(name, size.length, statistics.median(seconds), numbers, len(seconds))


def measured(
    name: str, lengths: Sequence[int], width: int, heads: int = 1, repeats: int = REPEATS,
    **knobs: int,
) -> Iterator[Measured]:  # fmt: skip
    """One length after another, so that a reader sees how far it is; too long ones are left out."""
    for length in lengths:
        size = Size(length, width, heads, **knobs)
        if fits(name, size):
            yield measure(name, size, repeats)


class Measuring:
    """Several mechanisms at several lengths, short ones first: rows for a job to work through."""

    def __init__(self, names: Sequence[str], sizes: Sequence[Size], repeats: int = REPEATS) -> None:
        self.plan = [(name, size) for size in sizes for name in names if fits(name, size)]
        self.repeats = repeats

    def __len__(self) -> int:
        return len(self.plan)

    def row(self, place: int, cancelled: Callable[[], bool]) -> Measured:
        name, size = self.plan[place]
        return measure(name, size, self.repeats, cancelled)


def machine() -> str:
    """What the seconds were measured on, and with what."""
    return f"PyTorch {torch.__version__}, {platform.machine()}"


def peak(run: Callable[[], object]) -> int:
    """The most numbers that stood in memory at once while it ran, in units of four bytes."""
    watch = _Watch()
    with watch:
        run()
    return watch.most // 4


@contextmanager
def one_thread() -> Iterator[None]:
    """One processor thread for torch, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the bytes of every tensor that is made, until it is let go of."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now: int = 0
        self.most: int = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        known = [storage(leaf) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        made = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor) and all(storage(leaf) is not one for one in known):
                self._stands(storage(leaf))
        return made

    def _stands(self, held: torch.UntypedStorage) -> None:
        size = held.nbytes()
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(held, self._gone, size)

    def _gone(self, size: int) -> None:
        self.now -= size


def storage(tensor: Tensor) -> torch.UntypedStorage:
    return tensor.untyped_storage()

"""What each mechanism costs on this machine: seconds, and numbers in memory at the peak.

>>> peak(lambda: torch.zeros(3, 4))
12
>>> linear("sliding_window", Size(8, 4)), linear("scaled_dot_product", Size(8, 4))
(True, False)
>>> fits("scaled_dot_product", Size(100_000, 4))  # 10^10 weights
False
"""

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
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from attention_core.errors import Superseded
from attention_core.mechanisms import ALL
from attention_core.mechanisms.cost import memory
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.mechanisms.price import EVERY, TOKENS, Size

REPEATS: Final = 5
ENOUGH: Final = 2.0
"""Seconds after which three runs are enough."""
LARGEST: Final = 1 << 24
"""Numbers of one matrix that are still worked out: 64 MB, of which several stand at once."""


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
    return ALL[name].of_size(size)


def linear(name: str, size: Size) -> bool:
    """Whether time and memory grow with the length here, not only in the formula."""
    if ALL[name].cost.looking is not TOKENS:  # so few look that all pairs are few
        return True
    with torch.device("meta"):  # nothing is filled in only to be asked
        return made(name, size).linear() is not None


def masked(name: str, size: Size) -> bool:
    """Whether a pattern of few pairs is worked out here over all of them, under a mask."""
    return ALL[name].cost.pairs is not EVERY and not linear(name, size)


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
    if swift := mechanism.linear():
        return lambda: swift(rows)
    queries = rows[: int(mechanism.cost.looking.of(size))]
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

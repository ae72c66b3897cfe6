"""What each method of attribution costs, as a ratio to one forward pass, and the memory of all.

python -m benchmarks.attribution
"""

from __future__ import annotations

import logging
import resource
import statistics
import time
from collections.abc import Callable
from typing import Final

import torch

from attention_core.errors import AttentionError
from attention_core.numbers.attribution import ALL, Knobs, Output
from attention_core.numbers.faithfulness import faithful, shuffled
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.store import catalogue, shelf

MODELS: Final = ("minilm", "wheel:e5", "wheel:smollm2")
SENTENCE: Final = "The keys to the old cabinet are on the kitchen table near the window."
TURNS: Final = 3
ORDERS: Final = len(ALL) + 12
"""As many as the page tries: every method's, and twelve by chance."""


def main() -> None:
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    here = {entry.card.name for entry in catalogue.entries()}
    for name in MODELS:
        if name in here:
            measured(name, SENTENCE)
        else:
            print(f"{name} is not on this machine")


def measured(name: str, text: str) -> None:
    """Every method on one text, in forward passes of the same text."""
    reader = shelf.load(name)
    if not isinstance(reader, Reader):
        raise SystemExit(f"{name} reads no text")
    asker = Asker(reader)
    wanted = Wanted(asker.kinds[0], other="Where are the keys?")
    pass_ = seconds(lambda: asker.output(text, wanted), lambda output: output.value)
    tokens = len(asker.output(text, wanted).given)
    print(f"\n{name}, {tokens} tokens: one forward pass {1000 * pass_:.1f} ms")
    for title, method in ALL.items():
        try:
            took = seconds(
                lambda: asker.output(text, wanted),
                lambda output, method=method: method.of(output, Knobs(steps=32)),  # type: ignore[misc]
            )
        except AttentionError as problem:
            print(f"  {title:20s} {problem}")
            continue
        said = method.passes(tokens, Knobs(steps=32))
        print(
            f"  {title:20s} {took / pass_:7.1f} × one pass "
            f"(card: {said.forward} forward, {said.backward} backward)"
        )
    output = asker.output(text, wanted)
    own = output.own.nonzero().flatten().tolist()
    orders = {str(at): one for at, one in enumerate(shuffled(own, ORDERS))}
    took = seconds(lambda: output, lambda output: faithful(output, orders))
    print(f"  {'taking words away':20s} {took / pass_:7.1f} × one pass ({ORDERS} orders)")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  most memory so far {most:,.0f} MB")


def seconds(make: Callable[[], Output], work: Callable[[Output], object]) -> float:
    """The middle of some turns, each on an output whose layers nobody has looked at; what `make`
    does is not counted.
    """
    took = []
    for _turn in range(TURNS):
        output = make()
        output.__dict__.pop("value", None)  # `make` has asked for it
        started = time.perf_counter()
        work(output)
        took.append(time.perf_counter() - started)
    return statistics.median(took)


if __name__ == "__main__":
    main()

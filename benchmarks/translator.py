"""How long a reader waits for a translation, and how the time grows with the sentence.

python -m benchmarks.translator
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from models.families.translation import Search
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.recipes import shipped

SENTENCE = (
    "We will go home early tomorrow because my little brother and his two friends want to watch "
    "the football game that everybody has been talking about since they came back from school"
)
LENGTHS = (2, 5, 10, 20, 32)
ROUNDS = 7


def main() -> None:
    torch.set_num_threads(1)
    for name, _recipe in shipped():
        began = time.perf_counter()
        reader = load_translator(name)
        print(f"{name}: loaded in {1000 * (time.perf_counter() - began):.0f} ms, one thread")
        print(f"{'words':>5} {'pieces':>6} {'beam 1':>8} {'beam 5':>8} {'align':>8}   ms, median")
        for length in LENGTHS:
            print(line(reader, length))


def line(reader: TranslatorReader, length: int) -> str:
    text = " ".join(SENTENCE.split()[:length]) + "."
    target = reader.translate(text).text
    times = (
        median(lambda: reader.translate(text, Search(1))),
        median(lambda: reader.translate(text, Search(5))),
        median(lambda: reader.align(text, target)),
    )
    pieces = len(reader.axis(text))
    return f"{length:>5} {pieces:>6} " + " ".join(f"{1000 * seconds:8.1f}" for seconds in times)


def median(work: Callable[[], object]) -> float:
    """Seconds, the median of several rounds after one to warm up."""
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    main()

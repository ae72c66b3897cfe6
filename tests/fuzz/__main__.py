# ruff: noqa: T201  (a command says what it found)
"""Damages files until the time is over, and prints what a parser did that it must not.

    python -m tests.fuzz --seconds 120 --seed 1

A parser returns, or raises an error of ours with a sentence, within SECONDS and MEMORY. Each
finding is printed with the seed that makes it again; mend it, and add its file to
tests/test_fuzz.py. With --keep the smallest files become the fixed ones of `cases`.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time

from tests.fuzz import cases
from tests.fuzz.mutations import damaged
from tests.fuzz.parsers import MEMORY, PARSERS, example, fault


def main() -> int:
    """The number of findings."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=120)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--keep", action="store_true")
    wanted = asked.parse_args()
    used = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    resource.setrlimit(resource.RLIMIT_AS, (8 * MEMORY + used, resource.RLIM_INFINITY))
    until, tried, seed = time.monotonic() + wanted.seconds, 0, wanted.seed
    found: dict[str, int] = {}
    small = cases.Found()
    while time.monotonic() < until:
        for name in PARSERS:
            chance = random.Random(f"{seed} {name}")
            data = damaged(
                example(name, chance), example(chance.choice([*PARSERS]), chance), chance
            )
            wrong = fault(name, data)
            tried += 1
            if wrong is None and wanted.keep:
                small.add(name, data)
            if wrong is not None:
                kind = f"{name}: {wrong.splitlines()[0]}"
                found[kind] = found.get(kind, 0) + 1
                if found[kind] == 1:
                    print(f"--- {name}, seed {seed}, {len(data)} bytes\n{wrong}\n{data[:400]!r}")
        seed += 1
    if wanted.keep:
        print(f"{small.keep()} files are kept")
    print(f"{tried:,} files, {len(found)} findings, next seed {seed}")
    return len(found)


if __name__ == "__main__":
    sys.exit(min(1, main()))

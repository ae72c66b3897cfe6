"""How much memory the server takes while readers bring one long text after another.

python -m benchmarks.soak [TREE] [--minutes 60] [--readers 3] [--words 400]

TREE is the checkout whose app is measured; this one where none is named. A reader opens Explore
with a text that nobody had before, looks at a few heads, and the next one comes with the next text.
Each line is the memory that the server holds (resident set) after so many readings.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Final

import psutil
from websockets.asyncio.client import connect

from benchmarks.readers import ANIMALS, PLACES, Reader, server_process
from tests.browser.server import ROOT, serving

CLICKS: Final = 3
LINES: Final = 24
"""Lines of the curve."""


def text(number: int, words: int) -> str:
    """A text of about so many words, another one for every number."""
    dice = random.Random(number)
    sentences = [
        f"The {dice.choice(ANIMALS)} saw a {dice.choice(ANIMALS)} near the {dice.choice(PLACES)}."
        for _sentence in range(max(1, words // 8))
    ]
    return f"Story {number}. " + " ".join(sentences)


async def visits(url: str, numbers: count[int], words: int, until: float, done: list[int]) -> None:
    """One reader after another, each with the next text, until the time is up."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    while time.monotonic() < until:
        number = next(numbers)
        async with connect(
            address, subprotocols=["streamlit"], origin=url, max_size=None,  # type: ignore[arg-type, list-item]
        ) as socket:  # fmt: skip
            reader = Reader(socket, random.Random(number), text(number, words))
            await reader.open(0.0)
            for _click in range(CLICKS):
                await reader.click()
        done.append(number)


async def told(process: psutil.Process, until: float, every: float, done: list[int]) -> None:
    """Prints the memory at the beginning and then every so many seconds."""
    began = time.monotonic()
    print("| minutes | readings | memory, GB |\n|---|---|---|", flush=True)
    while True:
        now = time.monotonic()
        held = process.memory_info().rss / 1e9
        print(f"| {(now - began) / 60:.1f} | {len(done)} | {held:.2f} |", flush=True)
        if now >= until:
            return
        await asyncio.sleep(min(every, until - now + 0.1))


async def soak(url: str, process: psutil.Process, seconds: float, readers: int, words: int) -> None:
    until, done, numbers = time.monotonic() + seconds, list[int](), count(1)
    await asyncio.gather(
        told(process, until, seconds / LINES, done),
        *(visits(url, numbers, words, until, done) for _reader in range(readers)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--words", type=int, default=400)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "server.log", asked.tree.resolve() / "app.py") as server,
    ):
        process = server_process(server.url)
        asyncio.run(soak(server.url, process, 60 * asked.minutes, asked.readers, asked.words))


if __name__ == "__main__":
    main()

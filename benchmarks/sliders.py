"""How long after a slider of the lab moves its picture is drawn, in the browser.

python -m benchmarks.sliders [--against TREE]

TREE is another checkout: then both servers run, each slider is turned on both, ROUNDS times in
turn, and a figure is that of TREE → that of this checkout; what TREE does not know is left out.

The temperature, and then the number of keys, is turned MOVES times on each mechanism. A figure is
the time from the slider's event until the canvas has been drawn anew (working it out and drawing),
and until the frame after that begins; another number of keys needs another program, which must have
come beforehand.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Page

from attention_core.mechanisms import ALL
from tests.browser.chromium import chromium
from tests.browser.server import ROOT, serving

MOVES: Final = 33
ROUNDS: Final = 3
SLIDERS: Final = {
    "Temperature": [0.2 + 0.1 * (move % 30) for move in range(MOVES)],
    "Keys": [2 + move % 10 for move in range(MOVES)],
}
TURN: Final = """async (input, values) => {
  const canvas = input.getRootNode().querySelector("canvas.lab");
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const found = [];
  input.dispatchEvent(new Event("pointerdown"));
  await new Promise((done) => setTimeout(done, 500));
  for (const value of values) {
    const began = performance.now();
    input.value = value;
    input.dispatchEvent(new Event("input"));
    const drawn = performance.now() - began;
    do await frame(); while (canvas.style.opacity !== "1");
    found.push([drawn, performance.now() - began]);
    await new Promise((done) => setTimeout(done, 30));
  }
  return found;
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path)
    other = parser.parse_args().against
    trees = [ROOT] if other is None else [other.resolve(), ROOT]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = [
            stack.enter_context(serving(folder / f"{place}.txt", tree / "app.py"))
            for place, tree in enumerate(trees)
        ]
        browser = stack.enter_context(chromium())
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        print("| mechanism | slider | drawn (median) | next frame (median) | next frame (95th) |")
        print("|---|---|---|---|---|")
        for name, mechanism in ALL.items():
            for slider in SLIDERS:
                moves: list[list[Moves]] = [
                    [turned(page, f"{server.url}/lab", name, slider) for server in servers]
                    for _round in range(ROUNDS)
                ]
                if all(all(each) for each in moves):
                    figures = [Figures.of(chain(*each)) for each in zip(*moves, strict=True)]
                    print(f"| {mechanism.card.title} | {slider} | {written(figures)} |", flush=True)


Moves = list[tuple[float, float]]


class Figures(NamedTuple):
    """Of one slider of one mechanism, in ms."""

    drawn: float
    frame: float
    late: float

    @classmethod
    def of(cls, moves: Iterable[tuple[float, float]]) -> Figures:
        drawn, frames = zip(*moves, strict=True)
        late = sorted(frames)[int(0.95 * len(frames))]
        return cls(statistics.median(drawn), statistics.median(frames), late)


def written(figures: list[Figures]) -> str:
    """Each figure, of both checkouts where there are two."""
    return " | ".join(
        " → ".join(f"{one:.1f}" for one in each) for each in zip(*figures, strict=True)
    )


def turned(page: Page, url: str, name: str, slider: str) -> Moves:
    """Milliseconds of each move until it is drawn, and until the next frame; nothing if unknown."""
    page.goto(f"{url}?mechanism={name}")
    page.locator(".check", has_text="Python computed the same").wait_for(timeout=60_000)
    if f"mechanism={name}" not in page.url and name != next(iter(ALL)):
        return []
    found = page.get_by_label(slider, exact=True)
    moves = found.evaluate(TURN, SLIDERS[slider])
    return [(drawn, frame) for drawn, frame in moves[3:]]


if __name__ == "__main__":
    main()

"""How long after a slider of the lab moves its picture is drawn, in the browser.

python -m benchmarks.sliders

The temperature, and then the number of keys, is turned MOVES times on each mechanism. A figure is
the time from the slider's event until the canvas has been drawn anew (working it out and drawing),
and until the frame after that begins; another number of keys needs another program, which must have
come beforehand.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from attention_core.mechanisms import ALL
from tests.browser.chromium import chromium
from tests.browser.server import serving

MOVES: Final = 40
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
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "log.txt") as server,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        print("| mechanism | slider | drawn (median) | next frame (median) | next frame (95th) |")
        print("|---|---|---|---|---|")
        for name, mechanism in ALL.items():
            for slider in SLIDERS:
                figures = turned(page, f"{server.url}/lab", name, slider)
                print(f"| {mechanism.card.title} | {slider} | {figures} |", flush=True)


def turned(page: Page, url: str, name: str, slider: str) -> str:
    """Three figures of one mechanism, in ms."""
    page.goto(f"{url}?mechanism={name}")
    page.locator(".check", has_text="Python computed the same").wait_for(timeout=60_000)
    found = page.get_by_label(slider, exact=True)
    moves: list[list[float]] = found.evaluate(TURN, SLIDERS[slider])
    drawn, frames = ([move[at] for move in moves[3:]] for at in (0, 1))
    late = sorted(frames)[int(0.95 * len(frames))]
    return f"{statistics.median(drawn):.1f} ms | {statistics.median(frames):.1f} ms | {late:.1f} ms"


if __name__ == "__main__":
    main()

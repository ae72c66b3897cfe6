"""How long after a slider of the lab moves its picture is drawn, in the browser.

python -m benchmarks.sliders

The temperature is turned MOVES times on each mechanism; a figure is the time from the slider's
event until the canvas has been drawn anew (working it out and drawing), and until the frame after
that begins.
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
TURN: Final = """async (input, moves) => {
  const found = [];
  for (let move = 0; move < moves; move++) {
    const began = performance.now();
    input.value = 0.2 + 0.1 * (move % 30);
    input.dispatchEvent(new Event("input"));
    const drawn = performance.now() - began;
    await new Promise((done) => requestAnimationFrame(done));
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
        print("| mechanism | drawn (median) | next frame (median) | next frame (95th) |")
        print("|---|---|---|---|")
        for name, mechanism in ALL.items():
            print(
                f"| {mechanism.card.title} | {turned(page, f'{server.url}/lab', name)} |",
                flush=True,
            )


def turned(page: Page, url: str, name: str) -> str:
    """Three figures of one mechanism, in ms."""
    page.goto(f"{url}?mechanism={name}")
    slider = page.get_by_label("Temperature", exact=True)
    page.locator(".check", has_text="Python computed the same").wait_for(timeout=60_000)
    moves: list[list[float]] = slider.evaluate(TURN, MOVES)
    drawn, frames = ([move[at] for move in moves[3:]] for at in (0, 1))
    late = sorted(frames)[int(0.95 * len(frames))]
    return f"{statistics.median(drawn):.1f} ms | {statistics.median(frames):.1f} ms | {late:.1f} ms"


if __name__ == "__main__":
    main()

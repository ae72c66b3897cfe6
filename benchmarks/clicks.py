"""What a reader waits for and what travels: opening, a click on a head, bytes over the wire.

Bytes are those of all messages over the websocket and of all answers to requests, headers included;
what the browser has in its cache does not travel.

python -m benchmarks.clicks                 everything, of this checkout
python -m benchmarks.clicks --bytes OTHER   the bytes of clicks alone, beside another checkout's
python -m benchmarks.clicks --beside OTHER  how long clicks take, in turn with another checkout

A click on a head of Explore (until the matrix of that head is drawn) is measured in turn with a
plain Streamlit button (until its text changes), in the same browser, and given as their ratio.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.chromium import chromium
from tests.browser.server import ROOT, serving
from tests.browser.wire import listened

PAIRS = 15
OPENINGS = 5
QUIET = 2000
"""Milliseconds after which a click has nothing more that travels or is drawn."""
TURNS = 8
"""New heads that are clicked in one tab."""
ROUNDS = 2
"""Tabs that are opened of each checkout, in turn."""
HEALTH = "/_stcore/health"
SENTENCE = "the old keeper of the lighthouse wrote letters to his daughter in the city"
"""14 words that MiniLM reads as one token each."""
LENGTHS = (10, 126, 510)
"""Words of a text; with [CLS] and [SEP] MiniLM reads two tokens more, 512 at most."""
CLICKS = {
    "a head of another layer": (4, 4),
    "another head of that layer": (7, 4),
    "the one before it again": (4, 4),
}
"""Column and row of the thumbnails that are clicked, one after another."""
BUTTON = """
import streamlit as st
st.session_state.setdefault("clicks", 0)
def more(): st.session_state.clicks += 1
st.button("More", on_click=more)
st.text(f"clicked {st.session_state.clicks}")
"""
WATCH = """
window.drawn = new WeakMap();
const clear = CanvasRenderingContext2D.prototype.clearRect;
CanvasRenderingContext2D.prototype.clearRect = function (...at) {
  window.drawn.set(this.canvas, performance.now());
  return clear.apply(this, at);
};
window.addEventListener("click", () => { window.clicked = performance.now(); }, true);
window.within = (root, wanted) => {
  for (const node of root.querySelectorAll("*")) {
    if (node.matches(wanted)) return node;
    const found = node.shadowRoot && window.within(node.shadowRoot, wanted);
    if (found) return found;
  }
  return null;
};
window.canvasOf = (key) => {
  const host = document.querySelector(`.st-key-${key}`);
  return host && window.within(host, "canvas.base, canvas");
};
"""
REDRAWN = """() => {
  const at = window.drawn.get(window.canvasOf("explore-matrix"));
  return at > window.clicked ? at - window.clicked : null;
}"""


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--bytes", type=Path, metavar="OTHER", help="the other checkout's folder")
    asked.add_argument("--beside", type=Path, metavar="OTHER", help="the other checkout's folder")
    asked.add_argument("--words", type=int, nargs="+", default=LENGTHS, help="lengths of the text")
    given = asked.parse_args()
    other: Path | None = given.bytes
    beside: Path | None = given.beside
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if beside is not None:
            in_turn(Path(folder), browser, beside, given.words)
        elif other is None:
            everything(Path(folder), browser)
        else:
            for root in (other, ROOT):
                print(root)
                with serving(Path(folder) / "app.log", root / "app.py", HEALTH) as app:
                    bytes_of_clicks(browser, app.url)


def everything(folder: Path, browser: Browser) -> None:
    """All figures of this checkout."""
    script = folder / "button.py"
    script.write_text(BUTTON, encoding="utf-8")
    with (
        serving(folder / "app.log") as app,
        serving(folder / "button.log", script, HEALTH) as plain,
    ):
        opening(browser, app.url)
        clicking(browser, app.url, plain.url)
        everything_that_opens(browser, app.url)
        bytes_of_clicks(browser, app.url)


def clicking(browser: Browser, app: str, plain: str) -> None:
    """Prints the medians of both clicks and their ratio."""
    explore, button = watched(browser), watched(browser)
    explore.goto(f"{app}/explore")
    explore.wait_for_function("() => window.drawn.get(window.canvasOf('explore-matrix'))")
    explore.wait_for_timeout(3000)
    button.goto(plain)
    button.get_by_text("clicked 0").wait_for()
    heads, buttons = [], []
    for turn in range(PAIRS):
        explore.bring_to_front()
        heads.append(click_head(explore, turn * 5 % 11, turn * 2 % 5))
        button.bring_to_front()
        buttons.append(click_button(button, turn + 1))
    head, plain_click = statistics.median(heads), statistics.median(buttons)
    print(f"click on a head → matrix drawn   {head:6.0f} ms (median of {PAIRS})")
    print(f"click on a plain button → text   {plain_click:6.0f} ms")
    print(f"ratio                            {head / plain_click:6.2f}")


def in_turn(folder: Path, browser: Browser, other: Path, lengths: Sequence[int]) -> None:
    """Prints how long a click on a new head and on a known one takes there and here.

    One after the other and again, each in a tab of its own and no other tab open: a tab goes on
    drawing behind the one in front.
    """
    with (
        serving(folder / "other.log", other / "app.py", HEALTH) as before,
        serving(folder / "this.log", ROOT / "app.py", HEALTH) as now,
    ):
        for words in lengths:
            taken: dict[tuple[str, bool], list[float]] = {}
            for app in (before, now) * ROUNDS:
                for known, milliseconds in clicked(browser, app.url, words):
                    taken.setdefault((app.url, known), []).append(milliseconds)
            for name, known in (("a new head", False), ("a head seen before", True)):
                old, here = (statistics.median(taken[app.url, known]) for app in (before, now))
                print(
                    f"{words:4} words, {name:20}{old:5.0f} → {here:4.0f} ms: {here / old:.2f}×"
                    f" (each {len(taken[now.url, known])} times)",
                    flush=True,
                )


def clicked(browser: Browser, app: str, words: int) -> Iterator[tuple[bool, float]]:
    """Whether the head was seen before, and the milliseconds of the click on it."""
    page = watched(browser)
    explored(page, app, words)
    for turn in range(TURNS):
        yield False, click_head(page, (turn * 5 + 4) % 11, (turn * 2 + 4) % 5)
        page.wait_for_timeout(QUIET)
        yield True, click_head(page, 0, 0)
        page.wait_for_timeout(QUIET)
    page.context.close()


def watched(browser: Browser) -> Page:
    """A window that notes when its canvases are drawn."""
    size: ViewportSize = {"width": 1280, "height": 900}
    page = browser.new_context(viewport=size, bypass_csp=True).new_page()  # it waits by evaluating
    page.add_init_script(WATCH)
    return page


def click_head(page: Page, column: int, row: int) -> float:
    """Milliseconds until the matrix of the head at that thumbnail is there."""
    grid = page.locator(".st-key-explore-grid canvas").first
    box = grid.bounding_box()
    if box is None:
        raise RuntimeError("The grid of heads is not on the screen")
    page.mouse.click(
        box["x"] + box["width"] * (0.12 + 0.075 * column),
        box["y"] + box["height"] * (0.2 + 0.15 * row),
    )
    taken = page.wait_for_function(REDRAWN, polling=5).json_value()
    page.wait_for_timeout(400)
    return float(taken)


def click_button(page: Page, count: int) -> float:
    """Milliseconds until the text beside the button counts the click."""
    page.evaluate(
        """(wanted) => {
          window.counted = null;
          const look = () => {
            if (document.body.innerText.includes(wanted)) window.counted ??= performance.now();
          };
          new MutationObserver(look).observe(
            document.body, { subtree: true, childList: true, characterData: true });
        }""",
        f"clicked {count}",
    )
    page.get_by_role("button", name="More").click()
    taken = page.wait_for_function(
        "() => window.counted && window.counted - window.clicked", polling=5
    ).json_value()
    page.wait_for_timeout(400)
    return float(taken)


def opening(browser: Browser, app: str) -> None:
    """Prints how long Home takes to show its alignment, in a new browser and in a known one."""
    new, known = [], []
    for _ in range(OPENINGS):
        page = watched(browser)
        new.append(until_ribbons(page, app))
        known.append(until_ribbons(page, app))
        page.context.close()
    print(f"Home opened → alignment drawn    {statistics.median(new):6.0f} ms in a new browser")
    print(f"the same with its files cached   {statistics.median(known):6.0f} ms")


def until_ribbons(page: Page, app: str) -> float:
    page.goto(app, wait_until="commit")
    page.wait_for_function(
        "() => window.within(document, '.st-key-home-ribbons') &&"
        " window.drawn && window.within(document.querySelector('.st-key-home-ribbons'), '.token')",
        polling=10,
    )
    return float(page.evaluate("() => performance.now()"))


def everything_that_opens(browser: Browser, app: str) -> None:
    """Prints what travels when Explore opens on 128 tokens."""
    page = watched(browser)
    wire = listened(page)
    explored(page, app, 126)
    print(f"Explore on 128 tokens            {sum(wire.messages) / 1e6:6.2f} MB over the websocket")
    print(f"files and data, each once        {sum(wire.answers) / 1e6:6.2f} MB, cached")


def bytes_of_clicks(browser: Browser, app: str) -> None:
    """Prints what travels for a click on a head, for each length and each kind of click."""
    for words in LENGTHS:
        page = watched(browser)
        wire = listened(page)
        explored(page, app, words)
        for name, (column, row) in CLICKS.items():
            wire.clear()
            click_head(page, column, row)
            page.wait_for_timeout(QUIET)
            told, fetched = sum(wire.messages) / 1e3, sum(wire.answers) / 1e3
            print(
                f"{words:4} words, {name:28}{wire.total / 1e3:8.1f} kB: "
                f"{told:.1f} in messages, {fetched:.1f} in {len(wire.answers)} answers"
            )
        page.context.close()


def explored(page: Page, app: str, words: int) -> None:
    """Opens Explore on so many words and waits until nothing more travels."""
    text = " ".join(islice(cycle(SENTENCE.split()), words))
    page.goto(f"{app}/explore?text={quote(text)}")
    page.wait_for_function(
        "() => window.drawn.get(window.canvasOf('explore-matrix'))", timeout=120_000
    )
    page.wait_for_timeout(2 * QUIET)


if __name__ == "__main__":
    main()

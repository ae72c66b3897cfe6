"""How well what is written on a page can be read: its ink against what really lies behind it.

The letters and their inks come from the browser; they are then made invisible, and a picture of the
page shows what is behind each of them, whatever painted it: a chip, a picture, a gradient.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

Array = NDArray[np.float64]
INKS: Final = (
    Path(__file__).with_name("inks.js").read_text(encoding="utf-8").partition("() => {")[2]
)
CLEARED: Final = """() => {
  const roots = [document];
  for (const root of roots) {
    roots.push(...[...root.querySelectorAll("*")].flatMap((node) => node.shadowRoot ?? []));
    root.querySelectorAll(".test-clear").forEach((style) => style.remove());
  }
}"""
READABLE: Final = 4.5
"""WCAG 2.2, success criterion 1.4.3, for text of any size."""
BEHIND: Final = 0.2
"""The share of a line's box from which on a colour counts as what the line stands on."""
TALLEST: Final = 8000
LOOKS: Final = 6
PAUSE: Final = 1000
"""Milliseconds between two looks."""


def faint(page: Page, looks: int = LOOKS) -> list[str]:
    """What is and stays written with less than 4.5 : 1, each with its ratio, on the whole page.

    What is drawn anew is pale for a moment; only what stays pale is told.
    """
    found = _faint(page)
    for _again in range(looks - 1):
        if not found:
            break
        page.wait_for_timeout(PAUSE)
        found = _faint(page)
    return found


def _faint(page: Page) -> list[str]:
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    window = page.viewport_size or {"width": 1280, "height": 800}
    page.set_viewport_size({"width": window["width"], "height": min(int(height), TALLEST)})
    try:
        page.wait_for_timeout(300)  # widgets redraw for the new size
        written = page.evaluate("() => {" + INKS)
        picture = np.asarray(Image.open(BytesIO(page.screenshot())).convert("RGB"))
        page.evaluate(CLEARED)
    finally:
        page.set_viewport_size(window)
    return sorted({said for one in written if (said := judged(one, picture))})


def judged(one: dict[str, Any], picture: NDArray[np.uint8]) -> str:
    """A line of text and its ratio where that is too small; else nothing."""
    left, top, width, height = one["box"]
    behind = picture[
        max(0, round(top)) : max(0, round(top + height)),
        max(0, round(left)) : max(0, round(left + width)),
    ].reshape(-1, 3)
    if not len(behind):
        return ""
    colours, counts = np.unique(behind, axis=0, return_counts=True)
    papers = colours[counts >= min(BEHIND * len(behind), counts.max())]
    *ink, alpha = one["ink"]
    ratio = min(contrast(np.array(ink) * alpha + paper * (1 - alpha), paper) for paper in papers)
    return f"{one['text'][:40]}: {ratio:.2f}" if ratio < READABLE else ""


def contrast(one: Array, other: NDArray[Any]) -> float:
    """The ratio of two colours with channels from 0 to 255 (WCAG 2.2): 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: NDArray[Any]) -> float:
    """Relative luminance, 0 to 1."""
    share = np.asarray(colour, dtype=np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))

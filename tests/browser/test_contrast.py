"""Whatever is written can be read: 4.5 : 1 between a text and what lies behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.contrast import contrast, faint
from tests.browser.frame import PAGES, address, opened
from tests.browser.server import Server

SAMPLES: Final = """
<main data-testid="stMain" style="background: #fff; color: #000; font: 16px/24px sans-serif">
  <p>plain</p>
  <p style="color: #949494">grey</p>
  <p style="color: #767676">dark grey</p>
  <p style="opacity: 0.5">half</p>
  <p style="color: #fff; background: linear-gradient(#000, #000)">on a gradient</p>
  <p style="background: linear-gradient(90deg, #fff 40%, #000 0); width: 80px">on a tail</p>
  <div style="position: relative; height: 24px">
    <canvas width="300" height="24" style="position: absolute"></canvas>
    <span style="position: absolute">on a canvas</span>
  </div>
  <svg width="300" height="24"><rect width="300" height="24" fill="#000"/>
    <text y="16" fill="#222">in a drawing</text><text y="16" x="150" fill="#fff">seen</text></svg>
  <button disabled style="color: #eee">cannot be pressed</button>
  <section></section>
</main>"""
DRAWN: Final = """() => {
  document.querySelector("canvas").getContext("2d").fillRect(0, 0, 300, 24);
  const root = document.querySelector("section").attachShadow({ mode: "open" });
  root.innerHTML = '<p style="color: #ccc">in the shadow</p>';
}"""


def test_black_white_and_two_greys_have_the_ratios_that_everybody_knows() -> None:
    white = np.array([255, 255, 255])
    assert contrast(white, np.zeros(3)) == pytest.approx(21)
    assert contrast(np.full(3, 0x76), white) == pytest.approx(4.54, abs=0.005)
    assert contrast(white, np.full(3, 0x94)) == pytest.approx(3.03, abs=0.005)


def test_a_faint_text_is_found_whatever_lies_behind_it(page: Page) -> None:
    page.set_content(SAMPLES)
    page.evaluate(DRAWN)
    for _twice in range(2):  # measuring leaves the page as it was
        found = [said.rpartition(":")[0] for said in faint(page, looks=1)]
        assert found == [
            "grey", "half", "in a drawing", "in the shadow", "on a canvas", "on a tail",
        ]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_whatever_is_written_can_be_read_in_both_themes(
    name: str, visit: Callable[..., Page], server: Server
) -> None:
    for scheme in ("dark", "light"):
        page = visit(color_scheme=scheme)
        opened(page, f"{server.url}{address(name)}")
        assert faint(page) == []

"""Charts follow the page: the system turns dark, and paper and letters turn with it at once."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.frame import PATIENCE, opened
from tests.browser.server import Server

LETTERS = ".js-plotly-plot .xtick text"


def test_a_chart_follows_the_system_without_a_click(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/cost")
    letters = page.locator(LETTERS).first
    letters.wait_for(timeout=PATIENCE)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        ink = page.locator(".stApp").evaluate("app => getComputedStyle(app).color")
        expect(letters).to_have_css("fill", ink)
        paper = page.locator(".js-plotly-plot .main-svg").first
        expect(paper).to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_the_legend_of_a_chart_ends_before_the_button_that_saves(
    page: Page, server: Server
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{server.url}/story")
    chart = page.locator(".js-plotly-plot").first
    chart.scroll_into_view_if_needed(timeout=PATIENCE)
    words, button = chart.locator(".legendtext").last, chart.locator(".modebar-btn")
    expect(button).to_be_attached()
    legend, camera = words.bounding_box(), button.bounding_box()
    assert legend is not None
    assert camera is not None
    beside = legend["x"] + legend["width"] <= camera["x"]
    assert beside or legend["y"] >= camera["y"] + camera["height"]

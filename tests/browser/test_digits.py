"""Your own digit, in a real browser: what is drawn with the mouse or by keys is what is read."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from models.ours.digits.strokes import parsed
from tests.browser.frame import opened, settled
from tests.browser.gestures import in_address
from tests.browser.server import Server


def stroke(page: Page, points: list[tuple[float, float]]) -> None:
    """One line of the mouse over the paper, through points across and down from 0 to 1."""
    box = page.locator(".paper").first.bounding_box()
    assert box is not None
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=8)
    page.mouse.up()


def test_a_digit_drawn_with_the_mouse_is_read(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/digits?lang=en&show=votes&two=0")
    headline = page.locator(".atlas-headline")
    page.get_by_role("button", name="Clear").first.click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("nothing on the paper")
    stroke(page, [(0.22, 0.15), (0.78, 0.15), (0.45, 0.88)])
    expect(headline).to_contain_text("7 (")
    ink = parsed(in_address(page)["ink"])
    assert ink is not None
    assert ink[3, 6:18].min() > 0.5  # the bar of the seven
    assert ink[16:, :6].max() == 0


def test_the_arrow_keys_draw_too_and_the_drawing_outlives_a_reload(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/digits?lang=en&show=votes&two=0")
    page.get_by_role("button", name="Clear").first.click()
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    paper = page.locator(".paper").first
    paper.focus()
    for _step in range(9):
        page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    for _step in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    headline = page.locator(".atlas-headline")
    expect(headline).to_contain_text("1 (")
    settled(page)
    drawn = in_address(page)["ink"]
    page.reload()
    settled(page)
    assert in_address(page)["ink"] == drawn
    expect(headline).to_contain_text("1 (")

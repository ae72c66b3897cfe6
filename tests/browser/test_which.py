"""Which head does this?, in a real browser: words are pressed, heads are ranked and opened."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from models.families.reader import Reader
from models.store import shelf
from pages.explore.parts import ranking
from pages.frame.examples import EXPLORE
from pages.showing.readings import part
from tests.browser.frame import opened, settled
from tests.browser.gestures import in_address, widget
from tests.browser.server import Server


def test_pressing_another_word_ranks_the_heads_anew_and_a_thumbnail_opens_one(
    page: Page, server: Server
) -> None:
    reader = shelf.load("minilm")
    assert isinstance(reader, Reader)
    read = part(reader.read(EXPLORE[0].text).sites)
    words = ranking.rows(read)
    here, there = words.index("tired"), words.index("animal")
    best = ranking.between(read, [here], [there]).best
    assert best is not None

    opened(page, f"{server.url}/which")
    expect(page.get_by_role("heading", name="layer 4, head 2")).to_be_visible()
    looking = widget(page, "which.from")
    looking.get_by_role("button", name="tired", exact=True).click()
    looking.get_by_role("button", name="it", exact=True).click()
    title = f"layer {best[0] + 1}, head {best[1] + 1}"
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert in_address(page)["from"] == str(here + 1)

    thumbnails = widget(page, "which.grid").locator("canvas.base")
    box = thumbnails.bounding_box()
    assert box is not None
    thumbnails.click(position={"x": box["width"] * 0.56, "y": box["height"] * 0.45})
    settled(page)
    layer, head = map(int, in_address(page)["opened"].split(","))
    expect(page.get_by_role("heading", name=f"layer {layer}, head {head}")).to_be_visible()
    page.get_by_role("link", name="Open it in Explore").click()
    matrix = page.get_by_role("heading", name=f"The matrix of layer {layer}, head {head}")
    expect(matrix).to_be_visible()

"""What was it made of, in a real browser: the picture stands and answers to choices."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from tests.browser.frame import opened
from tests.browser.gestures import pick, widget
from tests.browser.server import Server

METHODS = 11
"""All but leaving groups out, where each word is one token."""


def picture(page: Page, server: Server, **asked: str) -> Locator:
    """The table of tokens and methods."""
    opened(page, f"{server.url}/made?{urlencode({'lang': 'en', 'taken': '0', **asked})}")
    found = page.locator(".atlas-heats table").first
    expect(found).to_be_visible()
    expect(page.get_by_text("Take them away, one after the other")).to_be_visible()
    return found


def test_a_reader_sees_which_words_matter_and_asks_for_more_of_them(
    page: Page, server: Server
) -> None:
    table = picture(page, server)
    expect(table.locator("thead th")).to_have_count(METHODS)
    expect(table.locator("tbody th").nth(3)).to_have_text("honest")
    expect(table.locator(".atlas-most")).to_have_count(3 * METHODS)
    expect(page.get_by_text("these words change the output most")).to_be_visible()
    pick(page, "Words that matter most", "5")
    expect(table.locator(".atlas-most")).to_have_count(5 * METHODS)
    expect(page).to_have_url(re.compile("top=5"))


def test_another_text_to_compare_with_is_another_answer(page: Page, server: Server) -> None:
    picture(page, server)
    first = page.locator(".atlas-caption b").first
    before = first.inner_text()
    box = widget(page, "made.other").get_by_role("textbox")
    box.fill("Honesty is a virtue.")
    box.press("Enter")
    expect(first).not_to_have_text(before)
    expect(page.get_by_text("these words change the output most")).to_contain_text("honest")


def test_words_are_really_taken_away_on_demand(page: Page, server: Server) -> None:
    picture(page, server, text="the soup was cold", other="the food was not warm")
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.get_by_text("Take them away, one after the other").click()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect(page.get_by_role("rowheader", name="by chance")).to_be_visible()


def test_on_a_telephone_the_table_scrolls_and_its_words_stay(
    server: Server, visit: Callable[..., Page]
) -> None:
    page = visit(viewport={"width": 390, "height": 844})
    table = picture(page, server)
    frame = page.locator(".atlas-heats").first
    assert frame.evaluate("box => box.scrollWidth > box.clientWidth")
    frame.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    word = table.locator("tbody th").nth(3)
    word.scroll_into_view_if_needed()
    assert frame.evaluate("box => box.scrollLeft > 0")
    expect(word).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

"""BertViz in a real browser: it draws with the network off, and what a reader types stays text."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.frame import opened
from tests.browser.gestures import choose, explored
from tests.browser.server import Server

HOSTILE = "so </script><img src=x onerror=alert(1)> it is"


def framed(page: Page, server: Server, **asked: str) -> FrameLocator:
    opened(page, f"{server.url}/bertviz?{urlencode({'lang': 'en', **asked})}")
    return page.frame_locator("iframe[src*=framed]")


@pytest.mark.parametrize("view", ["head", "model", "neuron"])
def test_every_view_is_drawn_without_a_network(page: Page, server: Server, view: str) -> None:
    inside = framed(page, server, view=view)
    expect(inside.locator("#vis text:visible").first).to_be_visible()
    expect(inside.locator("#vis line").first).to_be_attached()
    if view != "model":
        words = inside.locator("#vis text:visible").get_by_text("animal", exact=True)
        expect(words.first).to_be_visible()


def test_what_is_typed_is_drawn_as_text(page: Page, server: Server) -> None:
    inside = framed(page, server, text=HOSTILE)
    expect(inside.locator("#vis").get_by_text("script", exact=True).first).to_be_visible()
    expect(inside.locator("img")).to_have_count(0)


def test_the_frame_reaches_nothing_of_the_page(page: Page, server: Server) -> None:
    inside = framed(page, server)
    expect(inside.locator("#vis text").first).to_be_visible()
    assert inside.locator("body").evaluate("() => window.origin") == "null"


def test_explore_leads_to_the_same_head(page: Page, server: Server) -> None:
    explored(page, f"{server.url}/explore?text=a+small+dog&layer=2&heads=5&lang=en")
    page.get_by_role("link", name="BertViz").last.click()
    choose(page, "bertviz.view", "Neuron view")
    for name, number in (("Layer", "2"), ("Head", "5")):
        expect(page.get_by_role("combobox", name=name)).to_have_value(number)
    inside = page.frame_locator("iframe[src*=framed]")
    words = inside.locator("#vis text:visible").get_by_text("small", exact=True)
    expect(words.first).to_be_visible()

"""A server that is started again, under a page that stays open: nothing the reader did is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.frame import settled
from tests.browser.gestures import explored, in_address, typed, widget, word
from tests.browser.server import serving

OLD = "The old dog sleeps."
NEW = "A river runs through green valleys."


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """A window that may complain: its server goes away."""
    context = browser.new_context(locale="en-US")
    yield context.new_page()
    context.close()


def test_nothing_is_lost_when_the_server_is_started_again(window: Page, tmp_path: Path) -> None:
    with serving(tmp_path / "before.txt") as server:
        explored(window, f"{server.url}/explore?text={OLD}&pins=3&grain=words")
        box = widget(window, "explore.text").locator("textarea")
        box.fill(NEW)
    expect(box).to_be_disabled()
    with serving(tmp_path / "after.txt", port=urlsplit(server.url).port or 0):
        expect(box).to_be_enabled()
        box.press("Control+Enter")
        expect(word(window, "explore.lines", 3)).to_have_text("river")
        settled(window)
        assert typed(window, "explore.text") == NEW
        assert in_address(window) == {"text": NEW, "grain": "words"}

        widget(window, "explore.lines").locator(".chip").nth(4).dblclick()
        window.wait_for_url("**heads=5*")
        box.fill(OLD)
        box.press("Control+Enter")
        expect(word(window, "explore.lines", 3)).to_have_text("old")

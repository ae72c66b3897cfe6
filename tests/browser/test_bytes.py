"""What a click on a head of Explore sends: what is new, and nothing that was sent before."""

from __future__ import annotations

import re
from itertools import cycle, islice
from typing import Final
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.frame import settled
from tests.browser.gestures import explored, widget
from tests.browser.server import Server
from tests.browser.wire import listened

SENTENCE: Final = "the old keeper of the lighthouse wrote letters to his daughter in the city"
"""14 words that MiniLM reads as one token each."""
NEW, KNOWN = 60_000, 10_000
"""Bytes that a click may take at most: on a head that is new, and on one that was there before."""


def opened(page: Page, layer: int, head: int) -> None:
    """A click on a thumbnail, counted from 0, until all pictures show its head."""
    grid = widget(page, "explore.grid").locator("canvas").first
    box = grid.bounding_box()
    assert box is not None
    x, y = box["width"] * (0.12 + 0.075 * head), box["height"] * (0.2 + 0.15 * layer)
    grid.click(position={"x": x, "y": y})
    title = re.compile(f"The matrix of layer {layer + 1}, head {head + 1}")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    settled(page)


def test_a_click_sends_what_is_new_and_nothing_twice(page: Page, server: Server) -> None:
    wire = listened(page)
    text = " ".join(islice(cycle(SENTENCE.split()), 126))
    explored(page, f"{server.url}/explore?text={quote(text)}")
    sent = []
    for layer, head in ((4, 4), (4, 7), (4, 4), (4, 7)):
        wire.clear()
        opened(page, layer, head)
        sent.append(wire.total)
    assert 0 < max(sent[:2]) < NEW
    assert 0 < max(sent[2:]) < KNOWN

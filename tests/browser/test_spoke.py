"""What spoke for a picture, and whether attention explains, in a real browser."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.frame import opened, settled
from tests.browser.gestures import pick, widget
from tests.browser.server import Server


def test_every_method_stands_over_the_picture_and_another_output_is_another_answer(
    page: Page, server: Server
) -> None:
    asked = {"lang": "en", "output": "likeness", "picture": "drawing", "other": "cat"}
    opened(page, f"{server.url}/spoke?{urlencode(asked)}")
    settled(page)
    for method in ("attention", "grad-cam", "leave-one-out"):
        expect(widget(page, f"spoke.{method}").locator("canvas.base")).to_be_visible()
    expect(page.get_by_text("finds the two pictures alike by")).to_be_visible()
    before, blank = (page.locator(".atlas-caption b").nth(at).inner_text() for at in (0, 1))
    pick(page, "In place of a missing patch", "the picture, blurred")
    expect(page).to_have_url(re.compile("baseline=blurred"))
    settled(page)
    assert page.locator(".atlas-caption b").first.inner_text() == before  # the output itself stays
    assert page.locator(".atlas-caption b").nth(1).inner_text() != blank
    expect(page.get_by_text("Do they agree?")).to_be_visible()


def test_the_lesson_answers_to_another_sentence(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/explanation?{urlencode({'lang': 'en', 'text': 'I see a cat.'})}")
    settled(page)
    expect(
        page.get_by_text("For chat the weights matter").or_(page.get_by_text("For vois"))
    ).to_be_visible()
    expect(widget(page, "explanation.other").locator("canvas.base")).to_be_visible()
    box = widget(page, "explanation.even").get_by_role("textbox")
    box.fill("good good bad lovely")
    box.press("Enter")
    expect(page.get_by_text("says 2:")).to_be_visible()

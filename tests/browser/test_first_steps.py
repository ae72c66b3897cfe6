"""What a reader does first: typing, sending, looking, and changing the language on the way."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.frame import choose_language, opened, settled
from tests.browser.gestures import choose, chosen, in_address, translated, typed, widget
from tests.browser.server import Server
from tests.browser.test_corpus import follow, upload

BOX: Final = "translate.source"


def composed(page: Page, **pressed: Any) -> None:
    """Enter as a browser tells it while a word is being composed."""
    widget(page, BOX).locator("textarea").dispatch_event(
        "keydown", {"key": "Enter", "bubbles": True, "cancelable": True, **pressed}
    )


def test_enter_sends_a_text_and_until_then_the_answer_is_marked_as_an_older_one(
    page: Page, server: Server
) -> None:
    translated(page, f"{server.url}/translate")
    area = widget(page, BOX).locator("textarea")
    older = page.locator(".atlas-older")
    expect(older).to_be_hidden()
    area.fill("The white cat")
    expect(older).to_have_text("This is still the answer to Mary bought a red dress in Paris.")
    area.press("Shift+Enter")
    area.press_sequentially("sleeps.")
    assert typed(page, BOX) == "The white cat\nsleeps."
    composed(page, isComposing=True)
    composed(page, keyCode=229)
    assert "source" not in in_address(page)
    expect(older).to_be_visible()
    area.press("Enter")
    expect(page.locator(".atlas-headline").first).to_contain_text("Le chat blanc")
    expect(older).to_be_hidden()
    assert in_address(page)["source"] == "The white cat\nsleeps."
    assert typed(page, BOX) == "The white cat\nsleeps."

    area.fill("A dog sleeps.")
    page.get_by_role("button", name="Translate", exact=True).click()
    expect(page.locator(".atlas-headline").first).to_contain_text("Un chien")
    expect(older).to_be_hidden()


def test_nothing_stands_under_a_text_that_cannot_be_read(page: Page, server: Server) -> None:
    translated(page, f"{server.url}/translate")
    area = widget(page, BOX).locator("textarea")
    area.fill("a dog ran " * 100)
    area.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    settled(page)
    expect(page.locator(".atlas-headline")).to_have_count(0)


def test_the_languages_change_while_a_file_is_followed_and_nothing_that_was_chosen_is_lost(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/corpus?from=own&model=luong-dot-en-fr&by=ratio")
    lines = "".join(f"I have {n} cats .\tJ'ai {n} chats .\n" for n in range(9000))
    upload(page, "corpus.file", "long.tsv", lines.encode())
    follow(page)
    expect(widget(page, "corpus.table")).to_be_visible()
    for name, then, mark in (("中文", "首页", 2), ("English", "Home", 1)):
        choose_language(page, name, then)
        page.wait_for_timeout(2500)  # the page is drawn anew every second meanwhile
        assert chosen(page, "language") == mark
        assert in_address(page)["model"] == "luong-dot-en-fr"
        assert in_address(page)["by"] == "ratio"
    widget(page, "stop").get_by_role("button").click()


@pytest.mark.parametrize(("name", "key"), [("corpus", "corpus.from"), ("imports", "imports.from")])
def test_an_own_file_begins_with_nothing_but_the_place_for_it(
    name: str, key: str, page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/{name}")
    expect(widget(page, f"{name}.ribbons")).to_be_visible()
    choose(page, key, "my own file")
    expect(page.locator("input[type=file]").first).to_be_attached()
    settled(page)
    expect(widget(page, f"{name}.ribbons")).to_have_count(0)
    assert "job" not in in_address(page)

"""Put to the test, in a real browser: the reader's own facts, and who finds the right one."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.frame import opened
from tests.browser.gestures import choose, in_address
from tests.browser.server import Server


def test_ones_own_facts_are_answered_by_the_key_and_not_without_a_comparison(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/proofs?lang=en&task=facts")
    box = page.get_by_label("Your input")
    box.fill("Olga: purple, Karim: gold, Lena: grey, Hugo: pink, Iris: brown. Iris?")
    box.press("Enter")
    heads = page.locator(".atlas-headline")
    expect(heads.first).to_contain_text("✓ brown")
    expect(heads.nth(1)).to_contain_text("✗")
    assert in_address(page)["text"].startswith("Olga")
    box.fill("Olga is tall")
    box.press("Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("a question behind them")
    expect(heads).to_have_count(0)


def test_another_task_opens_with_an_input_of_its_own(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/proofs?lang=en")
    choose(page, "proofs.task", "Copy from as far back as the letter says")
    expect(page.locator(".atlas-headline").first).to_contain_text("right")
    expect(page.get_by_label("Your input")).to_have_value("c a n b e l i m d f a c j k g h")

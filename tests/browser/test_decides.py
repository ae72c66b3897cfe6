"""The picture decides, in a real browser: another picture, another word; a click, another look."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from models.ours.decides.nouns import Language, senses
from models.ours.decides.reader import Decided, canvas, load_decider
from models.ours.decides.scene import scene
from tests.browser.frame import PATIENCE, opened
from tests.browser.gestures import caption, pinned, widget, word, words
from tests.browser.server import Server

TEXT = "I see a bat."


def decided(language: Language, sense: int) -> Decided:
    """What the translator makes of it, here, apart from the server."""
    drawn = canvas(scene(senses()["bat"][sense].drawings[0], 0, "bat"))
    return load_decider().translate(TEXT, language, drawn)


def shown(page: Page, server: Server, address: str = "") -> None:
    """Opens the page and waits until its pictures are drawn."""
    opened(page, f"{server.url}/decides?lang=en{address}")
    widget(page, "decides.map").locator("canvas.base").wait_for(timeout=PATIENCE)
    word(page, "decides.ribbons.zh", 1, "translation").wait_for(timeout=PATIENCE)


def test_another_picture_changes_both_translations(page: Page, server: Server) -> None:
    shown(page, server)
    headlines = page.locator(".atlas-headline")
    expect(headlines).to_have_text([decided("fr", 0).text, decided("zh", 0).text])
    page.get_by_role("radio", name="batte · 球棒").click()
    expect(headlines).to_have_text([decided("fr", 1).text, decided("zh", 1).text])
    expect(page).to_have_url(re.compile(r"[?&]show=2"))


def test_a_click_on_a_word_shows_where_it_looked(page: Page, server: Server) -> None:
    shown(page, server)
    made = decided("zh", 0)
    assert words(page, "decides.ribbons.zh", "translation") == [
        token.text for token in made.words.tokens
    ]
    word(page, "decides.ribbons.zh", 2, "translation").click()
    expect(caption(page, made.words.tokens[1].text, f"{made.gates[1]:.2f}")).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]word=2(,|%2C)2"))
    assert pinned(page, "decides.ribbons.zh") == [2]
    assert pinned(page, "decides.ribbons.fr") == []


def test_a_word_is_chosen_with_the_keyboard_too(page: Page, server: Server) -> None:
    shown(page, server)
    one = word(page, "decides.ribbons.fr", 1, "translation")
    one.focus()
    one.press("Enter")
    made = decided("fr", 0)
    expect(caption(page, made.words.tokens[0].text, f"{made.gates[0]:.2f}")).to_be_visible()

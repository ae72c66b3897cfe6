"""Translate in a real browser: a sentence becomes French, and every French word says where from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from attention_core.alignment import strongest_links
from attention_core.views import View, view
from models import shelf
from models.translator.reader import Translation, TranslatorReader
from pages.parts.choosing import DEFAULTS
from tests.browser.gestures import (
    caption,
    choose,
    in_address,
    numbers_button,
    pictures,
    pinned,
    saved,
    translated,
    type_text,
    typed,
    widget,
    word,
    words,
)
from tests.browser.server import Server

TEXT = "I love machine learning."
FRENCH = "J'aime l'apprentissage automatique."
PAIR = ("The white cat sleeps.", "Le chat blanc dort.")


@pytest.fixture(scope="module")
def translator() -> TranslatorReader:
    """The default translator, loaded here, apart from the server."""
    reader = shelf.load(DEFAULTS["translate"])
    assert isinstance(reader, TranslatorReader)
    return reader


def shown(found: Translation) -> View:
    """The picture of a translation as the page opens with it."""
    return view(found.site, None, "words", "hidden")


def headline(page: Page) -> Locator:
    return page.locator(".atlas-headline")


def said(picture: View, place: int) -> str:
    """What the caption must say of a pinned word; its place counted from 1."""
    look = picture.strongest(place - 1)
    there = picture.columns[look.column].text
    return f"{picture.rows[place - 1].text} looks mostly at {there} ({look.weight:.2f})."


def test_it_opens_with_a_translated_sentence_and_a_pinned_word_says_where_it_looked(
    page: Page, server: Server, translator: TranslatorReader
) -> None:
    picture = shown(translator.translate(TEXT))
    translated(page, f"{server.url}/translate")
    assert typed(page, "translate.source") == TEXT
    assert headline(page).inner_text() == FRENCH
    french = words(page, "translate.ribbons", "translation")
    assert french == [token.text for token in picture.rows]
    assert words(page, "translate.ribbons", "source") == [t.text for t in picture.columns]

    place = next(at for at, text in enumerate(french, 1) if "apprentissage" in text)
    word(page, "translate.ribbons", place, "translation").click()
    expect(caption(page, said(picture, place))).to_be_visible()
    assert picture.columns[picture.strongest(place - 1).column].text.startswith("learning")
    expect(page.get_by_role("rowheader")).to_have_count(len(picture.row_places[place - 1]))
    first = page.get_by_role("rowheader").first
    expect(first).to_have_text(french[place - 1][: len(first.inner_text())])
    page.wait_for_function("location.search.includes('words=')")

    word(page, "translate.ribbons", place, "translation").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(caption(page, said(picture, place), said(picture, place + 1))).to_be_visible()
    page.keyboard.press("Escape")
    expect(caption(page, "Clearest: ")).to_be_visible()
    assert pinned(page, "translate.ribbons") == []


def test_an_own_sentence_is_translated_and_its_numbers_and_links_can_be_kept(
    page: Page, server: Server, translator: TranslatorReader, tmp_path: Path
) -> None:
    found = translator.translate(PAIR[0])
    picture = shown(found)
    translated(page, f"{server.url}/translate")
    type_text(page, "translate.source", PAIR[0])
    expect(headline(page)).to_have_text(found.text)
    page.wait_for_function("location.search.includes('source=')")
    assert in_address(page)["source"] == PAIR[0]
    expect(word(page, "translate.ribbons", 3, "source")).to_have_text("cat")

    file = saved(page, numbers_button(page, "alignment", "NPZ"), tmp_path)
    with np.load(file) as kept:
        assert np.abs(kept["weights"] - picture.weights).max() <= 1e-6
        assert kept["queries"].tolist() == [token.text for token in picture.rows]
        assert kept["keys"].tolist() == [token.text for token in picture.columns]
    page.keyboard.press("Escape")

    links = widget(page, "download.alignment.pharaoh.txt").get_by_role("button")
    written = saved(page, links, tmp_path).read_text().split()
    links_found = strongest_links(picture.mean, 0.2)
    assert sorted(written) == sorted(f"{source}-{target}" for source, target in links_found)
    assert {"1-2", "2-1"} <= set(written)  # the white cat, le chat blanc

    drawn, image = pictures(page, "translate.ribbons", tmp_path)
    assert [text for text in (*PAIR[0].rstrip(".").split(), found.text) if text not in drawn] == []
    assert image.startswith(b"\x89PNG\r\n\x1a\n")


def test_the_readers_own_pair_is_aligned(
    page: Page, server: Server, translator: TranslatorReader
) -> None:
    picture = shown(translator.align(*PAIR))
    translated(page, f"{server.url}/translate")
    choose(page, "translate.mode", "Align my own pair")
    expect(page.get_by_text("Type a sentence on each side")).to_be_visible()
    assert typed(page, "translate.source") == TEXT

    type_text(page, "translate.source", PAIR[0])
    type_text(page, "translate.target", PAIR[1])
    expect(headline(page)).to_have_text(PAIR[1])
    expect(word(page, "translate.ribbons", 2, "translation")).to_have_text("chat")
    assert words(page, "translate.ribbons", "source") == [t.text for t in picture.columns]
    word(page, "translate.ribbons", 2, "translation").click()
    expect(caption(page, said(picture, 2))).to_be_visible()
    page.wait_for_function("location.search.includes('words=')")
    assert in_address(page)["mode"] == "pair"
    assert in_address(page)["target"] == PAIR[1]

    matrix = widget(page, "translate.matrix").locator(".plot")
    matrix.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        matrix.press(key)
    weight = picture.mean[1, 1]
    there = picture.columns[1].text
    expect(caption(page, f"chat gives {there} {weight:.4f} of its attention")).to_be_visible()

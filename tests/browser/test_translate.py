"""Translate in a real browser: a sentence becomes French, and every French word says where from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from attention_core.files.formats.pharaoh import pharaoh
from models.families.translation import Node, Search, Translating, Translation
from models.ours.translator.reader import TranslatorReader
from models.store import shelf
from pages.frame.examples import TRANSLATE
from pages.showing import looking
from pages.showing.looking import Look
from pages.showing.readings import DEFAULTS
from tests.browser.frame import settled
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

TEXT = TRANSLATE[0].text
FRENCH = "Mary a acheté une robe rouge à Paris."
PAIR = ("The white cat sleeps.", "Le chat blanc dort.")


@pytest.fixture(scope="module")
def translator() -> TranslatorReader:
    """The default translator, loaded here, apart from the server."""
    reader = shelf.load(DEFAULTS["translate"])
    assert isinstance(reader, TranslatorReader)
    return reader


def look_of(found: Translation) -> Look:
    """The look with which the page opens a translation."""
    look = looking.settled(found, DEFAULTS["translate"])
    assert look is not None
    return look


def headline(page: Page) -> Locator:
    return page.locator(".atlas-headline").first


def said(found: Translation, place: int) -> str:
    """What the caption must say of a pinned word; its place counted from 1."""
    picture = look_of(found).view("words", "hidden")
    look = picture.strongest(place - 1)
    there = picture.columns[look.column].text
    return f"{picture.rows[place - 1].text} looks mostly at {there} ({look.weight:.2f})."


def test_it_opens_with_a_translated_sentence_and_a_pinned_word_says_where_it_looked(
    page: Page, server: Server, translator: TranslatorReader
) -> None:
    found = translator.translate(TEXT)
    picture = look_of(found).view("words", "hidden")
    translated(page, f"{server.url}/translate")
    assert typed(page, "translate.source") == TEXT
    assert headline(page).inner_text() == found.text == FRENCH
    french = words(page, "translate.ribbons", "translation")
    assert french == [token.text for token in picture.rows]
    assert words(page, "translate.ribbons", "source") == [t.text for t in picture.columns]

    place = next(at for at, text in enumerate(french, 1) if text == "robe")
    word(page, "translate.ribbons", place, "translation").click()
    expect(caption(page, said(found, place))).to_be_visible()
    assert picture.columns[picture.strongest(place - 1).column].text == "dress"
    expect(page.get_by_role("rowheader")).to_have_count(len(picture.row_places[place - 1]))
    first = page.get_by_role("rowheader").first
    expect(first).to_have_text(french[place - 1][: len(first.inner_text())])
    page.wait_for_function("location.search.includes('words=')")

    word(page, "translate.ribbons", place, "translation").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(caption(page, said(found, place), said(found, place + 1))).to_be_visible()
    page.keyboard.press("Escape")
    expect(caption(page, "Clearest: ")).to_be_visible()
    assert pinned(page, "translate.ribbons") == []


def test_an_own_sentence_is_translated_and_its_numbers_and_links_can_be_kept(
    page: Page, server: Server, translator: TranslatorReader, tmp_path: Path
) -> None:
    found = translator.translate(PAIR[0])
    look = look_of(found)
    picture = look.view("words", "hidden")
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
    written = saved(page, links, tmp_path).read_text()
    assert written == pharaoh(look.links(picture))
    assert {"1-2", "2-1"} <= set(written.split())  # the white cat, le chat blanc

    drawn, image = pictures(page, "translate.ribbons", tmp_path)
    assert [text for text in (*PAIR[0].rstrip(".").split(), found.text) if text not in drawn] == []
    assert image.startswith(b"\x89PNG\r\n\x1a\n")


def test_the_readers_own_pair_is_aligned(
    page: Page, server: Server, translator: TranslatorReader
) -> None:
    found = translator.align(*PAIR)
    picture = look_of(found).view("words", "hidden")
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
    expect(caption(page, said(found, 2))).to_be_visible()
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

    choose(page, "translate.part", "the beam")
    expect(caption(page, "Your own translation was followed")).to_be_visible()


def spoken(node: Node) -> list[str]:
    """What the tree must say of one of its pieces."""
    probability = np.format_float_positional(
        np.exp(node.log_probability), 2, fractional=False, trim="k"
    )
    return [node.way, f"probability {probability}", f"{node.total:.2f}".replace("-", "−")]


def choose_piece(page: Page, steps: list[str]) -> None:
    """Walks through the tree with the arrow keys, from its first piece."""
    tree = widget(page, "translate.tree").get_by_role("application")
    tree.focus()
    for step in steps:
        tree.press(step)


def way_of(found: Translation, length: int) -> tuple[int, Node]:
    """The piece with this many pieces before it on the way that was taken, and its place."""
    taken = [(place, node) for place, node in enumerate(found.tree) if node.chosen]
    return taken[length]


def test_the_beam_is_a_tree_whose_pieces_say_how_likely_they_were_and_a_link_keeps_one(
    page: Page, server: Server, translator: TranslatorReader
) -> None:
    found = translator.translate(TEXT, Search(5, 0.8))
    translated(page, f"{server.url}/translate")
    choose(page, "translate.part", "the beam")
    for other in found.alternatives:
        line = f"{other.text} (score {other.score:.2f})"
        expect(caption(page, line)).to_be_visible()

    choose_piece(page, ["ArrowRight", "End"])
    place, last = way_of(found, -1)
    readout = widget(page, "translate.tree").locator(".readout")
    for part in (*spoken(last), f"score {last.score:.2f}".replace("-", "−")):
        expect(readout).to_contain_text(part)
    page.wait_for_function(f"location.search.includes('node={place + 1}')")

    page.reload()
    settled(page)
    for part in spoken(last):
        expect(readout).to_contain_text(part)
    widget(page, "translate.tree").get_by_role("application").press("Escape")
    expect(readout).to_contain_text("Point at a piece")
    page.wait_for_function("!location.search.includes('node=')")


def endings(tree: tuple[Node, ...]) -> list[str]:
    """The scores of the translations that a tree holds, as it writes them."""
    return sorted(f"{node.score:.2f}" for node in tree if node.score is not None)


def test_the_width_of_the_beam_and_the_penalty_change_what_is_kept(
    page: Page, server: Server, translator: TranslatorReader, tmp_path: Path
) -> None:
    wide, narrow = (translator.translate(TEXT, Search(width, 0.5)) for width in (5, 2))
    assert endings(wide.tree) != endings(narrow.tree)
    for width, found in ((5, wide), (2, narrow)):
        translated(page, f"{server.url}/translate?part=beam&beam={width}&penalty=50")
        drawn, _ = pictures(page, "translate.tree", tmp_path)
        shown = sorted(part.replace("−", "-") for part in drawn.split() if part.startswith("−"))
        assert shown == endings(found.tree)
        expect(page.locator(".atlas-caption", has_text="(score")).to_have_count(
            len(found.alternatives)
        )

    page.get_by_role("button", name="Search").click()
    slider = widget(page, "translate.beam").get_by_role("slider")
    slider.press("ArrowLeft")
    page.wait_for_function("location.search.includes('beam=1')")
    expect(page.get_by_text("Other translations")).to_have_count(0)
    greedy: Translating = translator
    only = greedy.translate(TEXT, Search(1, 0.5))
    expect(headline(page)).to_have_text(only.text)

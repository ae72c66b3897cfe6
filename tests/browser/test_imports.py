"""Attention of other programs in a real browser: recognised, drawn, and never called verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pages.frame.examples import TRANSLATE
from tests.browser.frame import opened, settled
from tests.browser.gestures import caption, choose, in_address, saved, widget, word, words
from tests.browser.server import Server
from tests.browser.test_corpus import upload

CSV = ",the,cat\nle,0.9,0.1\nchat,0.1,0.7\n\n,yes\noui,1\n"
NEMATUS = """0 ||| das Haus ||| 0 ||| the house ||| 3 3
0.9 0.05 0.05
0.1 0.8 0.1
0.0 0.1 0.9
"""
MARIAN = "das Haus ||| 0.9,0.05,0.05 0.1,0.8,0.1 0.0,0.1,0.9\n"
OPENNMT = """SENT 1: ['the', 'cat']
PRED 1: le chat
                  the        cat
        le *0.9000000  0.1000000
      chat  0.1000000 *0.9000000
      </s>  0.5000000 *0.5000000
"""


def test_it_opens_with_an_example_that_translate_wrote(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/imports")
    word(page, "imports.ribbons", 1, "translation").wait_for()
    expect(page.get_by_text("Not verified")).to_be_visible()
    assert words(page, "imports.ribbons", "source")[:2] == ["Mary", "bought"]
    assert TRANSLATE[0].text.startswith("Mary bought ")


@pytest.mark.parametrize(
    ("name", "content", "said", "target"),
    [
        ("a.csv", CSV, "Read as CSV table: 2 sentences", ["le", "chat"]),
        ("a.txt", NEMATUS, "Read as Nematus: 1 sentence", ["das", "Haus", "</s>"]),
        ("a.txt", MARIAN, "Read as Marian: 1 sentence", ["das", "Haus", "</s>"]),
        ("a.log", OPENNMT, "Read as OpenNMT-py: 1 sentence", ["le", "chat", "</s>"]),
    ],
)
def test_each_format_is_recognised_and_drawn(
    name: str, content: str, said: str, target: list[str], page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/imports?from=own")
    upload(page, "imports.upload", name, content.encode())
    expect(caption(page, said)).to_be_visible()
    word(page, "imports.ribbons", 1, "translation").wait_for()
    assert words(page, "imports.ribbons", "translation") == target
    expect(page.get_by_text("Not verified")).to_be_visible()


def test_a_file_outlives_a_reload_and_its_links_can_be_kept(
    page: Page, server: Server, tmp_path: Path
) -> None:
    opened(page, f"{server.url}/imports?from=own")
    upload(page, "imports.upload", "a.csv", CSV.encode())
    expect(page.get_by_text("sum to less than 1").first).to_be_visible()
    button = page.get_by_role("button", name="Links (Pharaoh)")
    assert saved(page, button, tmp_path).read_text() == "0-0 1-1"
    choose(page, "imports.how", "heavy enough")
    page.wait_for_function("location.search.includes('how=threshold')")

    page.reload()
    settled(page)
    expect(caption(page, "Read as CSV table: 2 sentences")).to_be_visible()
    assert in_address(page)["how"] == "threshold"
    box = widget(page, "imports.sentence")
    box.locator("input").click()
    page.get_by_role("option", name="2. oui").click()
    expect(word(page, "imports.ribbons", 1, "translation")).to_have_text("oui")
    page.wait_for_function("location.search.includes('sentence=2')")


def test_a_pinned_word_and_a_cell_are_spoken_of(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/imports?from=own")
    upload(page, "imports.upload", "a.csv", CSV.encode())
    word(page, "imports.ribbons", 2, "translation").click()
    expect(caption(page, "chat looks mostly at cat (0.70).")).to_be_visible()
    page.wait_for_function("location.search.includes('words=2')")


def test_whatever_is_wrong_with_a_file_gets_its_sentence(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/imports?from=own")
    for content, sentence in (
        (b",the,cat\nle,0.9\n", "has 2 cells but the first row of its table has 3"),
        (b",the,cat\nle,0.9,x\n", "where a weight should stand"),
        (b"PK\x03\x04 nothing", "no NumPy archive"),
        (b"\xff\xfe\xff", "ends in the middle of a character"),
        (b"\xff\xff\xff\xff", "not UTF-8"),
    ):
        upload(page, "imports.upload", "a.csv", content)
        expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
    opened(page, f"{server.url}/imports?from=own&file=0123456789abcdef&sentence=77&heads=9,x")
    expect(page.get_by_test_id("stAlert")).to_contain_text("no longer has the file")
    assert page.get_by_test_id("stException").count() == 0

"""Compare in a real browser: the same sentence by several translators, their panels linked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from models.families.translation import Translating
from models.store import catalogue, shelf
from pages.showing import looking
from tests.browser.frame import opened, settled
from tests.browser.gestures import in_address, type_text, typed, widget, word, words
from tests.browser.server import Server

TEXT = "The white cat sleeps."
NAMES = [
    one.card.name
    for one in catalogue.entries()
    if one.task == "translate" and one.card.languages == ("en", "fr")
][:6]
"""The translators from English to French that are here."""
LINKED = [name for name in NAMES if name != "fixed-en-fr"]


@pytest.fixture(scope="module")
def readers() -> dict[str, Translating]:
    """The same translators, loaded here, apart from the server."""
    found: dict[str, Any] = {name: shelf.load(name) for name in NAMES}
    return found


def compared(page: Page, server: Server, **address: str) -> None:
    """Opens the comparison and waits until the last panel is drawn."""
    asked = {"source": TEXT, "models": ",".join(NAMES), **address}
    opened(page, f"{server.url}/compare?{urlencode(asked)}")
    for name in asked["models"].split(","):
        if name in LINKED:
            word(page, f"compare.{name}", 1, "translation").wait_for()


def sound(page: Page) -> None:
    """Nothing is broken."""
    settled(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("BidiComponent Error").count() == 0


def test_every_panel_says_and_shows_what_its_translator_does(
    page: Page, server: Server, readers: dict[str, Translating]
) -> None:
    compared(page, server)
    found = {name: reader.translate(TEXT) for name, reader in readers.items()}
    texts = page.locator(".atlas-sentence").all_inner_texts()
    assert texts == [one.text for one in found.values()]
    for name in LINKED:
        look = looking.settled(found[name], name)
        assert look is not None
        picture = look.view("words", "hidden")
        assert words(page, f"compare.{name}", "source") == [t.text for t in picture.columns]
        assert words(page, f"compare.{name}", "translation") == [t.text for t in picture.rows]
        word(page, f"compare.{name}", 2, "translation").hover()
        best = picture.strongest(1)
        said = f"{picture.columns[best.column].text} {best.weight:.2f}"
        expect(widget(page, f"compare.{name}").locator(".readout")).to_contain_text(said)
    page.mouse.move(2, 2)


def test_a_word_pointed_at_in_one_panel_is_lit_in_all_and_one_kept_is_in_the_address(
    page: Page, server: Server
) -> None:
    compared(page, server)
    word(page, f"compare.{LINKED[0]}", 3, "source").hover()
    for name in LINKED:
        lit = widget(page, f"compare.{name}").locator(".token.strong")
        expect(lit).to_have_text(["cat"])
        expect(widget(page, f"compare.{name}").locator(".readout")).to_contain_text("cat")
    page.mouse.move(2, 2)
    expect(page.locator(".token.strong")).to_have_count(0)

    word(page, f"compare.{LINKED[-1]}", 3, "source").click()
    page.wait_for_function("location.search.includes('words=')")
    page.reload()
    settled(page)
    for name in LINKED:
        kept = widget(page, f"compare.{name}").locator(".token[aria-pressed=true]")
        expect(kept).to_have_text(["cat"])


def test_a_new_sentence_or_other_translators_change_every_panel(
    page: Page, server: Server, readers: dict[str, Translating]
) -> None:
    compared(page, server, models=LINKED[0])
    type_text(page, "compare.source", "I love you.")
    said = readers[LINKED[0]].translate("I love you.").text
    expect(page.locator(".atlas-sentence")).to_have_text([said])
    page.wait_for_function("location.search.includes('love')")
    assert in_address(page)["models"] == LINKED[0]
    settled(page)
    assert page.get_by_test_id("stDataFrame").count() == 1


@pytest.mark.parametrize(
    "text",
    ["</script><img src=x onerror=alert(1)>", "我喜欢机器学习。", "**b** {0} $x$", "👩‍👩‍👧‍👦"],
)
def test_whatever_is_typed_is_shown_as_typed_in_every_panel(
    text: str, page: Page, server: Server
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    compared(page, server, source=text)
    sound(page)
    assert typed(page, "compare.source") == text
    for name in LINKED:
        shown = "".join(words(page, f"compare.{name}", "source"))
        assert "".join(shown.split()) == "".join(text.split())


def test_what_is_empty_or_far_too_long_is_said_once(page: Page, server: Server) -> None:
    compared(page, server)
    type_text(page, "compare.source", "  ")
    expect(page.get_by_text("Type a sentence on each side")).to_be_visible()
    long = "a dog ran home " * 1250
    type_text(page, "compare.source", long)
    expect(page.get_by_test_id("stAlert")).to_contain_text("reads at most 60")
    sound(page)
    assert typed(page, "compare.source") == long
    page.get_by_role("button", name="Read only the beginning").click()
    word(page, f"compare.{LINKED[-1]}", 1, "translation").wait_for()
    expect(page.locator(".atlas-sentence")).to_have_count(len(NAMES))
    sound(page)


def test_an_own_pair_is_aligned_by_all(
    page: Page, server: Server, readers: dict[str, Translating]
) -> None:
    pair = ("The white cat sleeps.", "Le chat blanc dort.")
    compared(page, server, mode="pair", source=pair[0], target=pair[1])
    expect(page.locator(".atlas-sentence")).to_have_text([pair[1]] * len(NAMES))
    name = LINKED[0]
    look = looking.settled(readers[name].align(*pair), name)
    assert look is not None
    best = look.view("words", "hidden").strongest(1)
    word(page, f"compare.{name}", 2, "translation").hover()
    expect(widget(page, f"compare.{name}").locator(".readout")).to_contain_text(
        f"{best.weight:.2f}"
    )
    type_text(page, "compare.target", "   ")
    expect(page.get_by_text("Type a sentence on each side")).to_be_visible()
    page.mouse.move(2, 2)
    sound(page)

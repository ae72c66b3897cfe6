"""A link shows what its sender saw: on a fresh server, in another browser, after a walk around."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from playwright.sync_api import Page, expect

from tests.browser.frame import link_to, navigation, opened, settled
from tests.browser.gestures import (
    choose,
    chosen,
    explored,
    heads_on,
    pinned,
    type_text,
    typed,
    widget,
    word,
    words,
)
from tests.browser.server import Server, serving

LINK = {
    "text": "The old dog sleeps under unbelievably green trees.",
    "model": "fake", "layer": "2", "heads": "1,3", "pins": "3,21", "cell": "6,26",
    "grain": "words", "specials": "hidden", "scale": "row", "lang": "zh",
}  # fmt: skip
NONSENSE = {
    "text": "a nul\x00 here", "source": "a nul\x00 here", "layer": "999", "heads": "abc",
    "kind": "zzz", "model": "../../etc/passwd", "pins": "-1,99999", "words": "0", "cell": "1",
    "grain": "x", "mode": "<b>", "pair": "maybe", "cut": "7", "lang": "xx", "nobody": "knows",
}  # fmt: skip


def seen(page: Page) -> dict[str, Any]:
    """All that Explore shows: what is chosen, every sentence, and the pictures themselves."""
    page.mouse.move(2, 2)
    page.evaluate("document.activeElement.blur()")
    return {
        "text": typed(page, "explore.text"),
        "heads": heads_on(page),
        "pins": pinned(page, "explore.lines"),
        "words": words(page, "explore.lines"),
        "alternatives": [chosen(page, f"explore.{name}") for name in ("grain", "specials")],
        "sentences": page.locator(".atlas-caption, .atlas-note, h3").all_inner_texts(),
        "read": [
            str(readout)
            for key in ("explore.grid", "explore.lines", "explore.matrix")
            for readout in widget(page, key).locator(".readout").all_inner_texts()
        ],
        "pictures": [
            picture.evaluate("canvas => canvas.toDataURL()")
            for key in ("explore.grid", "explore.lines", "explore.matrix")
            for picture in widget(page, key).locator("canvas").all()
        ],
    }


def in_address(page: Page, part: str) -> None:
    """Waits until the address says so."""
    page.wait_for_function("part => location.search.includes(part)", arg=part)


def test_the_first_request_of_a_fresh_server_restores_all_that_a_link_says(
    page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path / "log.txt") as fresh:
        opened(page, f"{fresh.url}/explore?{urlencode(LINK)}")
        expect(widget(page, "explore.lines").locator(".token.pinned")).to_have_count(2)
        assert navigation(page)[:2] == ["首页", "看内部"]
        assert typed(page, "explore.text") == LINK["text"]
        assert widget(page, "explore.lines").locator(".chip").count() == 4  # of the fake model
        assert heads_on(page) == [1, 3]
        lit = widget(page, "explore.lines").locator(".token.pinned").all_inner_texts()
        assert lit == ["old", "unbelievably"]  # words with the 3rd and the 21st token
        assert [chosen(page, f"explore.{name}") for name in ("grain", "specials")] == [2, 2]
        assert "2" in widget(page, "explore.grid").locator(".readout").inner_text()
        matrix = widget(page, "explore.matrix")
        assert matrix.locator(".readout").inner_text().startswith("dog → unbelievably")
        assert matrix.locator(".switch[aria-pressed=true]").count() == 1
        assert matrix.locator(".switch").nth(1).get_attribute("aria-pressed") == "true"
        page.close()


def test_the_address_after_some_gestures_shows_another_reader_the_same_picture(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit()
    explored(page, f"{server.url}/explore")
    type_text(page, "explore.text", "She poured water into the cup until it was full.")
    expect(word(page, "explore.lines", 3)).to_have_text("poured")
    widget(page, "explore.lines").locator(".chip").nth(4).click()
    in_address(page, "heads=2%2C5")
    word(page, "explore.lines", 9).click()
    in_address(page, "pins=9")
    choose(page, "explore.specials", "hidden, rest = 1")
    in_address(page, "specials=renormalised")
    widget(page, "explore.matrix").get_by_role("button", name="each row").click()
    in_address(page, "scale=row")
    settled(page)

    other = visit()
    explored(other, page.url)
    expect(widget(other, "explore.lines").locator(".token.pinned")).to_have_count(1)
    assert seen(other) == seen(page)
    assert other.url == page.url


def test_choices_survive_a_visit_to_another_page(page: Page, server: Server) -> None:
    english = {name: raw for name, raw in LINK.items() if name != "lang"}
    explored(page, f"{server.url}/explore?{urlencode(english)}")
    before, address = seen(page), page.url

    link_to(page, "Translate").click()
    word(page, "translate.ribbons", 1, "translation").wait_for()
    type_text(page, "translate.source", "He has never been to Paris.")
    expect(word(page, "translate.ribbons", 1, "source")).to_have_text("He")
    link_to(page, "Explore").click()
    word(page, "explore.lines", 1).wait_for()
    page.wait_for_url(address)
    settled(page)
    assert seen(page) == before

    link_to(page, "Translate").click()
    word(page, "translate.ribbons", 1, "translation").wait_for()
    assert typed(page, "translate.source") == "He has never been to Paris."


def test_going_back_shows_what_was_chosen_before(page: Page, server: Server) -> None:
    explored(page, f"{server.url}/explore?layer=2&heads=3")
    widget(page, "explore.lines").locator(".chip").nth(0).dblclick()
    page.wait_for_url("**heads=1")
    link_to(page, "Translate").click()
    page.wait_for_url("**/translate")
    settled(page)
    page.go_back()
    expect(page.get_by_role("heading", name="The matrix of layer 2, head 1")).to_be_visible()
    lit = widget(page, "explore.lines").locator(".chip[aria-pressed=true]")
    expect(lit).to_have_text(["1"])
    assert "heads=1" in page.url


def test_back_leaves_a_page_in_one_press_however_much_was_chosen_there(
    page: Page, server: Server
) -> None:
    opened(page, server.url)
    link_to(page, "Explore").click()
    word(page, "explore.lines", 1).wait_for()
    choose(page, "explore.grain", "words")
    in_address(page, "grain=words")
    choose(page, "explore.specials", "hidden")
    in_address(page, "specials=hidden")
    type_text(page, "explore.text", "The old dog sleeps.")
    in_address(page, "text=")
    page.go_back()
    page.wait_for_url(f"{server.url}/")
    expect(word(page, "home.ribbons", 1, "source")).to_be_visible()
    page.go_forward()
    expect(word(page, "explore.lines", 2)).to_have_text("old")
    assert [part in page.url for part in ("grain=words", "specials=hidden")] == [True, True]


def test_nonsense_in_an_address_breaks_no_page_and_leaves_it_usable(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/explore?{urlencode(NONSENSE)}")
    expect(page.get_by_text("There is no model “../../etc/passwd”")).to_be_visible()
    expect(word(page, "explore.lines", 2)).to_have_text("a")
    usable(page, "explore.text", "explore.lines", "looks 3: dog")

    opened(page, f"{server.url}/translate?{urlencode(NONSENSE)}")
    expect(word(page, "translate.ribbons", 1, "source")).to_have_text("a")
    usable(page, "translate.source", "translate.ribbons", "source 2: dog")

    opened(page, f"{server.url}/?{urlencode(NONSENSE)}")
    expect(word(page, "home.ribbons", 1, "source")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_an_address_may_carry_a_very_long_text(page: Page, server: Server) -> None:
    long = "word " * 800
    for at, box, picture, then in (
        ("explore?text", "explore.text", "explore.lines", "looks 3: dog"),
        ("translate?source", "translate.source", "translate.ribbons", "source 2: dog"),
    ):
        opened(page, f"{server.url}/{at}={quote(long)}")
        expect(page.get_by_role("button", name="Read only the beginning")).to_be_visible()
        assert typed(page, box) == long
        usable(page, box, picture, then)


def usable(page: Page, box: str, picture: str, then: str) -> None:
    """Another text can be typed and is shown, and nothing on the page is broken."""
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("BidiComponent Error").count() == 0
    type_text(page, box, "A dog barks.")
    expect(widget(page, picture).get_by_role("button", name=then)).to_be_visible()

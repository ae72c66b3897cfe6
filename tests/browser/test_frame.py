"""The frame around every page, in a real browser: links, languages, widths, and what stays here."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from models.store.sounds import READY
from pages.frame import site
from pages.frame.language import translations
from pages.locale.collect import catalogue, forms, placeholders
from tests.browser.frame import (
    PAGES,
    PATIENCE,
    address,
    choose_language,
    link_to,
    navigation,
    opened,
    settled,
    sideways,
)
from tests.browser.server import Server, serving

PHONE = {"width": 390, "height": 844}
ENGLISH = ["Home", *(door.title for door in site.DOORS.values())]
CHINESE = [translations("zh").gettext(title) for title in ENGLISH]


def test_the_first_request_of_a_fresh_server_opens_the_page_it_asks_for(
    page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path / "log.txt") as fresh:
        opened(page, f"{fresh.url}/translate?lang=zh")
        assert navigation(page) == CHINESE
        expect(link_to(page, "翻译")).to_have_attribute("aria-current", "page")
        page.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_by_its_address_tells_only_this_server_and_fits_a_phone(
    name: str, visit: Callable[..., Page], server: Server
) -> None:
    page = visit(viewport=PHONE)
    opened(page, server.url + address(name))
    assert sideways(page) == 0
    assert page.locator("h1").count() == 1
    assert page.get_by_test_id("stException").count() == 0
    assert urlsplit(page.url).path == address(name)


def test_choosing_a_language_changes_the_frame_and_survives_navigation_and_reload(
    page: Page, server: Server
) -> None:
    opened(page, server.url)
    assert navigation(page) == ENGLISH

    choose_language(page, "中文", then="首页")
    assert navigation(page) == CHINESE

    link_to(page, "翻译").click()
    page.wait_for_url("**/translate?*lang=zh*", timeout=PATIENCE)
    settled(page)
    assert navigation(page) == CHINESE

    page.reload()
    settled(page)
    assert navigation(page) == CHINESE

    choose_language(page, "English", then="Home")
    assert navigation(page) == ENGLISH
    assert "lang" not in parse_qs(urlsplit(page.url).query)


def test_a_first_visit_speaks_the_language_of_the_browser(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(locale="zh-CN")
    opened(page, server.url)
    assert navigation(page) == CHINESE


def test_a_language_that_we_do_not_speak_is_left_out(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/?lang=tlh")
    assert navigation(page) == ENGLISH


@pytest.mark.parametrize("name", PAGES)
def test_no_english_sentence_of_ours_is_left_on_a_chinese_page_and_it_fits_a_phone(
    name: str, visit: Callable[..., Page], server: Server
) -> None:
    page = visit(viewport=PHONE)
    opened(page, f"{server.url}{address(name)}?lang=zh")
    assert sideways(page) == 0
    shown = page.inner_text("body")
    for sentence in READY.values():  # what is said in a ready sound is no word of ours
        shown = shown.replace(sentence, "")
    ours = [form for message in catalogue("zh") if message.id for form in forms(message.id)]
    assert [text for text in ours if " " in text and not placeholders(text) and text in shown] == []
    assert "中文" in shown


def test_on_a_phone_nothing_in_the_header_overlaps(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(viewport=PHONE)
    opened(page, server.url)
    mark = "document.querySelector('[data-testid=stHeaderLogo]').clientWidth < 40"
    page.wait_for_function(mark, timeout=PATIENCE)  # the style sheet comes with the first run
    names = ("stHeaderLogo", "stExpandSidebarButton", "stMainMenu")
    boxes = [page.get_by_test_id(name).bounding_box() for name in names]
    boxes.append(page.locator(".st-key-language").bounding_box())
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box is not None]
    assert len(edges) == len(boxes)
    assert [pair for pair in pairwise(edges) if pair[0][1] > pair[1][0]] == []
    assert edges[-1][1] <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_paper_follows_the_readers_system(
    scheme: str, visit: Callable[..., Page], server: Server
) -> None:
    page = visit(color_scheme=scheme)
    opened(page, server.url)
    colour = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert colour == {"light": "rgb(251, 251, 249)", "dark": "rgb(21, 24, 30)"}[scheme]


def test_on_a_phone_the_menu_opens_and_closes(visit: Callable[..., Page], server: Server) -> None:
    page = visit(viewport=PHONE)
    opened(page, server.url)
    menu = page.get_by_test_id("stSidebar")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(menu).to_have_attribute("data-collapsed", "false")
    expect(menu.get_by_role("link", name="Explore", exact=True)).to_be_visible()
    menu.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(menu).to_have_attribute("data-collapsed", "true")
    expect(page.locator(".st-key-language")).to_be_visible()

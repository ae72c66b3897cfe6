"""What the tests read off the frame around every page."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Locator, Page

from pages.frame import site
from pages.frame.language import LANGUAGES, translations

FILES: Final = site.files()
PAGES: Final = sorted(FILES)

HEADER: Final = "[data-testid=stTopNav]"

COMING: Final = "[data-coming], .widget.waiting"
"""A picture of which something is still to come."""

PATIENCE: Final = 120_000
"""Milliseconds that a page may take on a busy machine."""


def address(page: str) -> str:
    """The path of a page; home is the bare address."""
    return "/" if page == "home" else f"/{page}"


def opened(page: Page, url: str) -> None:
    """Goes to an address and waits until the page there has been drawn to its foot."""
    page.goto(url)
    settled(page)


def settled(page: Page) -> None:
    """Waits until nothing is computed, the page stands from its switch to its foot, and every
    picture shows what it was given.
    """
    page.wait_for_selector(
        '[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=PATIENCE
    )
    page.wait_for_selector(".st-key-foot", timeout=PATIENCE)
    page.wait_for_selector(".st-key-language button", timeout=PATIENCE)
    page.wait_for_selector("[data-testid=stSkeleton]", state="detached", timeout=PATIENCE)
    shown(page)


def shown(page: Page) -> None:
    """Waits until every picture shows what it was given."""
    page.wait_for_selector(COMING, state="detached", timeout=PATIENCE)


def navigation(page: Page) -> list[str]:
    """What stands in the header: Home, and the doors."""
    return page.locator(f"{HEADER} a, {HEADER} button").all_inner_texts()


def link_to(page: Page, title: str) -> Locator:
    """The link to a page in the header, whatever the language; opens the door it stands behind."""
    for code in LANGUAGES:
        said = translations(code).gettext
        for one in site.pages():
            if one.door and said(one.title) == title:
                door = said(site.DOORS[one.door].title)
                page.locator(HEADER).get_by_role("button", name=door, exact=True).click()
                return page.get_by_role("menuitem", name=title, exact=True)
    return page.locator(HEADER).get_by_role("link", name=title, exact=True)


def choose_language(page: Page, name: str, then: str) -> None:
    """A click on the language switch, and a wait until Home is called `then` in the header."""
    page.locator(".st-key-language").get_by_text(name, exact=True).click()
    page.locator(HEADER).get_by_role("link", name=then, exact=True).wait_for(timeout=PATIENCE)
    settled(page)


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(
        page.evaluate(
            """() => Math.max(...['html', '[data-testid=stMain]'].map((name) => {
                const box = document.querySelector(name);
                return box.scrollWidth - box.clientWidth;
            }))"""
        )
    )

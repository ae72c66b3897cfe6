"""What a reader does with the pictures of a page, and what they then see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from playwright.sync_api import Locator, Page, expect

from tests.browser.frame import PATIENCE, opened, settled, shown

NUMBER: Final = re.compile(r"\d+\.\d+")

expect.set_options(timeout=PATIENCE)


def widget(page: Page, key: str) -> Locator:
    """A picture or control by the key that its page gave it, such as ``explore.grid``."""
    return page.locator(f".st-key-{css_name(key)}")


def pick(page: Page, label: str, title: str) -> None:
    """Chooses from a list. A page that scrolls closes it again, so the page stands still first."""
    box = page.get_by_role("combobox", name=label)
    box.scroll_into_view_if_needed()
    top, before = box.bounding_box(), None
    while top != before:
        page.wait_for_timeout(300)
        top, before = box.bounding_box(), top
    box.evaluate("(input) => input.focus({ preventScroll: true })")
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name=title, exact=True).click()


def css_name(key: str) -> str:
    """A key as Streamlit writes it into a class name."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def explored(page: Page, url: str) -> None:
    """Opens an address of Explore and waits until its pictures are drawn."""
    opened(page, url)
    word(page, "explore.lines", 1).wait_for(timeout=PATIENCE)
    widget(page, "explore.table").locator("canvas").first.wait_for(timeout=PATIENCE)


def translated(page: Page, url: str) -> None:
    """Opens an address of Translate and waits until its pictures are drawn."""
    opened(page, url)
    word(page, "translate.ribbons", 1, "translation").wait_for(timeout=PATIENCE)


def word(page: Page, key: str, place: int, side: str = "looks") -> Locator:
    """The word at a place, counted from 1, on the side that looks (or another one)."""
    name = re.compile(rf"^{side} {place}: ")
    return widget(page, key).get_by_role("button", name=name)


def words(page: Page, key: str, side: str = "looks") -> list[str]:
    """All words of one side, as shown when everything has come."""
    shown(page)
    found = widget(page, key).get_by_role("button", name=re.compile(rf"^{side} \d+: "))
    return [str(text) for text in found.all_inner_texts()]


def pinned(page: Page, key: str) -> list[int]:
    """Places of the words that are kept lit, counted from 1."""
    shown(page)
    lit = widget(page, key).locator(".token[aria-pressed=true]")
    labels = [str(one.get_attribute("aria-label")) for one in lit.all()]
    return sorted(int(re.findall(r" (\d+): ", label)[0]) for label in labels)


def heads_on(page: Page) -> list[int]:
    """Numbers of the heads whose lines are drawn, counted from 1."""
    shown(page)
    chips = widget(page, "explore.lines").locator(".chip[aria-pressed=true]")
    return [int(text) for text in chips.all_inner_texts()]


def caption(page: Page, *parts: str) -> Locator:
    """The caption in which all of these parts stand."""
    found = page.locator(".atlas-caption")
    for part in parts:
        found = found.filter(has_text=part)
    return found.first


def chosen(page: Page, key: str) -> int:
    """Which of a row of alternatives is chosen, counted from 1."""
    marks = [
        one.get_attribute("aria-checked") for one in widget(page, key).get_by_role("radio").all()
    ]
    return marks.index("true") + 1


def choose(page: Page, key: str, title: str) -> None:
    """A click on one of a row of alternatives."""
    widget(page, key).get_by_text(title, exact=True).click()


def type_text(page: Page, key: str, text: str) -> None:
    """Puts a text into a box and sends it."""
    box = widget(page, key).locator("textarea")
    box.fill(text)
    box.press("Enter")


def typed(page: Page, key: str) -> str:
    """What stands in a box."""
    return str(widget(page, key).locator("textarea").input_value())


def in_address(page: Page) -> dict[str, str]:
    """The choices in the address, when the page has come to rest."""
    settled(page)
    return {name: found[0] for name, found in parse_qs(urlsplit(page.url).query).items()}


def saved(page: Page, button: Locator, folder: Path) -> Path:
    """The file that a click on a button gives."""
    with page.expect_download(timeout=PATIENCE) as waiting:
        button.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def pictures(page: Page, key: str, folder: Path) -> tuple[str, bytes]:
    """A widget's picture as files: all words in its SVG, and its PNG."""
    drawing = saved(page, widget(page, key).get_by_role("button", name="SVG"), folder)
    image = saved(page, widget(page, key).get_by_role("button", name="PNG"), folder)
    return inscriptions(drawing), image.read_bytes()


def inscriptions(file: Path) -> str:
    """All words in an SVG file, without the marks that isolate them."""
    read = ElementTree.parse(file).getroot().itertext()  # noqa: S314  our own file
    return re.sub("[\u2068\u2069]", "", " ".join(read))


def numbers_button(page: Page, name: str, kind: str) -> Locator:
    """The button of one file in a menu of numbers, which is opened for it."""
    button = widget(page, f"{name}.{kind}").get_by_role("button")
    body = page.get_by_test_id("stPopoverBody")
    for menu in page.get_by_role("button", name="Numbers").all():
        menu.click()
        body.get_by_role("button").first.wait_for()
        if button.count():
            return button
        page.keyboard.press("Escape")
        body.wait_for(state="detached")
    raise LookupError(f"No menu of numbers has {name}.{kind}")

"""Takes a picture of every page: wide and narrow, light and dark, in every language.

make screenshots           into docs/screenshots/, named page-width-scheme-language.png
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from playwright.sync_api import Browser

from pages.frame.language import LANGUAGES
from tests.browser.chromium import chromium
from tests.browser.frame import PAGES, address, opened
from tests.browser.server import ROOT, serving

FOLDER: Final = ROOT / "docs" / "screenshots"
WIDTHS: Final = (1280, 390)
Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
TALLEST: Final = 6000


def take(browser: Browser, url: str, page: str, width: int, scheme: Scheme, language: str) -> None:
    """One picture, from the header to the foot."""
    window = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-US"
    )
    opened(window, f"{url}{address(page)}?lang={language}")
    height = window.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    window.set_viewport_size({"width": width, "height": min(int(height), TALLEST)})
    window.wait_for_timeout(800)  # widgets redraw for the new size
    window.screenshot(path=FOLDER / f"{page}-{width}-{scheme}-{language}.png")
    window.close()


def take_all() -> None:
    """Every page in every combination."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as folder,
        serving(Path(folder) / "log.txt") as server,
        chromium() as browser,
    ):
        for page, width, scheme, language in product(PAGES, WIDTHS, SCHEMES, LANGUAGES):
            take(browser, server.url, page, width, scheme, language)


if __name__ == "__main__":
    take_all()

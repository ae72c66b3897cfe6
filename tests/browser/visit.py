"""One reader's window, guarded: what leaves the machine and what the browser complains about.

The browser itself knows no other host than this one (`chromium.FLAGS`), so what is asked for
outside goes nowhere; here it is written down, and the test fails.

Playwright's own `wait_for_function` evaluates text in the page each time it looks, which the pages'
policy forbids; so a guarded window is asked from outside instead (`until`).
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, WebSocket

from tests.browser.held import slowed

HERE: Final = ("localhost", "127.0.0.1")
INLINE: Final = ("data", "blob", "about", "file")
GUESSES: Final = ("/_stcore/health", "/_stcore/host-config")
"""On a deep link Streamlit's client first asks below the page's own path and gets a 404."""

LOOK: Final = 50
PATIENCE: Final = 30_000
"""Milliseconds between two looks, and before they end."""
DESKTOP: Final = {"width": 1280, "height": 800}


class Visit:
    """A window of its own: no cookies, no history, nothing from outside."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.left: list[str] = []
        self.errors: list[str] = []
        self._context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-US", **options})
        self._context.on("request", self._asked)
        self.page: Page = self._context.new_page()
        slowed(self.page)
        self.page.on("console", self._heard)
        self.page.on("pageerror", self._failed)
        self.page.on("websocket", self._connected)
        self.page.wait_for_function = partial(until, self.page)  # type: ignore[assignment]

    def closed(self) -> list[str]:
        """Closes the window; what went wrong in it, one sentence each."""
        self._context.close()
        return [
            *(f"a request left this machine: {url}" for url in self.left),
            *(f"the browser complained: {text}" for text in self.errors),
        ]

    def _asked(self, request: Request) -> None:
        if not is_here(request.url):
            self.left.append(request.url)

    def _connected(self, socket: WebSocket) -> None:
        if not is_here(socket.url):
            self.left.append(socket.url)

    def _heard(self, message: ConsoleMessage) -> None:
        guess = urlsplit(message.location["url"]).path
        if message.type == "error" and not (guess.endswith(GUESSES) and guess not in GUESSES):
            self.errors.append(message.text)

    def _failed(self, error: Error) -> None:
        self.errors.append(error.message)


def until(page: Page, expression: str, *, arg: Any = None, timeout: float = PATIENCE) -> None:
    """Waits until an expression, or a function of `arg`, is true on a page, on a new one too."""
    end = time.monotonic() + timeout / 1000
    while time.monotonic() < end:
        try:
            if page.evaluate(expression, arg):
                return
        except Error as problem:
            if "context was destroyed" not in problem.message:
                raise
        page.wait_for_timeout(LOOK)
    raise TimeoutError(f"It did not become true within {timeout / 1000:g} s: {expression}")


def is_here(url: str) -> bool:
    """Whether an address is on this machine or inside the page itself."""
    parts = urlsplit(url)
    return parts.scheme in INLINE or parts.hostname in HERE

"""The browser of the tests: the system's chromium, started so that it calls nobody by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

NAMES: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The shell comes first: it draws the same, and has no window around it that would take time."""
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


class NoBrowser(RuntimeError):
    """There is no chromium on this machine."""


def executable() -> str:
    """The path of a chromium; else NoBrowser with the command that installs one."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    raise NoBrowser("The browser tests need chromium: sudo apt-get install chromium fonts-noto-cjk")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()

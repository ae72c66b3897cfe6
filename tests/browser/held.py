"""Tests as on a slow machine: HELD=4 leaves browser and servers a quarter of the time.

The browser slows its pages itself; a server and whatever it starts is stopped and let go on, ten
times a second. On a machine that does other things besides it is less than a quarter.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from subprocess import Popen
from threading import Event, Thread
from typing import Final

from playwright.sync_api import Page

HELD: Final = float(os.environ.get("HELD") or 1)
ROUND: Final = 0.1
"""Seconds from one stop to the next."""


def slowed(page: Page) -> None:
    """Slows the scripts of a page."""
    if HELD > 1:
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": HELD})


@contextmanager
def holding(process: Popen[bytes]) -> Iterator[None]:
    """Holds a process that leads a group of its own, and the group, until the block is left."""
    if HELD <= 1:
        yield
        return
    free = Event()

    def hold() -> None:
        while not free.wait(ROUND / HELD):
            _send(process, signal.SIGSTOP)
            free.wait(ROUND - ROUND / HELD)
            _send(process, signal.SIGCONT)

    holder = Thread(target=hold, daemon=True)
    holder.start()
    try:
        yield
    finally:
        free.set()
        holder.join()
        _send(process, signal.SIGCONT)


def _send(process: Popen[bytes], what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, what)

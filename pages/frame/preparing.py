"""The work before the first reader, done while the server already says that it lives.

Whoever looks after the server is answered at once; a browser that comes meanwhile waits at its
socket, so that no page is drawn while half of the libraries are there.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("attention_atlas")


class Preparing:
    """Work that is done once, in a thread; it knows whether it is over and how long it took.

    seconds  that the work took, None until it is over
    """

    def __init__(self) -> None:
        self.seconds: float | None = None
        self._over = asyncio.Event()

    async def run(self, work: Callable[[], None]) -> None:
        """Does the work; a server that cannot do it is of no use, and ends itself."""
        began = time.perf_counter()
        try:
            await asyncio.to_thread(work)
        except Exception:
            log.critical("The server cannot start", exc_info=True)
            signal.raise_signal(signal.SIGTERM)
            return
        self.seconds = round(time.perf_counter() - began, 1)
        self._over.set()
        log.info("Ready after %s seconds", self.seconds)

    async def over(self) -> None:
        """Waits for the end of the work."""
        await self._over.wait()


class Patient:
    """Lets sockets through only when the work is over; everything else passes at once."""

    def __init__(self, app: ASGIApp, preparing: Preparing) -> None:
        self.app = app
        self.preparing = preparing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.preparing.over()
        await self.app(scope, receive, send)

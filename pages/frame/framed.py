"""Whole pages that others made, each in a frame where it can reach nothing of ours.

A frame's address is a digest of its page, keyed with a secret of this process: the same page keeps
its address while a reader goes about, and nobody can guess what others look at.

>>> kept = Frames(most=1000)
>>> address = kept.put("<p>hello</p>")
>>> address == kept.put("<p>hello</p>"), kept.page(address), kept.page("unknown")
(True, '<p>hello</p>', None)
"""

from __future__ import annotations

from hashlib import blake2b
from secrets import token_bytes
from threading import Lock
from typing import Final

import streamlit as st
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.frame.policy import FRAMED

MOST: Final = 64 << 20
"""Characters of all pages that are kept; who comes for an older one loads the app's page again."""
FOLDER: Final = "framed"
_SECRET: Final = token_bytes(32)


class Frames:
    """The pages that were shown last, shared by all readers."""

    def __init__(self, most: int = MOST) -> None:
        self._pages: LRUCache[str, str] = LRUCache(most, getsizeof=len)
        self._lock = Lock()

    def put(self, page: str) -> str:
        """Its address; a page that is larger than all that is kept has one where nothing lies."""
        address = blake2b(page.encode(), digest_size=16, key=_SECRET).hexdigest()
        with self._lock:
            if len(page) <= self._pages.maxsize:
                self._pages[address] = page
        return address

    def page(self, address: str) -> str | None:
        """What lies there; None where nothing does any more."""
        with self._lock:
            return self._pages.get(address)


FRAMES: Final = Frames()


def show(page: str, height: int, title: str) -> None:
    """A page in a frame of that height in pixels; the title is what a screen reader says."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    st.iframe(
        "/".join(["", *filter(None, [base]), FOLDER, FRAMES.put(page)]), height=height, alt=title
    )


def answer(request: Request) -> Response:
    """The page; in whatever window it is opened, it has no origin and fetches nothing."""
    found = FRAMES.page(request.path_params["digest"])
    if found is None:
        return PlainTextResponse("Not found", status_code=404)
    headers = {"Content-Security-Policy": FRAMED, "Cache-Control": "no-store"}
    return HTMLResponse(found, headers=headers)


ROUTE: Final = Route(f"/{{base:path}}{FOLDER}/{{digest}}", answer)
"""Below whatever path the app is mounted at (`server.baseUrlPath`, a proxy's prefix)."""

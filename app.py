"""Starts Attention Atlas: `streamlit run app.py`, or any ASGI server on `app:app`.

Libraries, pages and the default models are loaded before the first reader arrives.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages import __version__
from pages.frame import answers, house, policy
from pages.frame.language import _
from pages.frame.names import HERE, OwnNames
from pages.widgets import programs, serving

log = logging.getLogger("attention_atlas")

LIBRARIES: Final = ("torch", "transformers", "plotly.graph_objects", "plotly.io", "pandas")

HEADERS: Final = {
    "Content-Security-Policy": policy.HEADER,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

PRIVATE: Final = "/_stcore/metrics"
"""What each session uses is the operator's business; nobody is told over the network."""


class SecurityHeaders:
    """Adds HEADERS to every HTTP response, and gives no answer to what is PRIVATE.

    Websockets pass untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].endswith(PRIVATE):
            await PlainTextResponse("Not found", 404)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Load what every reader needs, once, before the first one arrives."""
    began = time.perf_counter()
    answers.keep()
    preload()
    house.clean()
    seconds = round(time.perf_counter() - began, 1)
    log.info("Ready after %s seconds", seconds)
    tell_who()
    keeping = asyncio.create_task(house.keep())
    yield {"preload_seconds": seconds}
    keeping.cancel()


def tell_who() -> None:
    """Say in the log who can reach this server."""
    address = st.get_option("server.address")
    if address in HERE:
        log.info("Only this machine can reach this server; make run HOST=0.0.0.0 lets others in")
    else:
        log.warning(
            "Everybody in this network can reach this server at its address %s",
            address or "0.0.0.0",  # noqa: S104  (what the absence of an address means)
        )


def preload() -> None:
    """Import the libraries and every page with what it stands on; read what the pages open with.

    Not at the top of this file: Streamlit's caches want its runtime to be there before them.
    """
    for library in LIBRARIES:
        import_module(library)
    import_module("pages.frame.site").pages()
    import_module("pages.showing.readings").read_ahead()


async def ready(_request: Request) -> JSONResponse:
    """Says that the preload is done: before that, the server does not answer at all."""
    return JSONResponse({"ready": True, "version": __version__, **app.state})


def apologise(error: Exception) -> bool:
    """Tell the reader in their language; Streamlit has put the traceback into the server's log."""
    st.error(
        _(
            "Something went wrong on our side while drawing this page ({kind}). "
            "What you typed is still here: change something, or load the page again."
        ).format(kind=type(error).__name__),
        icon=":material/error:",
    )
    return True


app = st.App(
    "pages/main.py",
    lifespan=lifespan,
    middleware=[Middleware(SecurityHeaders), Middleware(OwnNames)],
    routes=[Route("/ready", ready), serving.ROUTE, programs.ROUTE],
    on_script_error=apologise,
)

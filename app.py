"""Starts Attention Atlas: `streamlit run app.py`, or any ASGI server on `app:app`.

Libraries, pages and the default models are loaded before the first reader arrives.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages import __version__
from pages.frame import answers, framed, house, policy
from pages.frame.language import _
from pages.frame.names import HERE, OwnNames
from pages.frame.preparing import Patient, Preparing
from pages.widgets import addressed, programs, serving

log = logging.getLogger("attention_atlas")

LIBRARIES: Final = ("torch", "transformers", "plotly.graph_objects", "plotly.io", "pandas")

HEADERS: Final = {
    "Content-Security-Policy": policy.HEADER,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

PREPARING: Final = Preparing()

PRIVATE: Final = "/_stcore/metrics"
"""What each session uses is the operator's business; nobody is told over the network."""


class SecurityHeaders:
    """Adds HEADERS to every HTTP response that says nothing else; no answer to what is PRIVATE.

    Websockets pass untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message.get("headers", [])
                own = {name.lower() for name, _value in said}
                more = [header for header in self.headers if header[0] not in own]
                message["headers"] = [*said, *more]
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].endswith(PRIVATE):
            await PlainTextResponse("Not found", 404)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Load what every reader needs, once, while health already answers."""
    answers.keep()
    tell_who()
    working = asyncio.create_task(live())
    yield
    working.cancel()


async def live() -> None:
    """The work before the first reader, and then the work between readers."""
    await PREPARING.run(preload)
    await house.keep()


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
    house.clean()


async def ready(_request: Request) -> JSONResponse:
    """Says whether the preload is done: before that, no page is drawn."""
    known = {"version": __version__, "preload_seconds": PREPARING.seconds}
    done = PREPARING.seconds is not None
    return JSONResponse({"ready": done, **known}, 200 if done else 503)


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
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(OwnNames),
        Middleware(Patient, PREPARING),
    ],
    routes=[
        Route("/ready", ready),
        serving.ROUTE,
        *addressed.ROUTES,
        programs.ROUTE,
        framed.ROUTE,
    ],
    on_script_error=apologise,
)

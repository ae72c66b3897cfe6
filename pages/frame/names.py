"""By which names this server may be asked: a browser tells, and no other page can lie about it.

A page of somebody else can have its own name point to this machine, and then reads what is here as
if it were its own (DNS rebinding). Its name gives it away: we answer to our own names only.
"""

from __future__ import annotations

import re
import socket
from functools import cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from attention_core.marking import N_
from models.settings import settings
from pages.frame.language import LANGUAGES, translations

HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
ANY: Final = "*"
_READING: Final = ("GET", "HEAD", "OPTIONS")
_REFUSED: Final = N_(
    "Attention Atlas does not answer to the name “{name}”.\n\n"
    "It answers to localhost, to numbers such as 192.168.0.7, and to the name of its own machine. "
    "If it is meant to be reached by another name, its operator starts it with\n\n"
    "    ATLAS_HOSTS={name}\n\n"
    "(several names with commas between; * for any name, behind a proxy that checks them)."
)


class OwnNames:
    """Refuses requests and connections that ask for another name than ours, or come from one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stranger = _stranger(scope) if scope["type"] in ("http", "websocket") else None
        if stranger is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(_refusal(stranger, scope), 421)(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "another name"})


def _refusal(name: str, scope: Scope) -> str:
    """What is said to whoever asks for that name: in every language, the browser's own first."""
    headers = dict(scope.get("headers") or ())
    wanted = _wanted(headers.get(b"accept-language", b"").decode("latin-1"))
    codes = sorted(
        LANGUAGES, key=lambda code: wanted.index(code) if code in wanted else len(wanted)
    )
    said = (translations(code).gettext(_REFUSED).format(name=name) for code in codes)
    return "\n\n\n".join(said) + "\n"


def _wanted(header: str) -> list[str]:
    """The languages of Accept-Language without their countries, the dearest first (RFC 9110)."""
    found = list[tuple[float, str]]()
    for one in header.split(",")[:20]:
        code, _, weight = one.partition(";")
        amount = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight) if weight else None
        found.append((-float(amount[1]) if amount else -1.0, code.strip().split("-")[0].lower()))
    return [code for _, code in sorted(found, key=lambda one: one[0])]


def _stranger(scope: Scope) -> str | None:
    """The name that is none of ours; None where there is none such.

    Whoever only reads needs our name in Host. Whoever writes or connects must come from a page of
    ours too: of the name that is asked for, or of one that the operator lists.
    """
    headers = dict(scope.get("headers") or ())
    asked = _name("//" + headers.get(b"host", b"localhost").decode("latin-1"))
    if not (is_number(asked) or is_ours(asked)):
        return asked[:100]
    origin = headers.get(b"origin")
    if origin is None or scope.get("method") in _READING:
        return None
    page = _name(origin.decode("latin-1"))
    return None if page == asked or is_ours(page) else page[:100] or "null"


def _name(address: str) -> str:
    """The name in an address, in small letters and without its port; "" where there is none."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_number(name: str) -> bool:
    """True for an IP address: no page can make it point elsewhere."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_ours(name: str) -> bool:
    """True for this machine's names and for those that the operator lists."""
    listed = settings().hosts
    return ANY in listed or name in HERE | listed | _machine()


@cache
def _machine() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({name, f"{name.partition('.')[0]}.local"})

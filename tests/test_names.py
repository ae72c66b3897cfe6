"""A request is answered only where it asks for a name of ours, and writes only from our pages."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.types import Message, Receive, Scope, Send

from pages.frame.names import OwnNames, _refusal

MACHINE = socket.gethostname()
OWN = ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "192.168.3.7:8501", "LOCALHOST",
       f"{MACHINE}:8501", f"{MACHINE.partition('.')[0]}.local"]  # fmt: skip
OTHER = ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.nip.io", "", "[",
         "192.168.3.7.evil.example"]  # fmt: skip


def sent(kind: str, host: str | None, origin: str | None = None, method: str = "GET") -> Message:
    """The first thing that is sent back."""
    found: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "passed"})

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        found.append(message)

    said = {"host": host, "origin": origin}
    headers = [(name.encode(), value.encode()) for name, value in said.items() if value is not None]
    scope: Scope = {"type": kind, "path": "/", "headers": headers}
    if kind == "http":
        scope["method"] = method
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, OwnNames(app)(scope, receive, send)).result()
    return found[0]


def passes(*asked: str | None) -> bool:
    return bool(sent(*asked)["type"] == "passed")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("host", OWN)
def test_our_own_names_and_numbers_are_answered(kind: str, host: str) -> None:
    assert passes(kind, host)
    assert passes(kind, host, f"http://{host}")


@pytest.mark.parametrize("host", OTHER)
def test_a_request_for_another_name_is_refused(host: str) -> None:
    assert sent("http", host)["status"] == 421
    assert sent("websocket", host, f"http://{host}") == {
        "type": "websocket.close", "code": 1008, "reason": "another name",
    }  # fmt: skip


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://6.6.6.6", "null", "file://", "http://localhost.evil"]
)
def test_another_page_may_neither_connect_nor_write(origin: str) -> None:
    assert not passes("websocket", "localhost:8501", origin)
    for method in ("POST", "PUT", "DELETE"):
        assert not passes("http", "192.168.3.7:8501", origin, method)
    assert passes("http", "localhost:8501", origin, "GET")  # what it gets, its browser hides


def test_the_operator_lists_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_HOSTS", "Atlas.School.example, b.example")
    for name in ("atlas.school.example", "b.example:443"):
        assert passes("websocket", name, f"https://{name}")
    assert passes("websocket", "localhost:8501", "https://atlas.school.example")  # behind a proxy
    assert not passes("http", "evil.example")
    monkeypatch.setenv("ATLAS_HOSTS", "*")
    assert passes("websocket", "evil.example", "https://elsewhere.example")


@pytest.mark.parametrize(
    ("asked", "first"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB,en;q=0.9,zh;q=0.8", "en"), ("zh;q=0.3, en", "en"),
     ("fr;q=1, zh;q=0.5, en;q=0.2", "zh"), ("", "en"), (";;q=,é;q=x", "en"), ("en;q=0,zh", "zh")],
)  # fmt: skip
def test_a_refusal_is_in_both_languages_and_the_browsers_own_is_first(
    asked: str, first: str
) -> None:
    scope = {"headers": [(b"accept-language", asked.encode("latin-1"))]}
    english, chinese, *more = sorted(_refusal("evil.example", scope).split("\n\n\n"))
    assert not more
    assert english.startswith("Attention Atlas does not answer to the name “evil.example”")
    assert "“evil.example”" in chinese
    assert "ATLAS_HOSTS=evil.example" in english
    assert "ATLAS_HOSTS=evil.example" in chinese
    said = _refusal("evil.example", scope)
    assert said.startswith(english[:30] if first == "en" else chinese[:30])


def test_what_is_no_browser_need_not_say_a_name() -> None:
    assert passes("http", None)
    assert passes("lifespan", None)

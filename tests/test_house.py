"""The rules of the house that no tool checks."""

from __future__ import annotations

import ast
import asyncio
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from app import HEADERS, SecurityHeaders
from attention_core.pictures import palette
from benchmarks.structure import python_functions, script_functions
from pages import __version__
from tests.browser.frame import FILES

ROOT = Path(__file__).parents[1]
PAGE_FILES = [ROOT / "pages" / file for file in FILES.values()]


LONGEST = 60
"""Lines of a function, in either language."""


def imported(path: Path) -> set[str]:
    """The top-level names of what a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.stem)
def test_pages_do_no_arithmetic(path: Path) -> None:
    assert not imported(path) & {"torch", "numpy", "transformers", "pandas"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_accent_of_streamlit_is_the_accent_of_the_pictures(scheme: str) -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    assert theme[scheme]["primaryColor"] == palette.ACCENT[scheme]


def test_the_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == __version__


def test_the_frameworks_are_pinned_and_nothing_adds_an_index() -> None:
    requirements = (ROOT / "requirements.txt").read_text()
    for name in ("torch", "transformers", "streamlit"):
        assert re.search(rf"^{name}==", requirements, flags=re.MULTILINE)
    assert "index-url" not in requirements


async def sent_on(kind: str, message: Message) -> list[Message]:
    """What reaches the client when the app behind the headers sends one message."""
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(message)

    async def receive() -> Message:
        return {"type": f"{kind}.request"}

    async def send(reply: Message) -> None:
        sent.append(reply)

    await SecurityHeaders(app)({"type": kind, "path": "/"}, receive, send)
    return sent


def answered(kind: str, message: Message) -> list[Message]:
    """The same, run to its end in a thread: the browser of other tests keeps a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, sent_on(kind, message)).result()


def test_headers_are_added_to_the_start_of_an_answer_and_keep_what_is_there() -> None:
    own = (b"content-type", b"text/plain")
    start = {"type": "http.response.start", "status": 200, "headers": [own]}
    headers = answered("http", start)[0]["headers"]
    assert headers[0] == own
    assert {name.decode() for name, _ in headers[1:]} == {name.lower() for name in HEADERS}


def test_websockets_pass_untouched() -> None:
    accept = {"type": "websocket.accept"}
    assert answered("websocket", accept) == [{"type": "websocket.accept"}]


def test_no_function_is_longer_than_a_screen() -> None:
    functions = (*python_functions(ROOT), *script_functions(ROOT))
    assert [one for one in functions if one.lines > LONGEST] == []

"""While the server prepares itself it says that it lives, and lets no page be drawn."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from pages.frame import preparing
from pages.frame.preparing import Patient, Preparing


async def nothing(*_: Any) -> Any:
    return {}


def test_sockets_wait_until_the_work_is_over_and_everything_else_passes() -> None:
    served, may_end = list[str](), threading.Event()

    def work() -> None:
        assert may_end.wait(60)

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        served.append(scope["type"])

    async def visited() -> None:
        prepared = Preparing()
        patient = Patient(app, prepared)
        working = asyncio.create_task(prepared.run(work))
        socket = asyncio.create_task(patient({"type": "websocket"}, nothing, nothing))
        await patient({"type": "http"}, nothing, nothing)
        for _turn in range(20):
            await asyncio.sleep(0)
        assert (served, prepared.seconds) == (["http"], None)
        may_end.set()
        await asyncio.gather(working, socket)
        assert served == ["http", "websocket"]
        assert prepared.seconds is not None

    asyncio.run(visited())


def test_a_server_that_cannot_prepare_itself_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent = list[int]()
    monkeypatch.setattr(preparing.signal, "raise_signal", sent.append)  # type: ignore[attr-defined]

    def fail() -> None:
        raise OSError("no such library")

    prepared = Preparing()
    asyncio.run(prepared.run(fail))
    assert sent == [signal.SIGTERM]
    assert prepared.seconds is None
    assert "cannot start" in caplog.text

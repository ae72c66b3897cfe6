"""Forward passes in turn: no more at once than cores, and each reader's latest request wins.

>>> desk = Desk(seats=1)
>>> desk.run("reader", lambda cancelled: "read to the end" if not cancelled() else "stopped")
'read to the end'
>>> desk.ahead("reader") is None, desk.waiting
(True, 0)
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from attention_core.errors import Superseded

T = TypeVar("T")


class _Ticket:
    """One request; it knows whether a newer one of the same reader has come."""

    def __init__(self) -> None:
        self.superseded = False

    def cancelled(self) -> bool:
        return self.superseded


class Desk:
    """Where requests wait for a forward pass.

    seats    forward passes at the same time; as many as cores when left out
    threads  processor threads of each
    """

    def __init__(self, seats: int | None = None, threads: int = 1) -> None:
        self._seats = seats or cores()
        self._threads = threads
        self._changed = threading.Condition()
        self._latest: dict[Hashable, _Ticket] = {}
        self._waiting: list[_Ticket] = []
        self._running = 0

    def run(self, key: Hashable, work: Callable[[Callable[[], bool]], T]) -> T:
        """What `work` returns, once there is a free seat.

        key   whose request it is; a newer request of the same key takes this one's place
        work  is given `cancelled`, to ask between layers

        Raises Superseded when a newer request of the same key has come.
        """
        with self._ticket(key) as ticket, self._seat(ticket):
            torch.set_num_threads(self._threads)
            return work(ticket.cancelled)

    def ahead(self, key: Hashable) -> int | None:
        """How many requests wait in front of this reader's; None when it runs or there is none."""
        with self._changed:
            ticket = self._latest.get(key)
            return self._waiting.index(ticket) if ticket in self._waiting else None

    @property
    def waiting(self) -> int:
        """Requests without a seat."""
        with self._changed:
            return len(self._waiting)

    @contextmanager
    def _ticket(self, key: Hashable) -> Iterator[_Ticket]:
        ticket = _Ticket()
        with self._changed:
            older = self._latest.get(key)
            if older is not None:
                older.superseded = True
            self._latest[key] = ticket
            self._waiting.append(ticket)
            self._changed.notify_all()
        try:
            yield ticket
        finally:
            with self._changed:
                if self._latest.get(key) is ticket:
                    del self._latest[key]

    @contextmanager
    def _seat(self, ticket: _Ticket) -> Iterator[None]:
        with self._changed:
            try:
                self._changed.wait_for(lambda: ticket.superseded or self._is_next(ticket))
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
            if ticket.superseded:
                raise Superseded
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _is_next(self, ticket: _Ticket) -> bool:
        return self._running < self._seats and self._waiting[0] is ticket


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


DESK = Desk()

"""Turns for what is done behind the pages: whoever had one longest ago has the next.

>>> turns = Turns(seats=1)
>>> with turns.of("a reader"):
...     turns.waiting
0
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from itertools import count


class Turns:
    """Seats that are given to those who wait, however much each of them asks for.

    seats  turns at the same time
    """

    def __init__(self, seats: int) -> None:
        self._free = seats
        self._changed = threading.Condition()
        self._clock = count()
        self._waiting: dict[int, Hashable] = {}
        self._last: dict[Hashable, int] = {}
        """When each who waits or has waited lately was given a turn."""

    @property
    def waiting(self) -> int:
        """Turns that are waited for."""
        with self._changed:
            return len(self._waiting)

    @contextmanager
    def of(self, owner: Hashable) -> Iterator[None]:
        """One turn of an owner, once it is theirs."""
        with self._changed:
            mine = next(self._clock)
            self._waiting[mine] = owner
            try:
                self._changed.wait_for(lambda: self._free > 0 and self._next() == mine)
            finally:
                del self._waiting[mine]
            self._free -= 1
            self._last.pop(owner, None)
            self._last[owner] = next(self._clock)
            while len(self._last) > 1000:
                del self._last[next(iter(self._last))]
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _next(self) -> int:
        """Who is next: the owner whose last turn is longest ago, and of theirs the first."""
        return min(self._waiting, key=lambda one: (self._last.get(self._waiting[one], -1), one))

"""The models in memory: each is loaded once, and only so many are kept.

>>> shelf = Shelf()
>>> shelf.load("fake") is shelf.load("fake")
True
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable

from cachetools import LRUCache

from models.families.family import Watched
from models.store import catalogue

KEPT = 12
"""Models kept besides those loaded at start: a page of all translators needs ten at once."""


class Shelf:
    """Readers by name; the one that was not used for longest makes room for a new one."""

    def __init__(self, kept: int = KEPT) -> None:
        self._readers: LRUCache[str, Watched] = LRUCache(kept)
        self._pinned: dict[str, Watched] = {}
        self._loading: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def load(self, name: str) -> Watched:
        """The reader of that name; a second thread that wants it waits for the first.

        Raises ModelError when it cannot be found, judged safe, or loaded.
        """
        with self._guard:
            lock = self._loading.setdefault(name, threading.Lock())
        try:
            with lock:
                return self._found(name) or self._put(name, self._made(name))
        finally:
            with self._guard:
                self._loading.pop(name, None)

    def preload(self, names: Iterable[str]) -> None:
        """Load these at start and keep them for good."""
        for name in names:
            reader = self.load(name)
            with self._guard:
                self._readers.pop(name, None)
                self._pinned[name] = reader

    def _made(self, name: str) -> Watched:
        return catalogue.entry(name).open()

    def _found(self, name: str) -> Watched | None:
        with self._guard:
            return self._pinned.get(name) or self._readers.get(name)

    def _put(self, name: str, reader: Watched) -> Watched:
        with self._guard:
            self._readers[name] = reader
        gc.collect()
        gc.freeze()  # Streamlit collects after every run; it need not walk over this model too
        return reader


SHELF = Shelf()
load = SHELF.load
preload = SHELF.preload

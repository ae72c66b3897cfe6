"""A model of somebody else is opened in a process of its own first, with limits and an end.

What a configuration makes the library do is known when it has been done: it may take any time and
any memory, or end the process. So a folder that is not ours is opened next door exactly as it will
be opened here, tried and watched, and only then here. What speaks against it comes back as the same
sentence; what does not come back in time is given up, and no other reader has waited for it.

>>> Verdicts(most=1).known(("a folder", "read"))
False
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Hashable
from contextlib import contextmanager
from typing import Any, Final

from cachetools import LRUCache

from attention_core.errors import ModelError
from models.families.family import Origin, Task
from models.loading import weights
from models.loading.documents import called
from models.work.apart import Apart, GivenUp

log = logging.getLogger("attention_atlas")

MODULE: Final = "models.store.rehearsed"
SECONDS: Final = 60.0
"""For opening a small model; two or three are usual."""
SPEED: Final = 20e6
"""Bytes of weights for which there is another second."""
MEMORY: Final = 4 << 30
"""Bytes that opening may take, besides what the weights take."""
COPIES: Final = 4
"""How often the bytes of weights may be in memory: half precision becomes single, and is joined."""
SMALL: Final = 256 << 20
"""Bytes of weights up to which one process serves model after model."""
SEATS: Final = 2
"""Models that are rehearsed at the same time."""
IDLE: Final = 120.0
"""Seconds after which a process that nobody asks is ended."""


class Verdicts:
    """Folders that have been opened next door as they are now. most: how many are remembered"""

    def __init__(self, most: int = 256) -> None:
        self._passed: LRUCache[Hashable, bool] = LRUCache(most)
        self._guard = threading.Lock()

    def known(self, folder: Hashable) -> bool:
        with self._guard:
            return bool(self._passed.get(folder))

    def passed(self, folder: Hashable) -> None:
        with self._guard:
            self._passed[folder] = True


class Rehearsals:
    """Opens models next door. module: what answers there; seconds: for a small model"""

    def __init__(self, module: str = MODULE, seconds: float = SECONDS, idle: float = IDLE) -> None:
        self._module = module
        self._seconds = seconds
        self._idle_seconds = idle
        self._seats = threading.BoundedSemaphore(SEATS)
        self._idle: list[tuple[Apart, threading.Timer]] = []
        self._guard = threading.Lock()
        self._verdicts = Verdicts()

    def rehearse(self, name: str, files: Origin, task: Task) -> None:
        """Opens it next door, once for the folder as it is.

        Raises ModelError with what speaks against opening it here.
        """
        folder = _as_it_is(files, task)
        if self._verdicts.known(folder):
            return
        _parameters, size = weights.held(files.folder)
        memory, seconds = MEMORY + COPIES * size, self._seconds + size / SPEED
        asked = {
            "name": name, "folder": str(files.folder), "root": str(files.root),
            "links": files.links, "wishes": dict(files.wishes), "task": task,
        }  # fmt: skip
        try:
            with self._seats, self._process(memory, size <= SMALL) as apart:
                said = apart.ask(asked, seconds).said
        except GivenUp as problem:
            log.warning("%s was given up while it was opened: %s", name, problem.reason)
            raise _given_up(called(files.folder), seconds, memory, problem.answered) from problem
        if said is not None:
            raise ModelError(said["sentence"], **said["values"])
        self._verdicts.passed(folder)

    @contextmanager
    def _process(self, memory: int, small: bool) -> Any:
        """A process to ask: one that is idle, or a new one, which is kept where it did well."""
        apart = self._waiting() if small else None
        apart = apart or Apart(
            self._module, memory=memory if not small else MEMORY + COPIES * SMALL
        )
        try:
            yield apart
        except BaseException:
            apart.close()
            raise
        if small:
            self._keep(apart)
        else:
            apart.close()

    def _waiting(self) -> Apart | None:
        with self._guard:
            if not self._idle:
                return None
            apart, timer = self._idle.pop()
        timer.cancel()
        return apart

    def _keep(self, apart: Apart) -> None:
        timer = threading.Timer(self._idle_seconds, self._end, [apart])
        timer.daemon = True
        with self._guard:
            self._idle.append((apart, timer))
        timer.start()

    def _end(self, apart: Apart) -> None:
        """Ends a process, unless somebody has just taken it."""
        with self._guard:
            mine = [one for one in self._idle if one[0] is apart]
            self._idle = [one for one in self._idle if one[0] is not apart]
        if mine:
            apart.close()


def _as_it_is(files: Origin, task: Task) -> Hashable:
    """The folder with the sizes and times of its files: another one as soon as one changes."""
    found = []
    for path in sorted(files.folder.iterdir()):
        state = path.stat()
        found.append((path.name, state.st_size, state.st_mtime_ns))
    return str(files.folder), task, tuple(sorted(files.wishes.items())), tuple(found)


def _given_up(name: str, seconds: float, memory: int, answered: bool) -> ModelError:
    if answered:
        return ModelError(
            "{model} cannot be opened: the library stops with an error that says nothing of the "
            "model. Save it again with one program, or choose another one; the server's log says "
            "what was wrong.",
            model=name,
        )
    return ModelError(
        "{model} was given up: opening it took more than {seconds:.0f} seconds or {memory:.0f} GB, "
        "or ended the process that tried. Choose a smaller model, or save it again with one "
        "program.",
        model=name,
        seconds=seconds,
        memory=memory / 1e9,
    )


REHEARSALS: Final = Rehearsals()
rehearse = REHEARSALS.rehearse

"""Trials: each is a process of its own, and what it leaves behind ends with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

QUIET: Final = ("-q", "-x", "-p", "no:cacheprovider", "--no-header", "--no-summary")
GRACE: Final = 20.0
"""Seconds that a trial may take beside five times what its tests took without a fault."""

fork: Final = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Trial:
    """Tests run with a fault in place.

    run    whether they failed; called in a process of its own
    limit  seconds after which they count as failed: the fault made something endless
    """

    run: Callable[[], bool]
    limit: float


def noticed(trials: Sequence[Trial], at_once: int) -> list[bool]:
    """For each trial whether its tests failed, or did not end."""
    outcomes: dict[int, bool] = {}
    waiting = list(enumerate(trials))[::-1]
    running: dict[int, tuple[ForkProcess, float]] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            place, trial = waiting.pop()
            process = fork.Process(target=_tried, args=(trial,))
            process.start()
            running[place] = process, time.monotonic() + trial.limit
        wait([process.sentinel for process, _ in running.values()], timeout=0.5)
        for place, (process, end) in list(running.items()):
            if process.is_alive() and time.monotonic() < end:
                continue
            outcomes[place] = process.is_alive() or process.exitcode != 0
            _end(process)
            del running[place]
    return [outcomes[place] for place in range(len(trials))]


def _tried(trial: Trial) -> None:
    os.setsid()
    silence()
    fell = True
    with contextlib.suppress(BaseException):
        fell = trial.run()
    os._exit(int(fell))


def _end(process: ForkProcess) -> None:
    """The process and whatever it started, such as a browser."""
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.join()


def silence() -> None:
    """Nothing of a trial is shown: hundreds of them are meant to fail."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


# --- a module imported with a fault in it ---


def imported_with(name: str, source: str, tests: Sequence[str]) -> bool:
    """Whether tests fail when a module is imported from this source; ours must not be in memory."""
    sys.meta_path.insert(0, Planted(name, source))
    return bool(pytest.main([*QUIET, *tests]))


class Planted(MetaPathFinder, Loader):
    """Imports one module from a changed source; nothing is written to a file."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        self.path = Path(*name.split(".")).with_suffix(".py").resolve()

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self.name:
            return None
        spec = spec_from_loader(name, self, origin=str(self.path))
        if spec is not None:
            spec.has_location = True
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)  # noqa: S102

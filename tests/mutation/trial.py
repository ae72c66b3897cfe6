"""One fault, one process: the module is imported with the fault in it, and its tests are run.

The process is a fork of one that has the libraries in memory already, so that a trial costs only
its tests.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, Final

import pytest

OURS: Final = ("attention_core", "models", "pages", "tests", "app", "conftest")
QUIET: Final = ("-q", "-x", "-p", "no:cacheprovider", "--no-header", "--no-summary")
GRACE: Final = 20.0
"""Seconds that a trial may take beside five times what its tests took without a fault."""

_fork = multiprocessing.get_context("fork")


@dataclass
class Baseline:
    """The tests of a module without a fault.

    code       the exit status of pytest; 0 when all passed
    seconds    of each test
    lines      the tests that run each line of the module; a line that is run when something is
               imported or prepared belongs to no test
    libraries  the modules that were imported on the way, in order
    """

    code: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[int, set[str]] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)

    def covering(self, lines: Iterable[int]) -> list[str]:
        """The tests that run one of these lines, the quickest first."""
        found = set[str]().union(*(self.lines.get(line, set()) for line in lines))
        return sorted(found, key=lambda name: self.seconds.get(name, 0.0))


def baseline(path: Path, tests: Sequence[str]) -> Baseline:
    """Run the tests of a module as they are, in a process of its own."""
    receiving, sending = _fork.Pipe(duplex=False)
    process = _fork.Process(target=_observed, args=(path, tests, sending))
    process.start()
    sending.close()
    made: Baseline = receiving.recv()
    process.join()
    return made


def preload(libraries: Iterable[str]) -> None:
    """Import what the tests need and is not ours, once for all trials."""
    for name in libraries:
        if name.split(".")[0] not in (*OURS, "__main__", "__mp_main__"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _observed(path: Path, tests: Sequence[str], sending: Connection) -> None:
    _silence()
    watch = _Watch(path.resolve())
    watch.made.code = int(pytest.main([*QUIET, *tests], plugins=[watch]))
    watch.made.libraries = list(sys.modules)
    sending.send(watch.made)
    sending.close()
    os._exit(0)


class _Watch:
    """A plugin of pytest that notes which test runs which line of one file, and how long it takes."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.made = Baseline(lines=defaultdict(set))
        self.test = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        self.test = item.nodeid
        began = time.perf_counter()
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.made.seconds[item.nodeid] = time.perf_counter() - began

    def _trace(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename != self.path:
            return None
        self.made.lines[frame.f_lineno].add(self.test)
        return self._trace


# --- trials ---


@dataclass(frozen=True)
class Trial:
    """A module's source with a fault in it, and the tests that ought to notice.

    tests  files or single tests, as pytest names them, in the order in which they are run
    limit  seconds after which it counts as noticed: the fault made something endless
    """

    name: str
    source: str
    tests: tuple[str, ...]
    limit: float


def noticed(trials: Sequence[Trial], at_once: int, tell: Callable[[int, bool], None]) -> list[bool]:
    """For each trial whether its tests failed, or did not end.

    tell  told the place and the outcome of each trial as it ends
    """
    outcomes: dict[int, bool] = {}
    waiting = list(enumerate(trials))[::-1]
    running: dict[int, tuple[ForkProcess, float]] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            place, trial = waiting.pop()
            process = _fork.Process(target=_tried, args=(trial,))
            process.start()
            running[place] = process, time.monotonic() + trial.limit
        wait([process.sentinel for process, _ in running.values()], timeout=0.5)
        for place, (process, end) in list(running.items()):
            if process.is_alive() and time.monotonic() < end:
                continue
            outcomes[place] = process.is_alive() or process.exitcode != 0
            _end(process)
            del running[place]
            tell(place, outcomes[place])
    return [outcomes[place] for place in range(len(trials))]


def _end(process: ForkProcess) -> None:
    """The process and whatever it started, such as a browser."""
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.join()


def _tried(trial: Trial) -> None:
    os.setsid()
    _silence()
    sys.meta_path.insert(0, Planted(trial.name, trial.source))
    chosen = _Chosen(trial.tests)
    code = pytest.main([*QUIET, *chosen.files], plugins=[chosen])
    os._exit(int(code))


class _Chosen:
    """A plugin of pytest that keeps some tests, in a given order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {name: place for place, name in enumerate(tests)}
        self.files = list(dict.fromkeys(name.split("::")[0] for name in tests))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if any("::" in name for name in self.order):
            items[:] = [item for item in items if item.nodeid in self.order]
            items.sort(key=lambda item: self.order[item.nodeid])


class Planted(MetaPathFinder, Loader):
    """Imports one module from a changed source; nothing is written to a file."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        path = Path(*name.split("."))
        self.package = path.is_dir()
        self.path = (path / "__init__.py" if self.package else path.with_suffix(".py")).resolve()

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self.name:
            return None
        spec = spec_from_loader(name, self, origin=str(self.path), is_package=self.package)
        if spec is not None:
            spec.has_location = True
            if self.package:
                spec.submodule_search_locations = [str(self.path.parent)]
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code(), module.__dict__)  # noqa: S102

    def code(self) -> CodeType:
        return compile(self.source, str(self.path), "exec")


def _silence() -> None:
    """Nothing of a trial is shown: hundreds of them are meant to fail."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)

"""The tests of one module, collected once; every fault is then tried in a fork of that process."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, Final

import pytest

from tests.mutation.operators import Fault
from tests.mutation.swap import swapped
from tests.mutation.targets import ROOT, TARGETS, module_name
from tests.mutation.trial import GRACE, QUIET, Trial, fork, imported_with, noticed, silence

OURS: Final = ("attention_core", "models", "pages", "tests", "app", "conftest")


@dataclass
class Baseline:
    """The tests of a module without a fault.

    failed     how many do not pass
    seconds    of each test
    lines      the tests that run each line of the module; a line that is run when something is
               imported belongs to no test
    libraries  the modules that were imported on the way, in order
    """

    failed: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[int, set[str]] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)

    def covering(self, lines: Iterable[int]) -> list[str]:
        """The tests that run one of these lines; file by file, the quickest of each first."""
        found = set[str]().union(*(self.lines.get(line, set()) for line in lines))
        return sorted(found, key=lambda name: (name.split("::")[0], self.seconds.get(name, 0.0)))


def survivors(path: str, faults: Sequence[Fault], at_once: int) -> list[Fault]:
    """The faults of a module that its tests do not notice.

    Each is put into the function in memory first, and its own tests are run; one that nobody
    noticed so, or that cannot be put there, is tried again with the module imported anew and all
    tests.
    """
    receiving, sending = fork.Pipe(duplex=False)
    process = fork.Process(target=_hosted, args=(path, faults, at_once, sending))
    process.start()
    sending.close()
    base, fell = receiving.recv()
    process.join()
    if base.failed:
        raise SystemExit(f"{base.failed} tests of {path} fail without a fault; mend them first.")
    left = [fault for fault, gone in zip(faults, fell, strict=True) if not gone]
    preload(base.libraries)
    limit = GRACE + 5 * sum(base.seconds.values())
    anew = [Trial(_anew(path, fault), limit) for fault in left]
    return [fault for fault, gone in zip(left, noticed(anew, at_once), strict=True) if not gone]


def preload(libraries: Iterable[str]) -> None:
    """Import what the tests need and is not ours, once for all trials."""
    for name in libraries:
        if name.split(".")[0] not in (*OURS, "__main__", "__mp_main__"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _anew(path: str, fault: Fault) -> Callable[[], bool]:
    return lambda: imported_with(module_name(path), fault.source, TARGETS[path])


def _hosted(path: str, faults: Sequence[Fault], at_once: int, sending: Connection) -> None:
    silence()
    pytest.main([*QUIET, *TARGETS[path]], plugins=[_Host(path, faults, at_once, sending)])
    os._exit(0)


class _Host:
    """A plugin of pytest that tries faults in place of running the tests once."""

    def __init__(
        self, path: str, faults: Sequence[Fault], at_once: int, sending: Connection
    ) -> None:
        self.path, self.faults, self.at_once, self.sending = path, faults, at_once, sending

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        base = self._baseline(session)
        fell = noticed([self._trial(session, base, fault) for fault in self.faults], self.at_once)
        self.sending.send((base, fell))
        return True

    def _baseline(self, session: pytest.Session) -> Baseline:
        receiving, sending = fork.Pipe(duplex=False)
        process = fork.Process(target=_observed, args=(self.path, session, sending))
        process.start()
        sending.close()
        made: Baseline = receiving.recv()
        process.join()
        return made

    def _trial(self, session: pytest.Session, base: Baseline, fault: Fault) -> Trial:
        before = ast.unparse(ast.parse((ROOT / self.path).read_text()))
        swap = swapped(sys.modules[module_name(self.path)], before, fault.source)
        names = base.covering(fault.lines)
        if swap is None or not names:
            return Trial(lambda: False, GRACE)  # left for when the module is imported anew

        def run(swap: Callable[[], None] = swap) -> bool:
            swap()
            items = {item.nodeid: item for item in session.items}
            return _failed(session, [items[name] for name in names]) > 0

        return Trial(run, GRACE + 5 * sum(base.seconds[name] for name in names))


def _failed(session: pytest.Session, items: Sequence[pytest.Item]) -> int:
    """How many tests fail, up to the first."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            break
    return session.testsfailed


def _observed(path: str, session: pytest.Session, sending: Connection) -> None:
    watch = _Watch(str(ROOT / path))
    session.config.pluginmanager.register(watch)
    watch.made.failed = _failed(session, session.items)
    watch.made.libraries = list(sys.modules)
    sending.send(watch.made)
    sending.close()
    os._exit(0)


class _Watch:
    """A plugin of pytest that notes which test runs which line of a file, and how long it takes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.made = Baseline(lines=defaultdict(set))
        self.test = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.test = item.nodeid
        began = time.perf_counter()
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            self.made.seconds[item.nodeid] = time.perf_counter() - began

    def _trace(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename != self.path:
            return None
        self.made.lines[frame.f_lineno].add(self.test)
        return self._trace

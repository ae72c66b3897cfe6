"""Code of ours in a process of its own, for work on what others made: with limits and an end.

An expression, a table or a picture that somebody else made may take any time and any memory, and
may end the process that reads it. A thread does not help: the libraries hold the interpreter
meanwhile. So the work is done next door, and what does not answer in time is ended.

What goes there and comes back is JSON and bytes (`wire`): nothing in an answer is ever run.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from attention_core.watching.capture import never
from models.work import wire

log = logging.getLogger("attention_atlas")

MEMORY: Final = 3 << 30
"""Bytes that such a process may take; the largest vocabularies in use take less than one GiB."""
STARTING: Final = 60.0
"""Seconds for which it may import its libraries, and read what it begins with; two are usual."""
LONGEST: Final = 512 << 20
"""Bytes of an answer that are read."""
TICK: Final = 0.05
"""Seconds between two looks at the clock, and at whether anybody still wants the answer."""
_ROOT: Final = str(Path(__file__).parents[2])
"""Where our packages are."""


class GivenUp(Exception):
    """The work took too long or too much, broke off, or is no longer wanted.

    reason    for the server's log
    answered  True where the program said itself that it cannot do it
    """

    def __init__(self, reason: str, answered: bool = False) -> None:
        self.reason = reason
        self.answered = answered
        super().__init__(reason)


class Purse:
    """Seconds that several questions have together: each takes what its answer took.

    left  of them; waiting for a turn costs nothing
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    @contextmanager
    def paying(self) -> Iterator[None]:
        """What the block takes is paid for."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.left -= time.monotonic() - began


class Answer(NamedTuple):
    """What came back: plain values, and bytes beside them."""

    said: Any
    parts: list[bytes]


class Apart:
    """A module that answers questions in a process of its own, one at a time.

    It is started with the first question, and again after an end. It ends when nobody holds this
    object any more.

    module   its `answering()` returns a function from a question and its bytes to an answer and
             its bytes
    opening  the first question each time it is started
    memory   bytes that it may take on top of its libraries, where the system can limit them
    """

    def __init__(
        self, module: str, opening: Mapping[str, Any] | None = None, memory: int = MEMORY
    ) -> None:
        self._module = module
        self._opening = opening
        self._memory = memory
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[Any, Any] | None = None

    def ask(
        self, question: Mapping[str, Any], seconds: float, parts: Sequence[bytes] = (),
        cancelled: Callable[[], bool] = never, purse: Purse | None = None,
    ) -> Answer:  # fmt: skip
        """The answer; raises GivenUp when there is none within so many seconds.

        cancelled  asked meanwhile; True ends the work
        purse      what the question may take at most beside that, and pays from
        """
        purse = purse or Purse(seconds)
        with self._turn:
            process = self._running()
            seconds = min(seconds, purse.left)
            if seconds <= 0:
                raise GivenUp("others before it have used up its time")
            with purse.paying(), _watched(process, seconds, cancelled):
                return _told(process, question, seconds, parts)

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Have it ready before the first question; raises GivenUp when it cannot be started."""
        with self._turn:
            self._running()

    def close(self) -> None:
        """End the process; a later question starts another one."""
        if self._end is not None:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or not self.running:
            self._process = self._started()
        return self._process

    def _started(self) -> subprocess.Popen[bytes]:
        paths = (_ROOT, os.environ.get("PYTHONPATH", ""))
        process = subprocess.Popen(  # noqa: S603  # no shell, and a program of ours
            [sys.executable, "-P", "-m", "models.work.served", str(self._memory), self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_SINGLE, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        self._end = weakref.finalize(self, _ended, process)
        try:
            with _watched(process, STARTING, never):
                _heard(process, STARTING)
                if self._opening is not None:
                    _told(process, self._opening, STARTING)
        except GivenUp:
            self._end()
            raise
        return process


_SINGLE: Final = {
    "TOKENIZERS_PARALLELISM": "false", "RUST_BACKTRACE": "0", "OMP_NUM_THREADS": "1",
}  # fmt: skip
"""One question at a time is worked on by one thread, whose memory is small."""


@contextmanager
def _watched(
    process: subprocess.Popen[bytes], seconds: float, cancelled: Callable[[], bool]
) -> Iterator[None]:
    """Ends a process when its time is over, or nobody wants the answer; not after the block."""
    over, until = threading.Event(), time.monotonic() + seconds

    def look() -> None:
        while not over.wait(TICK):
            if time.monotonic() > until or cancelled():
                process.kill()
                process.wait()
                return

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _told(
    process: subprocess.Popen[bytes], question: Mapping[str, Any], seconds: float,
    parts: Sequence[bytes] = (),
) -> Answer:  # fmt: skip
    """What a process answers to a question."""
    try:
        wire.write(_pipe(process.stdin), {"asked": [seconds, question]}, parts)
    except (OSError, ValueError):
        return _failed(process, seconds)
    return _heard(process, seconds)


def _heard(process: subprocess.Popen[bytes], seconds: float) -> Answer:
    """The next answer of a process, which is ended where there is none."""
    try:
        heard = wire.read(_pipe(process.stdout), LONGEST)
    except (OSError, ValueError):
        heard = None
    if heard is None:
        return _failed(process, seconds)
    found, parts = heard
    if "fault" in found:
        raise GivenUp(str(found["fault"]), answered=True)
    return Answer(found["answer"], parts)


def _failed(process: subprocess.Popen[bytes], seconds: float) -> Answer:
    _ended(process)
    raise GivenUp(f"it ended with {process.returncode} within {seconds} seconds")


def _pipe(pipe: Any) -> Any:
    if pipe is None:
        raise GivenUp("it could not be started")
    return pipe


def _ended(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it does, and wait until it is gone."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # a line that it will never read
                log.debug("A pipe was closed with something in it")
    process.wait()

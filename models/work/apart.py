"""A program of ours in a process of its own, for work on what others made: with limits and an end.

An expression, a table or a picture that somebody else made may take any time and any memory, and
may end the process that reads it. A thread does not help: the libraries hold the interpreter
meanwhile. So the work is done next door, and what does not answer in time is ended.

What goes there and comes back is JSON, one line each: nothing in an answer is ever run.

>>> next_door = Apart(Path(__file__).with_name("cutter.py"))
>>> next_door.ask({"cut": ["A text."]}, seconds=30)
Traceback (most recent call last):
models.work.apart.GivenUp: ValueError: there is no tokenizer yet
>>> next_door.close()
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

log = logging.getLogger("attention_atlas")

MEMORY: Final = 3 << 30
"""Bytes that such a process may take; the largest vocabularies in use take less than one GiB."""
STARTING: Final = 20.0
"""Seconds for which it may read what it begins with; a large vocabulary takes one or two."""
LONGEST: Final = 512 << 20
"""Bytes of an answer that is read."""


class GivenUp(Exception):
    """The work took too long or too much, or broke off.

    reason    for the server's log
    answered  True where the program said itself that it cannot do it
    """

    def __init__(self, reason: str, answered: bool = False) -> None:
        self.reason = reason
        self.answered = answered
        super().__init__(reason)


class Apart:
    """A program that answers questions in a process of its own, one at a time.

    It is started with the first question, and again after an end. `opening` is the first thing
    that it is told each time. It ends when nobody holds this object any more.

    program  a Python file that answers a line with a line, and imports nothing of ours
    memory   bytes that it may take, where the system can limit them
    """

    def __init__(
        self, program: Path, opening: Mapping[str, Any] | None = None, memory: int = MEMORY
    ) -> None:
        self._program = program
        self._opening = opening
        self._memory = memory
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[Any, Any] | None = None

    def ask(self, question: Mapping[str, Any], seconds: float) -> Any:
        """The answer; raises GivenUp when there is none within so many seconds."""
        with self._turn:
            if self._process is None or self._process.poll() is not None:
                self._start()
            return self._told(question, seconds)

    def close(self) -> None:
        """End the process; a later question starts another one."""
        if self._end is not None:
            self._end()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # no shell, and a program of ours
            [sys.executable, "-P", str(self._program), str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TOKENIZERS_PARALLELISM": "false", "RUST_BACKTRACE": "0"},
        )
        self._end = weakref.finalize(self, _ended, self._process)
        if self._opening is not None:
            self._told(self._opening, STARTING)

    def _told(self, question: Mapping[str, Any], seconds: float) -> Any:
        """One line there and one line back, or an end."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise GivenUp("it could not be started")
        watch = threading.Timer(seconds, process.kill)
        watch.daemon = True
        watch.start()
        try:
            line = json.dumps({"seconds": seconds, **question}).encode() + b"\n"
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline(LONGEST)
        except OSError:
            answer = b""
        finally:
            watch.cancel()
        if not answer.endswith(b"\n"):
            _ended(process)
            raise GivenUp(f"it ended with {process.returncode} within {seconds} seconds")
        found = json.loads(answer)
        if "fault" in found:
            raise GivenUp(str(found["fault"])[:500], answered=True)
        return found["answer"]


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

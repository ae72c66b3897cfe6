"""The program of a process with limits; see `apart`.

    python -m models.work.served MEMORY MODULE

It imports a module, says that it is there, and answers one question after another by the function
that `MODULE.answering()` returns, until there are no more. This file imports next to nothing, so
that how soon it is there is up to the module alone.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from models.work import wire

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

_GRACE: Final = 2
"""Seconds of processor time after its time is over; by then whoever asked has ended it."""
_LONGEST: Final = 1 << 30
"""Bytes of a question; whoever asks is one of us."""
_TOLD: Final = 4_000
"""Characters of a fault."""


def limited(memory: int) -> None:
    """Take no more bytes than these from now on, where the system can see to that."""
    if resource is None:
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_taken() + memory,) * 2)
    except (ValueError, OSError):
        return  # no such limit here, as on macOS; the time is limited all the same


def _taken() -> int:
    """Bytes of address space that the program and its libraries have by now."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def timed(seconds: float) -> None:
    """End by itself when this much processor time has gone, in case nobody is left to do it."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + _GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> None:
    """Answer until there are no more questions."""
    asked, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    answer = import_module(sys.argv[2]).answering()
    limited(int(sys.argv[1]))
    wire.write(told, {"answer": None})
    while (given := wire.read(asked, _LONGEST)) is not None:
        (seconds, question), parts = given[0]["asked"], given[1]
        timed(seconds)
        said: dict[str, Any]
        try:
            found, made = answer(question, parts)
            said = {"answer": found}
        except BaseException:  # noqa: BLE001  # what panics in a library is no Exception
            said, made = {"fault": traceback.format_exc()[-_TOLD:]}, []
        del given, parts
        wire.write(told, said, made)


if __name__ == "__main__":
    main()

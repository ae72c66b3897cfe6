"""What the server does for itself between readers: short collections, and memory given back.

Streamlit collects garbage after every run, and walking over PyTorch's objects would cost each click
60 to 230 ms of processor time. So what lives is taken out of the collector's sight every second, a
matter of moving one list. With it goes what is dead but tied in a knot: sessions that ended hold
their readings so. Once the memory has grown, or after some minutes, everything is looked through,
what is dead is freed, and the C library gives its pages back to the system.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import sys
import time
from pathlib import Path
from typing import Final

TIDYING: Final = 1.0
"""Seconds between two freezes of the heap."""
SPRING_CLEANING: Final = 600.0
"""Seconds between two full collections, whatever the memory does."""
GROWTH: Final = 256 << 20
"""Bytes by which the memory may grow between two full collections."""
_STATM: Final = Path("/proc/self/statm")


def held() -> int:
    """Bytes of memory that this process takes of the machine; 0 where the system does not say."""
    if not _STATM.exists():
        return 0
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def clean() -> None:
    """Frees all that nobody holds, and takes the rest out of the collector's sight."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim is not None:
            trim(0)


class Keeper:
    """Knows when it is time for a full collection."""

    def __init__(self) -> None:
        self._cleaned()

    def tidy(self) -> None:
        """One round: the short one, or the long one if it is due."""
        if held() > self.memory + GROWTH or time.monotonic() > self.moment + SPRING_CLEANING:
            clean()
            self._cleaned()
        else:
            gc.freeze()

    def _cleaned(self) -> None:
        self.memory, self.moment = held(), time.monotonic()


async def keep() -> None:
    """Keeps house until it is cancelled."""
    keeper = Keeper()
    while True:
        await asyncio.sleep(TIDYING)
        keeper.tidy()

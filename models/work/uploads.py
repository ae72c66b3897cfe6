"""Files that readers bring are read in a process of their own, with limits of time and memory.

Every file goes there, small ones too: what a file makes of a parser is not told by its length.
A process is started as soon as a page asks for a file, and kept; a small file then takes some
milliseconds more than here. Two readers' files are read at once, each reader's newest one first.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

from attention_core.errors import Superseded, TextError
from attention_core.files import plain
from attention_core.files.format import Reading, Table
from attention_core.files.pairs import Pairs
from attention_core.files.photograph import Photograph
from attention_core.files.plain import Opened, Told
from attention_core.files.sound import Sound
from attention_core.files.treebank import Treebank
from models.work.apart import Apart, GivenUp
from models.work.desk import Desk

log = logging.getLogger("attention_atlas")

SECONDS: Final = 20.0
"""For one file; the slowest of the largest ones takes three on one core."""
MEMORY: Final = 1 << 30
"""Bytes for one file, on top of the libraries."""
SEATS: Final = 2
"""Files that are read at the same time."""


class Uploads:
    """Where readers' files are read.

    module   what reads them, as `plain.answering` does
    """

    def __init__(self, module: str = plain.__name__) -> None:
        self._desk = Desk(SEATS)
        self._every = [Apart(module, memory=MEMORY) for _seat in range(SEATS)]
        self._idle = list(self._every)

    def attention(
        self, reader: Hashable, data: bytes, form: str, sources: bytes, cut: bool
    ) -> Opened:
        """A file of attention, as `plain.attention` reads it.

        reader  who asks; a newer file of the same reader takes this one's place

        Raises TextError with what is wrong with the file, or when it takes too long or too much;
        Superseded when a newer file has come.
        """
        return plain.attention(self._asked(reader), data, form, sources, cut)

    def pairs(
        self, reader: Hashable, form: str, files: Sequence[bytes | None], how: Reading
    ) -> Pairs:
        """A file of pairs, as `plain.pairs` reads it. Raises as `attention` does."""
        return plain.pairs(self._asked(reader), form, files, how)

    def table(self, reader: Hashable, form: str, data: bytes) -> Table:
        """A file of pairs before it is read, as `plain.table` sees it. Raises as `attention`."""
        return plain.table(self._asked(reader), form, data)

    def picture(self, reader: Hashable, data: bytes) -> Photograph:
        """A picture, as `plain.picture` opens it. Raises as `attention` does."""
        return plain.picture(self._asked(reader), data)

    def sound(self, reader: Hashable, data: bytes) -> Sound:
        """A sound, as `plain.heard` opens it. Raises as `attention` does."""
        return plain.heard(self._asked(reader), data)

    def trees(self, reader: Hashable, data: bytes) -> Treebank:
        """A treebank, as `plain.trees` reads it. Raises as `attention` does."""
        return plain.trees(self._asked(reader), data)

    def warm(self) -> None:
        """Have a process ready soon, if there is none; nobody waits for it."""
        if not any(one.running for one in self._every):
            threading.Thread(target=self._start, daemon=True).start()

    def close(self) -> None:
        """End the processes; a later file starts another one."""
        for apart in self._every:
            apart.close()

    def _start(self) -> None:
        try:
            self._every[-1].start()
        except GivenUp:  # whoever brings a file is told
            log.warning("No process could be started to read files", exc_info=True)

    def _asked(self, reader: Hashable) -> Callable[[Mapping[str, Any], list[bytes]], Told]:
        def ask(question: Mapping[str, Any], parts: list[bytes]) -> Told:
            return self._desk.run(reader, lambda gone: self._read(question, parts, gone))

        return ask

    def _read(
        self, question: Mapping[str, Any], parts: list[bytes], gone: Callable[[], bool]
    ) -> Told:
        apart = self._idle.pop()
        try:
            return apart.ask(question, SECONDS, parts, gone)
        except GivenUp as fault:
            if gone():
                raise Superseded from fault
            log.warning("A reader's file was given up: %s", fault.reason)
            raise TextError(
                "This file cannot be read: reading it breaks off, or needs more than {seconds} "
                "seconds or {memory} GiB of memory, and was stopped. Take a part of the file, or "
                "save it in another format.",
                seconds=round(SECONDS),
                memory=MEMORY >> 30,
            ) from fault
        finally:
            self._idle.append(apart)


UPLOADS: Final = Uploads()

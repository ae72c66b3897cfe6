"""Every parser of what readers bring, with a file that it reads, and what it must not do."""

from __future__ import annotations

import random
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from attention_core.errors import AttentionError
from attention_core.files import corpus, reading, registry
from attention_core.files.format import Reading
from tests.foreign_files import EXAMPLES

SECONDS: Final = 5.0
"""Of processor time, for one file of at most 200,000 bytes."""
MEMORY: Final = 1 << 30
PAIRS: Final[dict[str, tuple[bytes, ...]]] = {
    "table": (b"source\ttarget\tlinks\nthe house\tdas Haus\t0-0 1-1\na\tb\t\n",),
    "json": (
        b'{"src": ["the", "house"], "tgt": ["das", "Haus"], "sure": [[0, 0]], "possible": []}\n',
    ),
    "texts": (b"the house\na\n",),
    "naacl": (b"<s snum=0001> the house </s>\n<s snum=0002> a </s>\n",),
    "tmx": (
        b'<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body><tu>'
        b'<tuv xml:lang="en"><seg>the house</seg></tuv><tuv xml:lang="de"><seg>das <bpt i="1"/>Haus'
        b"</seg></tuv></tu></body></tmx>",
    ),
}
GOLD: Final = {"naacl": b"0001 1 1 S\n0001 2 2 P\n0002 1 1 S\n"}
"""Links of two pairs, where a format does not write them as 0-0."""


def _links(form: str) -> bytes:
    return GOLD.get(form, b"0-0 1p1\n0-0\n")


def _attention(form: str) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        return [reading.record(one) for one in reading.read(data, form, cut=True)]

    return parse


def _pairs(form: str, place: int, parts: int) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        given = [b"the house\na\n", b"das Haus\nb\n", _links(form)][:parts]
        files: list[bytes | None] = [*given]
        files[place] = data
        looked = registry.pairs()[form].table
        if looked is not None:
            looked(data)
        return corpus.read(form, files, Reading(cut=True))

    return parse


def _recognised(data: bytes) -> object:
    return reading.recognised(data)


PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    **{name: _attention(name) for name, one in registry.attention().items() if one.read},
    **{
        f"{name} {part.name}": _pairs(name, place, len(one.parts))
        for name, one in registry.pairs().items()
        if one.read
        for place, part in enumerate(one.parts)
    },
    "recognised": _recognised,
}


def example(name: str, chance: random.Random) -> bytes:
    """A file that this parser reads."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    form, _, part = name.partition(" ")
    if part == "gold":
        return _links(form)
    return chance.choice(PAIRS.get(form) or tuple(EXAMPLES.values()))


def fault(name: str, data: bytes) -> str | None:
    """What this parser does with the file that it must not; None where it does as it should."""
    began = time.process_time()
    try:
        with _ended_after(2 * SECONDS):
            PARSERS[name](data)
    except AttentionError as problem:
        if "{" in str(problem) and "{" not in repr(data):
            return f"a sentence with a gap: {problem}"
    except BaseException as wrong:  # noqa: BLE001  # whatever else it is, is the finding
        frames = traceback.extract_tb(wrong.__traceback__)[-3:]
        where = " < ".join(f"{one.name}:{one.lineno}" for one in reversed(frames))
        return f"{type(wrong).__name__} in {where}\n{str(wrong)[:200]}"
    taken = time.process_time() - began
    return f"it takes more than {SECONDS} seconds ({taken:.1f})" if taken > SECONDS else None


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)

"""A small fixed set of damaged files: for each parser the smallest found for each thing it says.

`python -m tests.fuzz --keep` looks for them anew; tests/test_fuzz.py tries them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

from attention_core.errors import AttentionError
from tests.fuzz.parsers import PARSERS

FILE: Final = Path(__file__).parent / "cases.jsonl"
MOST: Final = 1_000
"""Bytes of a file that is kept."""
TRIED: Final = 2_000
"""Bytes of a file that is cut down."""


class Case(NamedTuple):
    """A file for a parser, and whether it is read; otherwise it is refused in a sentence."""

    parser: str
    data: bytes
    read: bool


def cases() -> list[Case]:
    """Those that are kept."""
    rows = map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    return [Case(row["parser"], row["data"].encode("latin-1"), row["read"]) for row in rows]


def said(parser: str, data: bytes) -> str:
    """The template of a refusal, "" where a file is read."""
    try:
        PARSERS[parser](data)
    except AttentionError as problem:
        return problem.sentence
    return ""


class Found:
    """The smallest file for each thing that a parser says."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], bytes] = {}

    def add(self, parser: str, data: bytes) -> None:
        """A file that the parser did with as it should."""
        what = parser, said(parser, data)
        if len(data) < len(self._files.get(what, data + b" ")):
            self._files[what] = data

    def keep(self) -> int:
        """Write them, each cut down as far as the same is said of it; how many there are."""
        small = ((parser, what, _cut(parser, what, data))
                 for (parser, what), data in sorted(self._files.items())
                 if len(data) <= TRIED)  # fmt: skip
        rows = [
            json.dumps({"parser": parser, "read": not what, "data": data.decode("latin-1")})
            for parser, what, data in small
            if len(data) <= MOST
        ]
        FILE.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return len(rows)


def _cut(parser: str, what: str, data: bytes) -> bytes:
    """The file without whatever can be left out."""
    step = len(data) // 2
    while step:
        start = 0
        while start < len(data):
            less = data[:start] + data[start + step :]
            if said(parser, less) == what:
                data = less
            else:
                start += step
        step //= 2
    return data

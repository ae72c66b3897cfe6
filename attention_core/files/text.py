"""The text of a file, whatever system wrote it.

>>> decoded(b"\\xff\\xfea\\x00")
'a'
>>> lines_of("one\\r\\ntwo\\rthree\\n")
['one', 'two', 'three']
>>> words_of("10\\u00a0000  euros")
['10\\xa0000', 'euros']
"""

from __future__ import annotations

import re
from typing import Final

from attention_core.errors import TextError

_LINE_END: Final = re.compile(r"\r\n?")
_BLANK: Final = re.compile(r"[ \t\r\n]+")
LOOKED_AT: Final = 100_000
"""Bytes at the beginning of a file that a format may look at to recognise it."""


def decoded(data: bytes) -> str:
    """Spreadsheets write UTF-16 with a mark in front; everything else is UTF-8.

    Raises TextError, with the place, for bytes that are neither.
    """
    try:
        return data.decode(_coding(data))
    except UnicodeDecodeError as fault:
        raise TextError(
            "Byte {place} of this file is not UTF-8 text; save it as UTF-8, or choose its format.",
            place=fault.start + 1,
        ) from fault


def beginning(data: bytes, lines: int = 40) -> list[str]:
    """The first lines with something on them, of the first LOOKED_AT bytes, whatever they are."""
    head = data[:LOOKED_AT].decode(_coding(data), "replace")
    return [line for line in lines_of(head) if line.strip()][:lines]


def _coding(data: bytes) -> str:
    return "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def lines_of(text: str) -> list[str]:
    """The lines of a file, whatever system wrote it; a last line feed begins no further line."""
    rows = _LINE_END.sub("\n", text.removeprefix("\ufeff")).split("\n")
    return rows if rows[-1] else rows[:-1]


def words_of(row: str) -> list[str]:
    """What blanks and tabs separate, as aligners cut words; other spaces stay inside them."""
    return [word for word in _BLANK.split(row) if word]

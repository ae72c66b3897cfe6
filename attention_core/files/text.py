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
from functools import lru_cache
from typing import Final

from attention_core.errors import TextError
from attention_core.files.coding import CHOSEN, LOOKED_AT, coding
from attention_core.watching.record import Note

_LINE_END: Final = re.compile(r"\r\n?")
_BLANK: Final = re.compile(r"[ \t\r\n]+")


def decoded(data: bytes) -> str:
    """The text in the coding that `coding` finds. Raises TextError, with the line."""
    try:
        return data.decode(coding(data).codec)
    except UnicodeDecodeError as fault:
        raise TextError(
            "This file ends in the middle of a character; it was cut off. Give it whole."
        ) from fault


def assumed(data: bytes) -> Note | None:
    """What is to be said of a text whose coding nothing but its letters tells."""
    known = coding(data)
    if known.certain:
        return None
    return Note(
        "This file is not marked as UTF-8; its letters were read as {coding}. If they look wrong, "
        "choose another coding, or save the file as UTF-8.",
        coding=known.title,
    )


def doubtful(data: bytes) -> bool:
    """Whether nothing but its letters tells the coding of a text, or not even these."""
    try:
        return not coding(data).certain
    except TextError:
        return True


def recoded(data: bytes, codec: str) -> bytes:
    """A text in UTF-8 that is in a coding of `CHOSEN`. Raises TextError where it is in another."""
    try:
        return data.decode(codec).encode()
    except UnicodeDecodeError as fault:
        raise TextError(
            "Line {line} of this file is not {coding} text; choose another coding.",
            line=data.count(b"\n", 0, fault.start) + 1, coding=CHOSEN[codec],
        ) from fault  # fmt: skip


def beginning(data: bytes, lines: int = 40) -> list[str]:
    """The first lines with something on them, of the first LOOKED_AT bytes, whatever they are."""
    return _beginning(data[:LOOKED_AT])[:lines]


@lru_cache(maxsize=1)
def _beginning(head: bytes) -> list[str]:
    """Every format is asked about one file, so it is taken apart once."""
    try:
        text = head.decode(coding(head).codec, "ignore")
    except TextError:
        text = head.decode("latin-1")
    return [line for line in lines_of(text) if line.strip()]


def lines_of(text: str) -> list[str]:
    """The lines of a file, whatever system wrote it; a last line feed begins no further line."""
    rows = _LINE_END.sub("\n", text.removeprefix("\ufeff")).split("\n")
    return rows if rows[-1] else rows[:-1]


def words_of(row: str) -> list[str]:
    """What blanks and tabs separate, as aligners cut words; other spaces stay inside them."""
    return [word for word in _BLANK.split(row) if word]

"""Ways to damage a file: small ones, as disks and editors make them, and mean ones."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from typing import Final

MEAN: Final = (
    b"NaN", b"-Infinity", b"1e999", b"-1", b"0", b"9" * 40, b"18446744073709551616", b"null",
    b"[" * 300,
    b"{" * 300, b'"', b"\\", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n\n", b"\t" * 50,
    b",",
    b";" * 30, b"|||", b"||| ||| |||", b"0-0", b"99999999-0", b"-1-2", b"1-", b"0-0:1",
    b"\xe2\x80\xa8", "\u202e".encode(),
    "é".encode("latin-1"), "我".encode("gb18030"), b"a" * 5000, b"(10000000000,)", b"'descr': '|O'",
    b"<!DOCTYPE a [<!ENTITY b 'b'>]>", b"&b;", b"</tu>", b"=cmd()", b"%s%n", b"__import__('os')",
)  # fmt: skip
"""What is put into files: large numbers, signs of the formats, other codings, other programs."""
LONGEST: Final = 200_000
"""Bytes of a damaged file; longer ones are cut."""


def damaged(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """The file with one to eight damages; `other` is another file, to take pieces of."""
    if data.startswith(b"PK") and chance.random() < 0.7:
        return _archive(data, other, chance)
    for _time in range(chance.randint(1, 8)):
        data = chance.choice(WAYS)(data, other, chance)[:LONGEST]
    return data


def _archive(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """An archive whose parts are damaged, and which is itself none the worse."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if chance.random() < 0.6:
                part = chance.choice(WAYS)(part, other, chance)
            if chance.random() < 0.9:
                new.writestr(name, part)
    return made.getvalue()


def _flip(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    if made:
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def _drop(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randint(0, len(data)) for _ in range(2))
    return data[:start] + data[end:]


def _repeat(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randint(0, len(data)) for _ in range(2))
    return data[:end] + data[start:end] * chance.choice((1, 2, 50, 2000)) + data[end:]


def _put(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(data))
    return data[:place] + chance.choice(MEAN) + data[place:]


def _replace(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + chance.choice(MEAN) + data[start + chance.randint(1, 4) :]


def _splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _lines(data: bytes, _other: bytes, chance: random.Random) -> bytes:
    rows = data.split(b"\n")
    chance.shuffle(rows)
    return b"\n".join(rows)


WAYS: Final[tuple[Callable[[bytes, bytes, random.Random], bytes], ...]] = (
    _flip, _drop, _repeat, _put, _replace, _splice, _lines,
)  # fmt: skip

"""Attention written by other programs, made into records that every page can draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from attention_core.errors import TextError
from attention_core.files.imports.sentence import Imported, axis, imported, record
from attention_core.files.imports.tables import from_csv, from_npz
from attention_core.files.imports.translators import from_marian, from_nematus, from_opennmt

Format = Literal["csv", "npz", "marian", "opennmt", "nematus"]
FORMATS: Final[tuple[Format, ...]] = ("csv", "npz", "marian", "opennmt", "nematus")
MOST_BYTES: Final = 20_000_000
"""Of one file."""
MOST_WEIGHTS: Final = 10_000_000
"""Of one file: 40 MB in memory."""


def read(data: bytes, form: Format, sources: str = "") -> list[Imported]:
    """Every sentence of a file with its attention; `form` may come from `detected`.

    sources  the sentences that were translated, a line each, for Marian, whose files lack them

    Raises TextError, with the line or the sentence, for whatever is not as the format needs it.
    """
    if max(len(data), len(sources)) > MOST_BYTES:
        raise TextError(
            "This file has {size} MB; at most {most} MB can be read. Take a part of it.",
            size=max(len(data), len(sources)) // 1_000_000, most=MOST_BYTES // 1_000_000,
        )  # fmt: skip
    found, weights = list[Imported](), 0
    for sentence in _sentences(data, form, sources):
        weights += sentence.weights.size
        if weights > MOST_WEIGHTS:
            raise TextError(
                "The first {sentences} sentences of this file have {weights} weights; at most "
                "{most} can be held. Take a part of the file.",
                sentences=sentence.number, weights=weights, most=MOST_WEIGHTS,
            )  # fmt: skip
        found.append(sentence)
    if not found:
        raise TextError("There is no attention in this file; choose its format, or another file.")
    return found


def _sentences(data: bytes, form: Format, sources: str) -> Iterator[Imported]:
    if form == "npz":
        return from_npz(data, MOST_BYTES)
    if form == "marian":
        return from_marian(_text(data), sources)
    readers = {"csv": from_csv, "opennmt": from_opennmt, "nematus": from_nematus}
    return readers[form](_text(data))


def _text(data: bytes) -> str:
    """Spreadsheets write UTF-16 with a mark in front; everything else is UTF-8."""
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(coding)
    except UnicodeDecodeError as fault:
        raise TextError(
            "Byte {place} of this file is not UTF-8 text; save it as UTF-8, or choose its format.",
            place=fault.start + 1,
        ) from fault


def detected(data: bytes) -> Format:
    """The format that a file looks like; a table where nothing speaks for another one."""
    if data.startswith(b"PK"):
        return "npz"
    head = data[:100_000].decode("utf-8", "replace")
    lines = [line for line in head.splitlines() if line.strip()][:40]
    if lines and "|||" in lines[0]:
        alone = len(lines) > 1 and "|||" not in lines[1]
        return "nematus" if alone and lines[0].count("|||") >= 3 else "marian"
    table = any(line.startswith((" " * 11, "SENT ")) or "INFO]" in line for line in lines)
    return "opennmt" if table else "csv"


__all__ = [
    "FORMATS",
    "MOST_BYTES",
    "MOST_WEIGHTS",
    "Format",
    "Imported",
    "axis",
    "detected",
    "from_csv",
    "from_marian",
    "from_nematus",
    "from_npz",
    "from_opennmt",
    "imported",
    "read",
    "record",
]

"""Pairs of sentences out of files: tables, texts side by side, and links that people set."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from attention_core.errors import TextError, TooLong
from attention_core.files.pharaoh import lines_of
from attention_core.numbers.alignment import AlignedPair, Direction, golds, json_pairs
from models.ours.translator import gold
from models.ours.translator.corpus import CLASSROOM, classroom

Row = TypeVar("Row")
MOST: Final = 10_000
"""Pairs of one file that are read."""
MOST_BYTES: Final = 20_000_000
"""Of one file."""
HEADER: Final = frozenset({
    "source", "target", "src", "tgt", "original", "sentence", "translation",
    "en", "fr", "zh", "de", "es", "it", "eng", "fra", "cmn", "deu", "spa", "ita", "zh_hans",
    "english", "french", "chinese", "german", "spanish", "italian",
})  # fmt: skip
"""What names a column."""
_LINKS: Final = re.compile(r"\s*(?:\d{1,6}[-p?]\d{1,6}\s*)*", re.ASCII)


@dataclass(frozen=True)
class Pair:
    """One row of a file as it was, readable or not; `aligned` where people linked its words."""

    source: str
    target: str
    aligned: AlignedPair | None = None


@dataclass(frozen=True)
class Pairs:
    """The rows of a file, in order."""

    rows: tuple[Pair, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def linked(self) -> int:
        """Rows with links that people set."""
        return sum(pair.aligned is not None for pair in self.rows)

    @cached_property
    def key(self) -> str:
        """The same for the same pairs, whoever uploads them."""
        digest = hashlib.sha256()
        for pair in self.rows:
            links = pair.aligned and (sorted(pair.aligned.gold.sure), sorted(pair.aligned.gold[1]))
            digest.update(repr((pair.source, pair.target, pair.aligned and pair.aligned[:2], links))
                          .encode("utf-8", "replace"))  # fmt: skip
        return digest.hexdigest()[:20]


def from_table(
    data: bytes, cut: bool = False, first: int = 0, direction: Direction = "source-target"
) -> Pairs:
    """Lines of source, tab, target and, where there are, tab, links in the Pharaoh format.

    A first line that names the columns is passed over; further columns are left out.

    cut    True reads the first MOST lines of a longer file
    first  the number that the links give to a sentence's first word, 0 or 1

    Raises TextError for what is no such table, TooLong for one with too many lines.
    """
    rows = [line.split("\t") for line in _trimmed(_lines(data))]
    headed = bool(rows) and all(cell.strip().lower() in HEADER for cell in rows[0][:2])
    if not any(len(row) > 1 for row in rows):
        raise TextError(
            "No line of this file has a tab; each line needs a sentence, a tab and its "
            "translation. For two files, give one for each language."
        )
    rows = _few(rows, cut, headed)
    links = [row[2] if len(row) > 2 else "" for row in rows[headed:]]
    texts = [(row[0], row[1] if len(row) > 1 else "") for row in rows[headed:]]
    if not any(map(str.strip, links)) or not all(map(_LINKS.fullmatch, links)):
        return _unlinked(texts)
    return _linked(texts, "\n" * headed + "\n".join(links), first, direction, headed)


def from_texts(
    source: bytes,
    target: bytes,
    links: bytes | None = None,
    cut: bool = False,
    first: int = 0,
    direction: Direction = "source-target",
) -> Pairs:
    """Two files side by side, a sentence a line, and perhaps a third with Pharaoh links.

    Raises TextError when they have unequal numbers of lines, TooLong when there are too many.
    """
    left, right = _lines(source), _lines(target)
    left, right = _trimmed(left, len(right)), _trimmed(right, len(left))
    if len(left) != len(right):
        raise TextError(
            "The first file has {sources:,} lines but the second {targets:,}; line by line they "
            "must be translations of each other.",
            sources=len(left), targets=len(right),
        )  # fmt: skip
    texts = _few(list(zip(left, right, strict=True)), cut)
    if links is None:
        return _unlinked(texts)
    marked = _trimmed(_lines(links), len(left))
    if len(texts) < len(left):
        marked = marked[: len(texts)]
    return _linked(texts, "\n".join(marked), first, direction)


def from_json(data: bytes, cut: bool = False) -> Pairs:
    """JSON lines with src, tgt, sure and possible, and perhaps raw; raises like `from_table`."""
    return aligned(json_pairs("\n".join(_few(_lines(data), cut))))


def aligned(found: Iterable[AlignedPair]) -> Pairs:
    """Pairs that people linked; where the file lacks their texts, words with spaces between."""
    return Pairs(
        tuple(
            Pair(*(pair.texts or (" ".join(pair.source), " ".join(pair.target))), pair)
            for pair in found
        )
    )


def ready_classroom(source: str, target: str) -> Pairs | None:
    """Our own lines for two languages (ISO 639-1), None where we have none."""
    names = (f"classroom.{source}-{target}.tsv", f"classroom.{target}-{source}.tsv")
    if not any((CLASSROOM / name).is_file() for name in names):
        return None
    return Pairs(tuple(Pair(*pair) for pair in classroom(source, target)))


def ready_gold(source: str, target: str) -> Pairs | None:
    """Our own pairs with links for two languages (ISO 639-1), None where we have none."""
    found = gold.own(source, target)
    return aligned(found) if found else None


def _unlinked(texts: Sequence[tuple[str, str]]) -> Pairs:
    return Pairs(tuple(Pair(source.strip(), target.strip()) for source, target in texts))


def _linked(
    texts: Sequence[tuple[str, str]], links: str, first: int, direction: Direction, headed: int = 0
) -> Pairs:
    """Words are what spaces separate; a line that stands for a header has none."""
    words = [(tuple(source.split()), tuple(target.split())) for source, target in texts]
    sizes = [*[(0, 0)] * headed, *((len(source), len(target)) for source, target in words)]
    found = golds(links + "\n", first, direction, sizes)[headed:]
    return Pairs(
        tuple(
            Pair(source.strip(), target.strip(), AlignedPair(*pair, gold, (source, target)))
            for (source, target), pair, gold in zip(texts, words, found, strict=True)
        )
    )


def _few(rows: list[Row], cut: bool, headed: int = 0) -> list[Row]:
    """At most MOST rows; raises TooLong when there are more and nobody agreed to a part."""
    if len(rows) - headed > MOST and not cut:
        raise TooLong(
            "This file has {pairs:,} pairs; at most {most:,} are read at a time. "
            "Split it, or read only its beginning.",
            pairs=len(rows) - headed, most=MOST,
        )  # fmt: skip
    return rows[: MOST + headed]


def _lines(data: bytes) -> list[str]:
    """The lines of a text in UTF-8."""
    if len(data) > MOST_BYTES:
        raise TextError(
            "This file has {size} MB; at most {most} MB are read. Take a part of it.",
            size=len(data) // 1_000_000, most=MOST_BYTES // 1_000_000,
        )  # fmt: skip
    try:
        lines = lines_of(data.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        raise TextError(
            "Line {line} of this file is not UTF-8 text; save the file as UTF-8.",
            line=data.count(b"\n", 0, fault.start) + 1,
        ) from fault
    if not any(map(str.strip, lines)):
        raise TextError("This file is empty; it needs at least one pair of sentences.")
    return lines


def _trimmed(lines: list[str], least: int = 0) -> list[str]:
    """The lines without empty ones at the end, as far as more than `least` are left."""
    count = len(lines)
    while count > least and not lines[count - 1].strip():
        count -= 1
    return lines[:count]

"""Pairs of sentences out of files, and what every format of them shares.

>>> found = unlinked([("the cat ", "le chat")])
>>> found.rows[0].source, len(found), found.linked
('the cat', 1, 0)
>>> lines(b"one\\n\\n\\n"), trimmed(["one", "", ""])
(['one', '', ''], ['one'])
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from attention_core.errors import TextError, TooLong
from attention_core.files.text import decoded, lines_of
from attention_core.numbers.alignment.links import AlignedPair
from attention_core.watching.record import Note

Row = TypeVar("Row")
MOST: Final = 10_000
"""Pairs of one file that are read."""
MOST_BYTES: Final = 20_000_000
"""Of one file."""


@dataclass(frozen=True)
class Pair:
    """One row of a file as it was, readable or not; `aligned` where people linked its words."""

    source: str
    target: str
    aligned: AlignedPair | None = None


@dataclass(frozen=True)
class Pairs:
    """The rows of a file, in order, and what is to be said of it."""

    rows: tuple[Pair, ...]
    notes: tuple[Note, ...] = ()

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


def aligned(found: Iterable[AlignedPair]) -> Pairs:
    """Pairs that people linked; where the file lacks their texts, words with spaces between."""
    return Pairs(
        tuple(
            Pair(*(pair.texts or (" ".join(pair.source), " ".join(pair.target))), pair)
            for pair in found
        )
    )


def unlinked(texts: Sequence[tuple[str, str]]) -> Pairs:
    """Pairs whose words nobody linked."""
    return Pairs(tuple(Pair(source.strip(), target.strip()) for source, target in texts))


def few(rows: list[Row], cut: bool, headed: int = 0) -> list[Row]:
    """At most MOST rows; raises TooLong when there are more and nobody agreed to a part."""
    if len(rows) - headed > MOST and not cut:
        raise TooLong(
            "This file has {pairs:,} pairs; at most {most:,} are read at a time. "
            "Split it, or read only its beginning.",
            pairs=len(rows) - headed, most=MOST,
        )  # fmt: skip
    return rows[: MOST + headed]


def lines(data: bytes) -> list[str]:
    """The lines of a text. Raises TextError where it is too long, empty, or in no known coding."""
    if len(data) > MOST_BYTES:
        raise TextError(
            "This file has {size} MB; at most {most} MB are read. Take a part of it.",
            size=len(data) // 1_000_000, most=MOST_BYTES // 1_000_000,
        )  # fmt: skip
    found = lines_of(decoded(data))
    if not any(map(str.strip, found)):
        raise TextError("This file is empty; it needs at least one pair of sentences.")
    return found


def trimmed(rows: list[str], least: int = 0) -> list[str]:
    """The lines without empty ones at the end, as far as more than `least` are left."""
    count = len(rows)
    while count > least and not rows[count - 1].strip():
        count -= 1
    return rows[:count]

"""Pairs as one table: sentence, tab, translation, and perhaps a tab and links.

>>> found = from_table(b"the cat\\tle chat\\t0-0 1-1\\nyes\\toui\\t0-0\\n")
>>> len(found), found.linked
(2, 2)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from attention_core.errors import TextError
from attention_core.files.format import PairsFormat, Part, Reading
from attention_core.files.formats.pharaoh import linked
from attention_core.files.pairs import Pairs, few, lines, trimmed, unlinked
from attention_core.files.text import beginning
from attention_core.marking import N_
from attention_core.numbers.alignment.links import Direction

ENDINGS: Final = ("tsv", "txt", "csv")
HEADER: Final = frozenset({
    "source", "target", "src", "tgt", "original", "sentence", "translation",
    "en", "fr", "zh", "de", "es", "it", "eng", "fra", "cmn", "deu", "spa", "ita", "zh_hans",
    "english", "french", "chinese", "german", "spanish", "italian",
})  # fmt: skip
"""What names a column."""
_LINKS: Final = re.compile(r"\s*(?:\d{1,6}[-p?]\d{1,6}\s*)*", re.ASCII)


def recognised(data: bytes) -> bool:
    """Two or three cells with a tab between on most of its first lines, none of them a number."""
    rows = [row.split("\t") for row in beginning(data)]
    pairs = [row for row in rows if len(row) > 1 and all(map(_is_text, row[:2]))]
    return len(pairs) * 2 > len(rows)


def _is_text(cell: str) -> bool:
    return any(letter.isalpha() for letter in cell)


def from_table(
    data: bytes, cut: bool = False, first: int = 0, direction: Direction = "source-target"
) -> Pairs:
    """Lines of source, tab, target and, where there are, tab, links in the Pharaoh format.

    A first line that names the columns is passed over; further columns are left out.

    cut    True reads the first MOST lines of a longer file
    first  the number that the links give to a sentence's first word, 0 or 1

    Raises TextError for what is no such table, TooLong for one with too many lines.
    """
    rows = [line.split("\t") for line in trimmed(lines(data))]
    headed = bool(rows) and all(cell.strip().lower() in HEADER for cell in rows[0][:2])
    if not any(len(row) > 1 for row in rows):
        raise TextError(
            "No line of this file has a tab; each line needs a sentence, a tab and its "
            "translation. For two files, give one for each language."
        )
    rows = few(rows, cut, headed)
    links = [row[2] if len(row) > 2 else "" for row in rows[headed:]]
    texts = [(row[0], row[1] if len(row) > 1 else "") for row in rows[headed:]]
    if not any(map(str.strip, links)) or not all(map(_LINKS.fullmatch, links)):
        return unlinked(texts)
    return linked(texts, "\n" * headed + "\n".join(links), first, direction, headed)


def _read(files: Sequence[bytes | None], how: Reading) -> Pairs:
    return from_table(files[0] or b"", *how)


FORMAT: Final = PairsFormat(
    name="table",
    title=N_("one table"),
    endings=ENDINGS,
    looks=N_(
        "UTF-8; on each line a sentence, a tab, its translation, and perhaps a tab and links such "
        "as 0-0 1-2 3p3."
    ),
    recognise=recognised,
    parts=(Part("file", N_("File of pairs"), ENDINGS),),
    read=_read,
)

"""What Marian prints: the translation, ||| and its soft or hard alignment.

>>> (found,) = from_marian("das Haus ||| 0.9,0.05,0.05 0.1,0.8,0.1 0.0,0.1,0.9", "the house")
>>> found.source, found.target
(('the', 'house', '</s>'), ('das', 'Haus', '</s>'))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attention_core.errors import TextError
from attention_core.files.aligned_lines import Line, sentences
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import Imported
from attention_core.files.text import beginning, decoded, lines_of, words_of
from attention_core.marking import N_

_PLACE: Final = re.compile(r"\d{1,9}", re.ASCII)
_CELLS: Final = re.compile(
    r"\|\|\| *(?:\d{1,6}-\d{1,6}|[\d.eE+-]+(?:,[\d.eE+-]+)*)(?: |$)", re.ASCII
)
SCORED: Final = re.compile(r"\s*-?\d{1,9}\.\d{6} \|\|\|[^|]*", re.ASCII)
"""A line of marian-scorer: a score stands where marian-decoder writes the translation."""


def recognised(data: bytes) -> bool:
    """A line with links or with numbers after |||, and ||| on the line after it."""
    rows = beginning(data)
    divided = bool(rows) and all("|||" in row for row in rows[:2])
    scored = all(map(SCORED.fullmatch, rows))
    return divided and not scored and any(_CELLS.search(row) for row in rows)


def from_marian(text: str, sources: str = "") -> Iterator[Imported]:
    """What `marian-decoder --alignment soft` (or `hard`) prints.

        das Haus ||| 0.9,0.05,0.05 0.1,0.8,0.1 0.0,0.1,0.9       soft: a word = commas between
        das Haus ||| 0-0 1-1 2-2                                 hard: source-target, from 0
        0 ||| das Haus ||| 0-0 1-1 2-2 ||| F0= -1.2 ||| -1.2     with --n-best

    Weights hold the end of both sentences after their words. The source words are not in the file:
    `sources` are the lines that Marian read; without them they are numbered. Hard links become
    equal weights.

    Source: src/translator/output_printer.h and src/data/alignment.cpp of
    https://github.com/marian-nmt/marian-dev
    """
    rows = enumerate(lines_of(text), 1)
    return sentences((_marian(row, line) for line, row in rows if row.strip()), sources)


def _marian(row: str, line: int) -> Line:
    fields = [part.strip(" \t") for part in row.split("|||")]
    if len(fields) >= 4 and _PLACE.fullmatch(fields[0]):
        return Line(line, int(fields[0]), words_of(fields[1]), words_of(fields[2]))
    if len(fields) >= 2:
        return Line(line, line - 1, words_of(fields[0]), words_of(fields[1]))
    raise TextError(
        "Line {line} has no “|||”; Marian writes the translation, ||| and the weights when it "
        "runs with --alignment soft.",
        line=line,
    )


FORMAT: Final = AttentionFormat(
    name="marian",
    title="Marian",
    endings=("txt", "out"),
    looks=N_(
        "What marian-decoder --alignment soft (or hard) prints: the translation, ||| and the "
        "weights. The file that was translated can be added."
    ),
    recognise=recognised,
    read=lambda data, sources: from_marian(decoded(data), sources),
    lacks_sources=True,
)

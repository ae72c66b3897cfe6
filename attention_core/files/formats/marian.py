"""What Marian prints: the translation, ||| and its soft or hard alignment.

>>> (found,) = from_marian("das Haus ||| 0.9,0.05,0.05 0.1,0.8,0.1 0.0,0.1,0.9", "the house")
>>> found.source, found.target
(('the', 'house', '</s>'), ('das', 'Haus', '</s>'))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.cells import named, numbers, stacked
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import Imported, check_size, imported
from attention_core.files.text import beginning, decoded, lines_of, words_of
from attention_core.marking import N_
from attention_core.watching.record import Note

_LINK: Final = re.compile(r"(\d{1,6})-(\d{1,6})", re.ASCII)
_PLACE: Final = re.compile(r"\d{1,9}", re.ASCII)
_CELLS: Final = re.compile(
    r"\|\|\| *(?:\d{1,6}-\d{1,6}|[\d.eE+-]+(?:,[\d.eE+-]+)*)(?: |$)", re.ASCII
)


def recognised(data: bytes) -> bool:
    """A line with links or with numbers after |||, and ||| on the line after it."""
    rows = beginning(data)
    divided = bool(rows) and all("|||" in row for row in rows[:2])
    return divided and any(_CELLS.search(row) for row in rows)


class _Line(NamedTuple):
    """A line of Marian: its number, the place of its source, its words, its weights or links."""

    line: int
    place: int
    words: list[str]
    cells: list[str]


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
    rows = lines_of(text)
    lines = [_marian(row, line) for line, row in enumerate(rows, 1) if row.strip()]
    needed = 1 + max((line.place for line in lines), default=-1)
    spoken = [words_of(line) for line in lines_of(sources)]
    while len(spoken) > needed and not spoken[-1]:
        del spoken[-1]
    if spoken and len(spoken) != needed:
        raise TextError(
            "The source file has {sources} lines but the attention is of {sentences} sentences; "
            "give the file that was translated.",
            sources=len(spoken), sentences=needed,
        )  # fmt: skip
    for number, line in enumerate(lines, 1):
        yield _marian_sentence(line, spoken[line.place] if spoken else None, number)


def _marian(row: str, line: int) -> _Line:
    fields = [part.strip(" \t") for part in row.split("|||")]
    if len(fields) >= 4 and _PLACE.fullmatch(fields[0]):
        return _Line(line, int(fields[0]), words_of(fields[1]), words_of(fields[2]))
    if len(fields) >= 2:
        return _Line(line, line - 1, words_of(fields[0]), words_of(fields[1]))
    raise TextError(
        "Line {line} has no “|||”; Marian writes the translation, ||| and the weights when it "
        "runs with --alignment soft.",
        line=line,
    )


def _marian_sentence(line: _Line, source: list[str] | None, number: int) -> Imported:
    if all(_LINK.fullmatch(cell) for cell in line.cells):
        weights = _hard(line, source, number)
    else:
        rows = [numbers(cell.split(","), line.line) for cell in line.cells]
        weights = stacked(rows, number)
    target = named(line.words, len(weights), number)
    if source is not None:
        return imported(named(source, weights.shape[1], number), target, weights, number)
    numbered = [str(place) for place in range(1, weights.shape[1] + 1)]
    note = Note("Marian's file does not hold the source words, so they are numbered; add the file "
                "that was translated to see them.")  # fmt: skip
    return imported(numbered, target, weights, number, [note])


def _hard(line: _Line, source: list[str] | None, number: int) -> NDArray[np.float64]:
    """(target, source): the links of a target word share 1."""
    links = [(int(one), int(other)) for one, other in (cell.split("-") for cell in line.cells)]
    sources = max([0 if source is None else len(source), *(one + 1 for one, _ in links)])
    targets = max([len(line.words), *(other + 1 for _, other in links)])
    check_size(sources * targets, number)
    weights = np.zeros((targets, sources))
    for one, other in links:
        weights[other, one] = 1
    weights /= np.maximum(weights.sum(1, keepdims=True), 1)
    return weights


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

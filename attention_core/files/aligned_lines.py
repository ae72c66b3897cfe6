"""Lines that hold a translation and where it looked, as several programs print them.

>>> line = Line(1, 0, ["das", "Haus"], ["0-0", "1-1"])
>>> (found,) = sentences([line], "the house")
>>> found.source, found.weights.tolist()
(('the', 'house'), [[[1.0, 0.0], [0.0, 1.0]]])
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.cells import named, numbers, stacked
from attention_core.files.imported import MOST_SENTENCES, Imported, check_size, imported
from attention_core.files.text import lines_of, words_of
from attention_core.watching.record import Note

_LINK: Final = re.compile(r"(\d{1,6})-(\d{1,6})", re.ASCII)

Weights = NDArray[np.float64]
Words = list[str] | None


class Line(NamedTuple):
    """One sentence: its line and the place of its source, its words, its weights or links.

    words  of the translation, None where the file lacks them too
    cells  a row of weights each, with commas between, or links source-target from 0
    """

    line: int
    place: int
    words: list[str] | None
    cells: list[str]


def sentences(lines: Iterable[Line], sources: str) -> Iterator[Imported]:
    """Every line with its source words, which are the lines of `sources`; numbered without them.

    Weights hold the end of both sentences after their words; hard links become equal weights.
    Raises TextError.
    """
    lines = list(islice(lines, MOST_SENTENCES + 1))
    needed = 1 + max((line.place for line in lines), default=-1)
    known = sides(sources, needed, more=len(lines) > MOST_SENTENCES)
    for number, line in enumerate(lines, 1):
        source, target = known[line.place]
        words = target if line.words is None else line.words
        yield sentence(line.cells, source, words, number, line.line)


def sides(sources: str, needed: int, more: bool = False) -> list[tuple[Words, Words]]:
    """The words of both sides as far as lines have them: source, or source, tab, translation.

    more  whether further lines are of sentences that are not read

    Raises TextError where there are lines, but not as many as needed.
    """
    rows = lines_of(sources)
    rows = rows[:needed] if more else rows
    while len(rows) > needed and not rows[-1].strip():
        del rows[-1]
    if rows and len(rows) != needed:
        raise TextError(
            "The source file has {sources} lines but the attention is of {sentences} sentences; "
            "give the file that was translated.",
            sources=len(rows), sentences=needed,
        )  # fmt: skip
    parts = (row.partition("\t") for row in rows or [""] * needed)
    return [(words_of(one) or None, words_of(other) or None) for one, _, other in parts]


def sentence(
    cells: Sequence[str], source: Words, target: Words, number: int, line: int
) -> Imported:
    """One sentence from its cells; a side whose words are not known is numbered, with a note."""
    if all(_LINK.fullmatch(cell) for cell in cells):
        weights = hard(cells, len(target or ()), len(source or ()), number)
    else:
        rows = [numbers(cell.split(","), line) for cell in cells]
        weights = _unpadded(stacked(rows, number), len(source or ()))
    return worded(weights, source, target, number)


def worded(weights: Weights, source: Words, target: Words, number: int) -> Imported:
    """Weights (target, source) with their words; a side without any is numbered, with a note."""
    notes = list[Note]()
    if source is None and target is None:
        notes = [Note("This file holds no words, so they are numbered; add a file with source, "
                      "tab and translation on each line to see them.")]  # fmt: skip
    elif source is None:
        notes = [Note("This file does not hold the source words, so they are numbered; add the "
                      "file that was translated to see them.")]  # fmt: skip
    rows, columns = (
        _numbered(count) if words is None else named(words, count, number)
        for words, count in zip((target, source), weights.shape, strict=True)
    )
    return imported(columns, rows, weights, number, notes)


def hard(cells: Sequence[str], targets: int, sources: int, number: int) -> Weights:
    """(target, source), of these sizes or more: the links of a target word share 1."""
    links = [(int(one), int(other)) for one, other in (cell.split("-") for cell in cells)]
    targets = max([targets, *(other + 1 for _, other in links)])
    sources = max([sources, *(one + 1 for one, _ in links)])
    check_size(sources * targets, number)
    weights = np.zeros((targets, sources))
    for one, other in links:
        weights[other, one] = 1
    weights /= np.maximum(weights.sum(1, keepdims=True), 1)
    return weights


def _unpadded(weights: Weights, words: int) -> Weights:
    """Without columns of zeros at the end: older Marian fills rows up to its longest sentence.

    words  of the source and its end keep their columns; 0 where they are not known
    """
    filled = np.flatnonzero(weights.any(0))
    return weights[:, : max(words + 1, 1 + int(filled[-1]) if len(filled) else 1)]


def _numbered(count: int) -> list[str]:
    return [str(place) for place in range(1, count + 1)]

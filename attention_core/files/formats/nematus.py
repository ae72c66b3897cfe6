"""Blocks of a header and a matrix, as Nematus writes them and others after it.

>>> (found,) = from_nematus("0 ||| das Haus ||| 0 ||| the house ||| 2 2\\n0.9 0.1\\n0.2 0.8\\n")
>>> found.source, found.weights.shape
(('the', 'house'), (1, 2, 2))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.cells import named, numbers, stacked
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import Imported, imported
from attention_core.files.text import beginning, decoded, lines_of, words_of
from attention_core.marking import N_


def recognised(data: bytes) -> bool:
    """A header with three ||| and a row without any after it."""
    rows = beginning(data, 2)
    return len(rows) == 2 and rows[0].count("|||") >= 3 and "|||" not in rows[1]


def from_nematus(text: str) -> Iterator[Imported]:
    """Blocks as `nematus/translate.py --output_alignment` writes them, and others after it.

        0 ||| das Haus ||| 0 ||| the house ||| 3 3
        0.9 0.05 0.05
        0.1 0.8 0.1
        0.0 0.1 0.9

    A header (place ||| target ||| score ||| source ||| counts of source and target), a row for
    each target word, and mostly one for its end; columns the same for the source; an empty line.
    OpenNMT (Lua) with -save_attention, amun and Sockeye's translation_with_alignment_matrix write
    such blocks too, some without the ends.

    Source: https://github.com/EdinburghNLP/nematus, nematus/translate.py;
    https://github.com/M4t1ss/SoftAlignments, README
    """
    number, header, rows = 0, "", list[NDArray[np.float64]]()
    for line, row in enumerate([*lines_of(text), "|||"], 1):
        if "|||" not in row and row.strip():
            if not header:
                raise TextError(
                    "Line {line} comes before any header; a block begins with a line such as "
                    "0 ||| target words ||| 0 ||| source words ||| 3 3.",
                    line=line,
                )
            rows.append(numbers(row.split(), line))
        elif "|||" in row:
            if header:
                number += 1
                yield _nematus_sentence(header, rows, number)
            header, rows = row, []


def _nematus_sentence(header: str, rows: Sequence[NDArray[np.float64]], number: int) -> Imported:
    fields = header.split("|||")
    if len(fields) < 4 or not rows:
        raise TextError(
            "The header of sentence {number} has {fields} parts and {rows} rows follow it; it "
            "needs number ||| target ||| score ||| source, and rows of weights.",
            number=number, fields=len(fields), rows=len(rows),
        )  # fmt: skip
    weights = stacked(rows, number)
    target = named(words_of(fields[1]), len(weights), number)
    return imported(named(words_of(fields[3]), weights.shape[1], number), target, weights, number)


FORMAT: Final = AttentionFormat(
    name="nematus",
    title="Nematus",
    endings=("txt", "align"),
    looks=N_(
        "What nematus/translate.py --output_alignment writes: a header with |||, then a row "
        "of weights for each target token. Sockeye, amun and OpenNMT (Lua) write such files."
    ),
    recognise=recognised,
    read=lambda data, _sources: from_nematus(decoded(data)),
)

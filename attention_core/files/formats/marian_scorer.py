"""What marian-scorer prints: a score, ||| and the alignment, without any words.

>>> text = "-1.250000 ||| 0-0 1-1\\n"
>>> (found,) = from_marian_scorer(text, "the house\\tdas Haus")
>>> found.source, found.target
(('the', 'house'), ('das', 'Haus'))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attention_core.errors import TextError
from attention_core.files.aligned_lines import Line, sentences
from attention_core.files.format import AttentionFormat
from attention_core.files.formats.marian import SCORED
from attention_core.files.imported import Imported
from attention_core.files.text import beginning, decoded, lines_of, words_of
from attention_core.marking import N_

_SCORE: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)


def recognised(data: bytes) -> bool:
    """Nothing but scores with ||| after them."""
    rows = beginning(data)
    return bool(rows) and all(map(SCORED.fullmatch, rows))


def from_marian_scorer(text: str, sources: str = "") -> Iterator[Imported]:
    """Lines of `marian-scorer --alignment soft` (or `hard`).

        -6.512300 ||| 0.9,0.05,0.05 0.1,0.8,0.1 0.0,0.1,0.9
        -6.512300 ||| 0-0 1-1 2-2

    `sources` holds source, tab and translation on each line; without them words are numbered.

    Source: src/rescorer/score_collector.cpp of https://github.com/marian-nmt/marian-dev
    """
    return sentences(_lines(text), sources)


def _lines(text: str) -> Iterator[Line]:
    for line, row in enumerate(lines_of(text), 1):
        score, _, cells = row.partition("|||")
        if row.strip() and not (_SCORE.fullmatch(score.strip()) and cells.strip()):
            raise TextError(
                "Line {line} has no alignment after a score; marian-scorer writes it when it runs "
                "with --alignment soft.",
                line=line,
            )
        if row.strip():
            yield Line(line, line - 1, None, words_of(cells))


FORMAT: Final = AttentionFormat(
    name="marian-scorer",
    title="marian-scorer",
    endings=("txt", "out"),
    looks=N_(
        "What marian-scorer --alignment soft (or hard) prints: a score, ||| and the weights. A "
        "file with source, tab and translation can be added."
    ),
    recognise=recognised,
    read=lambda data, sources: from_marian_scorer(decoded(data), sources),
    lacks_sources=True,
)

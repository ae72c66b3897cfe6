"""What Sockeye prints with its alignments: the translation, a tab and links.

>>> (found,) = from_sockeye("das Haus\\t0-0 1-1\\n", "the house\\n")
>>> found.source, found.weights.tolist()
(('the', 'house'), [[[1.0, 0.0], [0.0, 1.0]]])
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

_LINKS: Final = re.compile(r"(?:\d{1,6}-\d{1,6}(?: |$))*", re.ASCII)


def recognised(data: bytes) -> bool:
    """One tab on every line with nothing but links after it, and links on one of them."""
    rows = [row.split("\t") for row in beginning(data)]
    tidy = all(len(row) == 2 and _LINKS.fullmatch(row[1].strip()) for row in rows)
    return tidy and any(row[1].strip() for row in rows) and any(row[0].strip() for row in rows)


def from_sockeye(text: str, sources: str = "") -> Iterator[Imported]:
    """Lines of `sockeye-translate --output-type translation_with_alignments`.

        das Haus<tab>0-0 1-1      links source-target, counted from 0

    The source words are not in the file: `sources` are the lines that were translated; without
    them they are numbered. What it writes with translation_with_alignment_matrix is read as
    Nematus' blocks.

    Source: sockeye/output_handler.py of https://github.com/awslabs/sockeye
    """
    return sentences(_lines(text), sources)


def _lines(text: str) -> Iterator[Line]:
    for line, row in enumerate(lines_of(text), 1):
        translation, tab, links = row.partition("\t")
        if not row.strip():
            continue
        if not tab or not _LINKS.fullmatch(links.strip()):
            raise TextError(
                "Line {line} has no links such as 0-0 1-2 after a tab; Sockeye writes them when it "
                "runs with --output-type translation_with_alignments.",
                line=line,
            )
        yield Line(line, line - 1, words_of(translation), words_of(links))


FORMAT: Final = AttentionFormat(
    name="sockeye",
    title="Sockeye",
    endings=("txt", "out"),
    looks=N_(
        "What sockeye-translate --output-type translation_with_alignments prints: the translation, "
        "a tab and links. The file that was translated can be added."
    ),
    recognise=recognised,
    read=lambda data, sources: from_sockeye(decoded(data), sources),
    lacks_sources=True,
)

"""What fairseq prints: S- the source, H- the translation, A- its soft or hard alignment.

>>> text = "S-0\\tthe house\\nH-0\\t-0.3\\tdas Haus\\nA-0\\t0-0 1-1\\n"
>>> (found,) = from_fairseq(text)
>>> found.source, found.target
(('the', 'house'), ('das', 'Haus'))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attention_core.errors import TextError
from attention_core.files.aligned_lines import sentence
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import Imported
from attention_core.files.text import beginning, decoded, lines_of, words_of
from attention_core.marking import N_

_TRANSLATION: Final = re.compile(r"H-\d{1,9}\t-?[\d.einf+-]{1,40}\t", re.ASCII)
_ROW: Final = re.compile(r"([SHA])-(\d{1,9})\t(.*)", re.ASCII)


def recognised(data: bytes) -> bool:
    """A translation that begins with H-, its number, a tab, a score and a tab."""
    return any(map(_TRANSLATION.match, beginning(data, 1000)))


def from_fairseq(text: str) -> Iterator[Imported]:
    """What `fairseq-generate --print-alignment soft` (or `hard`) prints.

        S-0<tab>the house
        H-0<tab>-0.31<tab>das Haus
        A-0<tab>0.8,0.1,0.1 0.1,0.8,0.1 0.1,0.1,0.8     soft: a target token = commas between
        A-0<tab>0-0 1-1                                 hard: source-target, counted from 0

    Soft weights hold the end of both sentences after their tokens. Other lines are passed over.

    Source: fairseq_cli/generate.py and extract_soft_alignment in fairseq/utils.py of
    https://github.com/facebookresearch/fairseq
    """
    sources, targets, number, foretold = dict[str, list[str]](), dict[str, list[str]](), 0, False
    for line, row in enumerate(lines_of(text), 1):
        found = _ROW.fullmatch(row)
        if found is None:
            continue
        kind, place, rest = found.groups()
        if kind == "S":
            sources[place] = words_of(rest)
        elif kind == "H":
            targets[place], foretold = words_of(rest.partition("\t")[2]), True
        elif place not in targets:
            raise TextError(
                "Line {line} aligns sentence {place}, but no line H-{place} with its translation "
                "comes before it.",
                line=line, place=place,
            )  # fmt: skip
        else:
            number += 1
            yield sentence(words_of(rest), sources.get(place), targets[place], number, line)
    if foretold and not number:
        raise TextError(
            "This is what fairseq prints without alignments; run fairseq-generate with "
            "--print-alignment soft."
        )


FORMAT: Final = AttentionFormat(
    name="fairseq",
    title="fairseq",
    endings=("txt", "out", "log"),
    looks=N_(
        "What fairseq-generate --print-alignment soft (or hard) prints: lines S- with the source, "
        "H- with the translation and A- with its weights or links."
    ),
    recognise=recognised,
    read=lambda data, _sources: from_fairseq(decoded(data)),
)

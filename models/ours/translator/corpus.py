"""Pairs of sentences from a file the user names, and the lines of our own beside them.

>>> references([Pair("Hello.", "Bonjour."), Pair("Hello.", "Salut.")])
{'Hello.': ['Bonjour.', 'Salut.']}
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from attention_core.errors import TextError
from models.ours.translator.vocabulary import tidy

CLASSROOM = Path(__file__).parent / "data"
COLUMNS = {"en": "eng", "fr": "fra", "zh": "zh_hans"}
"""What a file's header calls the column of a language."""


class Pair(NamedTuple):
    source: str
    target: str


def read(path: Path, split: str, source: str, target: str) -> list[Pair]:
    """The pairs of one split (train, dev, test) of a tab-separated file with a header row.

    source, target  ISO 639-1; the header names their columns, and `split` that of the split

    Raises TextError when a column is missing.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        left, right = COLUMNS[source], COLUMNS[target]
        for column in (left, right, "split"):
            if column not in (rows.fieldnames or ()):
                raise TextError(
                    "{file} has no column “{column}”; its first line must name its columns.",
                    file=path.name,
                    column=column,
                )
        return [Pair(tidy(row[left]), tidy(row[right])) for row in rows if row["split"] == split]


def classroom(source: str, target: str) -> list[Pair]:
    """Our own lines: no public line says *machine learning*, the example of every course."""
    straight, turned = (
        CLASSROOM / f"classroom.{one}-{other}.tsv"
        for one, other in ((source, target), (target, source))
    )
    path = straight if straight.is_file() else turned
    with path.open(encoding="utf-8") as lines:
        next(lines)
        pairs = [Pair(*map(tidy, line.rstrip("\n").split("\t"))) for line in lines]
    return pairs if path == straight else [Pair(pair.target, pair.source) for pair in pairs]


def references(pairs: list[Pair]) -> dict[str, list[str]]:
    """Every known translation of each source: what a fair BLEU compares with."""
    known: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        known[pair.source].append(pair.target)
    return dict(known)

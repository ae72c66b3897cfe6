"""Pairs of sentences from a file the user names, and the lines of our own beside them."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from models.translator.vocabulary import tidy

CLASSROOM = Path(__file__).parent / "data" / "classroom.en-fr.tsv"


class Pair(NamedTuple):
    source: str
    target: str


def read(path: Path, split: str) -> list[Pair]:
    """The pairs of one split (train, dev, test) of a tab-separated file with a header row.

    The first column is the source, the second the target, the column `split` names the split.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        source, target, *_ = rows.fieldnames or ()
        return [Pair(tidy(row[source]), tidy(row[target])) for row in rows if row["split"] == split]


def classroom() -> list[Pair]:
    """Our own lines: no public line says *machine learning*, the example of every course."""
    with CLASSROOM.open(encoding="utf-8") as lines:
        next(lines)
        return [Pair(*map(tidy, line.rstrip("\n").split("\t"))) for line in lines]


def references(pairs: list[Pair]) -> dict[str, list[str]]:
    """Every known translation of each source: what a fair BLEU compares with."""
    known: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        known[pair.source].append(pair.target)
    return dict(known)

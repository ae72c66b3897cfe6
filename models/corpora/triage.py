"""Which pairs of a file deserve a look: each followed by a translator, and put into numbers.

>>> empty = summary([])
>>> empty.read, empty.unread, math.isnan(empty.score)
(0, 0, True)
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from attention_core.errors import AttentionError, TooLong
from attention_core.files.pairs import Pair
from attention_core.files.spreadsheet import cell
from attention_core.numbers.alignment import Extraction, Gold, Link, error_rate, extract, shifted
from attention_core.numbers.confidence import Confidence, Matrix, confidence
from attention_core.pictures.views import view
from attention_core.watching.record import Site
from models.families.translation import Translating, Translation
from models.ours.translator.gold import places

LONGEST: Final = 20_000
"""Characters of a line that are still cut into pieces; a longer line is no sentence."""


class Way(NamedTuple):
    """Which attention stands for the alignment. layer −1 = the last; no heads = their mean."""

    layer: int = -1
    heads: tuple[int, ...] = ()
    shift: int = 0
    how: Extraction = "argmax"
    least: float = 0.0


@dataclass(frozen=True)
class Row:
    """One pair in numbers, or the problem that kept it from being read.

    number      place in the file, from 1
    score       nats, mean log-probability of the target's pieces; 0 = certain
    ratio       target words for each source word
    confidence  of the attention between words, None for a model without
    links       what was found, None without attention or without links of people to compare with
    """

    number: int
    pair: Pair
    problem: AttentionError | None = None
    score: float = math.nan
    ratio: float = math.nan
    confidence: Confidence | None = None
    links: tuple[Link, ...] | None = None

    @property
    def source(self) -> str:
        return self.pair.source

    @property
    def target(self) -> str:
        return self.pair.target

    @property
    def scored(self) -> tuple[tuple[tuple[Link, ...], Gold], ...]:
        """The links found and those of people, where there are both."""
        if self.links is None or self.pair.aligned is None:
            return ()
        return ((self.links, self.pair.aligned.gold),)

    @property
    def error_rate(self) -> float:
        """Alignment error rate, 0 to 1; NaN without gold links."""
        return error_rate(self.scored) if self.scored else math.nan


class Triage:
    """The work of a job: every pair of a file, followed by one translator."""

    def __init__(self, reader: Translating, pairs: Sequence[Pair], look: Way) -> None:
        self.reader = reader
        self.pairs = pairs
        self.look = look

    def __len__(self) -> int:
        return len(self.pairs)

    def row(self, place: int, cancelled: Callable[[], bool]) -> Row:
        """One pair; what cannot be read becomes a row that says why."""
        pair = self.pairs[place]
        try:
            found = followed(self.reader, pair, cancelled)
            return _measured(place + 1, pair, found, self.look)
        except AttentionError as problem:
            return Row(place + 1, pair, problem)


def followed(reader: Translating, pair: Pair, cancelled: Callable[[], bool]) -> Translation:
    """How the translator aligns a pair; raises TooLong before it cuts a line without end."""
    letters = max(len(pair.source), len(pair.target))
    if letters > LONGEST:
        raise TooLong(
            "This line has {letters:,} characters; a sentence has at most {most:,}.",
            letters=letters,
            most=LONGEST,
        )
    return reader.align(pair.source, pair.target, cancelled=cancelled)


def _measured(number: int, pair: Pair, found: Translation, look: Way) -> Row:
    ratio = _words(found, 1) / max(1, _words(found, 0))
    if not found.cross:
        return Row(number, pair, None, found.score, ratio)
    site = _site(found, look.layer)
    heads = [head for head in look.heads if head < site.heads] or None
    sure = confidence(view(site, heads, "words").mean)
    links = None
    if pair.aligned is not None:
        words = merged(site, heads, look.shift, pair.aligned.target, pair.aligned.source)
        links = tuple(extract(words, look.how, look.least))
    return Row(number, pair, None, found.score, ratio, sure, links)


def _site(found: Translation, layer: int) -> Site:
    return found.cross[layer if 0 <= layer < len(found.cross) else -1]


def _words(found: Translation, side: int) -> int:
    """Words of one side, without what the model added."""
    return sum(not token.special for token in found.record.axes[side].words.tokens)


def merged(
    site: Site, heads: Sequence[int] | None, shift: int,
    targets: tuple[str, ...], sources: tuple[str, ...],
) -> Matrix:  # fmt: skip
    """(target word, source word) as a file cuts its words: keys added, queries averaged."""
    rows, columns = places(site.queries, targets), places(site.keys, sources)
    pieces = shifted(site.weights(heads).mean(0).numpy(), shift)
    cells = [[_share(pieces[np.ix_(row, column)]) for column in columns] for row in rows]
    return np.array(cells, dtype=np.float32).reshape(len(rows), len(columns))


def _share(cells: Matrix) -> float:
    """What a word of these pieces looks at one of those; 0 where one of them has no piece."""
    return float(cells.sum(1).mean()) if cells.size else 0.0


class Summary(NamedTuple):
    """A file in numbers: how many pairs were read, and the means over them (NaN where unknown).

    error_rate is that of the corpus: counts added over all pairs, then divided.
    """

    read: int
    unread: int
    score: float
    ratio: float
    deviation: float
    absent: float
    entropy: float
    error_rate: float


def summary(rows: Sequence[Row]) -> Summary:
    """The means over the rows that could be read."""
    read = [row for row in rows if row.problem is None]
    sure = [row.confidence for row in read if row.confidence is not None]
    scored = [one for row in read for one in row.scored]
    return Summary(
        len(read),
        len(rows) - len(read),
        _mean(row.score for row in read),
        _mean(row.ratio for row in read),
        _mean(one.deviation for one in sure),
        _mean(one.absent_mindedness for one in sure),
        _mean(one.entropy for one in sure),
        error_rate(scored) if scored else math.nan,
    )


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else math.nan


HEADER: Final = (
    "number", "source", "target", "score", "coverage_deviation", "absent_minded_out",
    "absent_minded_in", "entropy_bits", "length_ratio", "aer", "problem",
)  # fmt: skip


def as_csv(rows: Iterable[Row]) -> str:
    """One line a pair; numbers that are not known are left empty."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(HEADER)
    for row in rows:
        sure = row.confidence or (math.nan,) * 4
        numbers = (row.score, *sure, row.ratio, row.error_rate)
        lines.writerow([
            row.number, cell(row.source), cell(row.target),
            *("" if math.isnan(value) else f"{value:.6g}" for value in numbers),
            row.problem or "",
        ])  # fmt: skip
    return "\ufeff" + out.getvalue()

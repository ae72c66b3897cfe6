"""The head that aligns: every head of a translator read in every way on pairs that people linked.

Choosing and reporting on the same pairs flatters the winner, so the pairs are also dealt into two
halves: a winner chosen on the first can be reported on the second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from attention_core.errors import AttentionError, Superseded, TextError, TooLong
from attention_core.files.pairs import Pair
from attention_core.numbers.alignment import AlignedPair, diagonal_links, error_rate
from attention_core.numbers.heads import AttendedPair, HeadRanking, Method, Ranked
from attention_core.numbers.labels.judged import Guess, Judged, aligning
from attention_core.watching.capture import never
from models.corpora.triage import followed
from models.families.translation import Translating, Translation
from models.ours.translator.gold import attended

ARGMAX: Final = Method("argmax")
"""The way of reading by which a head that aligns is one: each word's strongest look."""


class Report(NamedTuple):
    """A winner and what it is worth.

    chosen    the best reading on the pairs it was chosen on
    reported  the same reading on the pairs it is reported on
    diagonal  error rate there of linking each word to the same place of the other sentence
    """

    chosen: Ranked
    reported: Ranked
    diagonal: float
    sentences: int
    """Pairs that it is reported on."""


class HeadSearch:
    """The work of a job; a row is None, or why that pair could not be used."""

    def __init__(self, reader: Translating, pairs: Sequence[Pair]) -> None:
        self.reader = reader
        self.pairs = pairs
        self.whole, self.halves = HeadRanking(), (HeadRanking(), HeadRanking())
        self._used: list[list[AlignedPair]] = [[], []]
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self.pairs)

    def row(self, place: int, cancelled: Callable[[], bool]) -> AttentionError | None:
        """Counts one pair: even places in the first half, odd ones in the second."""
        pair = self.pairs[place]
        if pair.aligned is None:
            return TextError("This pair has no links; it cannot be scored.")
        try:
            found = followed(self.reader, pair, cancelled)
            attended = _attended(found, pair.aligned)
            with self._guard:
                self.whole.add(attended)
                self.halves[place % 2].add(attended)
                self._used[place % 2].append(pair.aligned)
        except AttentionError as problem:
            return problem
        return None

    def table(self, split: bool) -> list[Ranked]:
        """Every reading, best first, on all pairs or on the half that the winner is chosen on."""
        with self._guard:
            return (self.halves[0] if split else self.whole).table()

    def report(self, split: bool) -> Report | None:
        """The winner so far; None while there is nothing to choose or to report on."""
        with self._guard:
            ranking, other = (self.halves[0], self.halves[1]) if split else (self.whole, self.whole)
            if not ranking.sentences or not other.sentences:
                return None
            chosen = ranking.best()
            reported = next(one for one in other.table() if one[:4] == chosen[:4])
            used = self._used[1] if split else [*self._used[0], *self._used[1]]
        return Report(chosen, reported, _diagonal(used), len(used))


class Aligners(NamedTuple):
    """Heads that align, on so many pairs that people linked."""

    pairs: int
    judged: Judged


def heads_that_align(
    reader: Translating, pairs: Sequence[Pair], cancelled: Callable[[], bool] = never,
    step: Callable[[int], None] = lambda _done: None,
) -> Aligners:  # fmt: skip
    """Every head of a translator held against links of people: where it looks most.

    step  hears how many pairs were read

    Raises Superseded when nobody waits any more; TextError where no pair can be used.
    """
    halves = HeadRanking([ARGMAX]), HeadRanking([ARGMAX])
    used, sites = list[AlignedPair](), list[str]()
    for place, pair in enumerate(pairs):
        if cancelled():
            raise Superseded
        step(place)
        if pair.aligned is None:
            continue
        with suppress(TooLong):
            found = followed(reader, pair, cancelled)
            halves[len(used) % 2].add(_attended(found, pair.aligned))
            sites = [site.name for site in found.cross]
            used.append(pair.aligned)
    if len(used) < len(halves):
        raise TextError("Two pairs with links are needed to say which heads align; bring more.")
    return Aligners(len(used), aligning(halves, sites, _diagonally(used)))


def _diagonally(pairs: Sequence[AlignedPair]) -> Guess:
    found = [set(diagonal_links(len(pair.source), len(pair.target))) for pair in pairs]
    right = [
        len(links & (pair.gold.sure | pair.gold.possible))
        for links, pair in zip(found, pairs, strict=True)
    ]
    return Guess(0, sum(right), sum(map(len, found)))


def _attended(found: Translation, aligned: AlignedPair) -> AttendedPair:
    """Raises TextError for a model without attention, or words that the text does not have."""
    if not found.cross:
        raise TextError("This translator has no attention, so no head of it can align.")
    return attended(found, aligned, [found.cross] if len(found.cross) > 1 else [])


def _diagonal(pairs: Sequence[AlignedPair]) -> float:
    return error_rate(
        (diagonal_links(len(pair.source), len(pair.target)), pair.gold) for pair in pairs
    )

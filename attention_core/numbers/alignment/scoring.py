"""How right links are: precision, recall and the alignment error rate against people's links.

>>> gold = Gold(sure=frozenset({Link(0, 0)}), possible=frozenset({Link(1, 1)}))
>>> found = [Link(0, 0), Link(1, 1), Link(1, 0), Link(0, 1)]
>>> scores([(found, gold)])[:4]
(0.5, 1.0, 0.6666666666666666, 0.4)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from attention_core.numbers.alignment.links import Gold, Link


class Scores(NamedTuple):
    """How well found links A agree with sure links S and possible links P of people.

    precision   |A∩(S∪P)| / |A|, from 0 to 1: the share of found links that may stand
    recall      |A∩S| / |S|, from 0 to 1: the share of sure links that were found
    f1          the harmonic mean of the two
    error_rate  1 − (|A∩S| + |A∩(S∪P)|) / (|A| + |S|): 0 = perfect, 1 = nothing right
    found       |A|, sure |S|, possible |P|: counts of links, no link both sure and possible

    Where nothing is sure, recall is 1: nothing could be missed. Where nothing was found, precision
    is 0, or 1 if nothing is sure: silence is right only where there is nothing to say. With
    neither, the error rate is 0.

    Source: Och & Ney 2003, section 2.3, https://aclanthology.org/J03-1002
    """

    precision: float
    recall: float
    f1: float
    error_rate: float
    found: int
    sure: int
    possible: int


class Counts(NamedTuple):
    """What scores are made of; counts of sentences add up to those of a corpus."""

    found: int
    sure: int
    possible: int
    found_sure: int
    """|A∩S|"""
    found_right: int
    """|A∩(S∪P)|"""

    @property
    def scores(self) -> Scores:
        silence = 0.0 if self.sure else 1.0
        precision = self.found_right / self.found if self.found else silence
        recall = self.found_sure / self.sure if self.sure else 1.0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        counted = self.found + self.sure
        error = 1 - (self.found_sure + self.found_right) / counted if counted else 0.0
        return Scores(precision, recall, f1, error, self.found, self.sure, self.possible)


def scores(pairs: Iterable[tuple[Collection[Link], Gold]]) -> Scores:
    """Found links against gold ones: the counts of all sentences are added, then divided."""
    counts = [_counts(set(found), gold) for found, gold in pairs]
    return Counts(*map(sum, zip(*counts, strict=True)) if counts else (0,) * 5).scores


def _counts(found: set[Link], gold: Gold) -> Counts:
    right = gold.sure | gold.possible
    return Counts(
        len(found), len(gold.sure), len(right) - len(gold.sure),
        len(found & gold.sure), len(found & right),
    )  # fmt: skip


def error_rate(pairs: Iterable[tuple[Collection[Link], Gold]]) -> float:
    """Alignment error rate of found links against gold ones: 0 = perfect, 1 = nothing right.

    AER = 1 − (|A∩S| + |A∩(S∪P)|) / (|A| + |S|), the counts summed over all sentences.

    Source: Och & Ney 2003, section 2.3, https://aclanthology.org/J03-1002
    """
    return scores(pairs).error_rate

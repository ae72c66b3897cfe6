"""Which heads of a model follow which grammatical relations, over the sentences of a treebank.

>>> from attention_core.numbers.syntax import ROOT, spaced
>>> from models.families import fake
>>> tree = spaced(["the", "cat", "sat"], [1, 2, ROOT], ["det", "nsubj", "root"])
>>> work = GrammarStudy(Reader("fake", fake.checkpoint()), [tree, tree])
>>> [work.row(place, lambda: False) for place in range(len(work))]
[None, None]
>>> [str(head) for head in work.heads[:2]], len(work.heads), work.study.found("det").all
(['encoder.0 head 1', 'encoder.0 head 2'], 8, 1)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from attention_core.errors import AttentionError
from attention_core.numbers.syntax import (
    Direction,
    Found,
    Study,
    Tree,
    between,
    named,
    others,
    pieces,
)
from attention_core.watching.record import AttentionRecord, Site
from models.families.reader import Reader


class Head(NamedTuple):
    """One head of a model. site its layer's name; kind encoder or decoder; both numbers from 0"""

    site: str
    kind: str
    layer: int
    number: int

    def __str__(self) -> str:
        return f"{self.site} head {self.number + 1}"


def within(record: AttentionRecord) -> list[Site[Any]]:
    """The layers in which a text looks at itself; of two halves, those that read it."""
    own = [site for site in record.sites if not site.place.crosses]
    return [site for site in own if site.kind == own[0].kind]


class GrammarStudy:
    """The work of a job; a row is None, or why that sentence could not be read."""

    def __init__(self, reader: Reader, trees: Sequence[Tree]) -> None:
        self.reader = reader
        self.trees = trees
        self.study = Study()
        self.heads: list[Head] = []
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self.trees)

    def row(self, place: int, cancelled: Callable[[], bool]) -> AttentionError | None:
        """Counts one sentence; of one that is too long its beginning."""
        tree = self.trees[place]
        try:
            record = self.reader.read(tree.text, cancelled=cancelled, cut=True)
            sites = within(record)
            groups = pieces(tree, record.axes[0])
            with self._guard:
                self.study.add(tree, torch.cat([site.weights() for site in sites]), groups)
                self.heads = self.heads or [
                    Head(site.name, site.kind, site.layer, number)
                    for site in sites
                    for number in range(site.heads)
                ]
        except AttentionError as problem:
            return problem
        return None

    def table(self) -> list[Found]:
        """Every relation with its best head, the most frequent first."""
        with self._guard:
            return self.study.table()

    def counted(self) -> tuple[int, int]:
        """Sentences that were counted, and words that had to be left out."""
        with self._guard:
            return self.study.sentences, self.study.lost


def followed(record: AttentionRecord, tree: Tree, head: Head, direction: Direction) -> list[int]:
    """What one head names as the head of each word: its place, or ROOT where it names none."""
    weights = record.site(head.site).weights([head.number])
    words = others(between(weights.double(), pieces(tree, record.axes[0])), tree.units)
    found: list[int] = named(words, direction)[0].tolist()
    return found

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
from contextlib import suppress
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from attention_core.errors import AttentionError, ModelError, Superseded, TextError
from attention_core.numbers import labels, measures
from attention_core.numbers.kinship import Kinship, plane
from attention_core.numbers.labels.judged import Judged, following
from attention_core.numbers.means import Means
from attention_core.numbers.named import Named
from attention_core.numbers.syntax import (
    EVERY,
    Direction,
    Found,
    Study,
    Tree,
    between,
    named,
    others,
    pieces,
)
from attention_core.numbers.syntax.probe import Probe
from attention_core.watching.capture import never
from attention_core.watching.record import AttentionRecord, Site
from models.families.reader import Reader

PROBED: Final = 200
"""Sentences of the probe, half to learn from."""
PROFILED: Final = 32
"""Sentences at the beginning off which heads are described."""


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


class Profile(NamedTuple):
    """Every head in numbers that ask for no tree, over the first sentences.

    sentences  that they rest on
    measures   (layer, head) by the name of a measure
    labels     the same by the name of a label, those on repeated tokens among them
    points     (head, 2): heads that look alike lie near each other
    shown      the share of their distances that two dimensions show, 0 to 1
    """

    sentences: int
    measures: dict[str, Named]
    labels: dict[str, Named]
    points: Tensor
    shown: float


class Followed(NamedTuple):
    """What heads are called that follow a relation.

    kind       of the layers in which they are
    sentences  with trees that this rests on
    judged     by the name of the relation, the most frequent first
    """

    kind: str
    sentences: int
    judged: dict[str, Judged]


class GrammarStudy:
    """The work of a job; a row is None, or why that sentence could not be read."""

    def __init__(
        self, reader: Reader, trees: Sequence[Tree], profiled: int = PROFILED
    ) -> None:  # fmt: skip
        """profiled: sentences at the beginning off which heads are described as well"""
        self.reader = reader
        self.trees = trees
        self._described = profiled
        self.study = Study()
        self.heads: list[Head] = []
        self._guard = threading.Lock()
        self._kinship, self._measured, self._called = Kinship(), Means(), Means()
        self._profiled = 0

    def __len__(self) -> int:
        return len(self.trees)

    def row(self, place: int, cancelled: Callable[[], bool]) -> AttentionError | None:
        """Counts one sentence; of one that is too long its beginning."""
        tree = self.trees[place]
        try:
            record = self.reader.read(tree.text, cancelled=cancelled, cut=True)
            sites = within(record)
            groups = pieces(tree, record.axes[0])
            weights = torch.cat([site.weights() for site in sites])
            if place < self._described:
                self._profile(sites, weights, place == 0)
            with self._guard:
                self.study.add(tree, weights, groups)
                self.heads = self.heads or [
                    Head(site.name, site.kind, site.layer, number)
                    for site in sites
                    for number in range(site.heads)
                ]
        except AttentionError as problem:
            return problem
        return None

    def _profile(self, sites: Sequence[Site[Any]], weights: Tensor, first: bool) -> None:
        """Measures, labels and likeness of one sentence; with the first also repeated tokens."""
        measured, called = measures.table(sites), labels.scores(sites)
        repeated: Sequence[Site[Any]] = ()
        if first:
            with suppress(ModelError):  # a model that reads a few tokens only cannot repeat any
                repeated = within(self.reader.repeated())
        with self._guard:
            self._kinship.add(weights)
            self._measured.add(measured)
            self._called.add(called)
            self._called.add(labels.scores(repeated, repeats=True))
            self._profiled += 1

    def profile(self) -> Profile:
        """Every head in numbers, as far as sentences were read."""
        with self._guard:
            points, shown = plane(self._kinship.distances())
            return Profile(
                self._profiled, self._measured.table(), self._called.table(), points, shown
            )

    def follows(self) -> dict[int, list[Found]]:
        """The relations of the table by the head that is the best at them and beats the offset."""
        found: dict[int, list[Found]] = {}
        for one in self.table():
            if one.beats:
                found.setdefault(one.head, []).append(one)
        return found

    def judged(self) -> Followed:
        """Every head held against the trees, for what it is called."""
        with self._guard:
            sites = list(dict.fromkeys(head.site for head in self.heads))
            places = [(sites.index(head.site), head.number) for head in self.heads]
            kind = self.heads[0].kind if self.heads else ""
            return Followed(kind, self.study.sentences, following(self.study, places))

    def table(self) -> list[Found]:
        """Every relation with its best head, the most frequent first."""
        with self._guard:
            return self.study.table()

    def counted(self) -> tuple[int, int]:
        """Sentences that were counted, and words that had to be left out."""
        with self._guard:
            return self.study.sentences, self.study.lost


def heads_of_relations(
    reader: Reader, trees: Sequence[Tree], cancelled: Callable[[], bool] = never,
    step: Callable[[int], None] = lambda _done: None,
) -> Followed:  # fmt: skip
    """Every head of a model held against a few trees, read one after another.

    step  hears how many are read

    Raises Superseded when nobody waits any more; what kept the first sentence from being read,
    when none could be.
    """
    work = GrammarStudy(reader, trees, profiled=0)
    problems = list[AttentionError | None]()
    for place in range(len(work)):
        if cancelled():
            raise Superseded
        problems.append(work.row(place, cancelled))
        step(place + 1)
    if problems[0] is not None and all(problems):
        raise problems[0]
    return work.judged()


class Together(NamedTuple):
    """All heads of a model as one that names the head of each word.

    sentences  half of them to learn from
    right      of so many words of the other half
    all        words
    offset     the best fixed offset of the first half
    guessed    of so many words that offset is right, and before: always the word before
    """

    sentences: int
    right: int
    all: int
    offset: int
    guessed: int
    before: int


def together(
    reader: Reader, trees: Sequence[Tree], cancelled: Callable[[], bool] = never,
    step: Callable[[int], None] = lambda _done: None,
) -> Together:  # fmt: skip
    """What all heads know of trees together, over the first sentences: a probe that sees attention.

    Raises Superseded when nobody waits any more, ShapeError where there are too few words.
    """
    probe, count = Probe(), 0
    for place, tree in enumerate(trees[:PROBED]):
        if cancelled():
            raise Superseded
        step(place + 1)
        with suppress(TextError):
            record = reader.read(tree.text, cancelled=cancelled, cut=True)
            weights = torch.cat([site.weights() for site in within(record)])
            probe.add(tree, weights, pieces(tree, record.axes[0]))
            count += 1
    probe.fit()
    first, second = probe.offsets
    offset = first.best(EVERY)
    return Together(
        count, probe.right, probe.all, offset, second.right(EVERY, offset),
        second.right(EVERY, -1),
    )  # fmt: skip


def followed(record: AttentionRecord, tree: Tree, head: Head, direction: Direction) -> list[int]:
    """What one head names as the head of each word: its place, or ROOT where it names none."""
    weights = record.site(head.site).weights([head.number])
    words = others(between(weights.double(), pieces(tree, record.axes[0])), tree.units)
    found: list[int] = named(words, direction)[0].tolist()
    return found

"""Which head follows which relation: every head as one that names a word's head, and how often it
is right.

A head names for each word the other word that it looks at most, or the one that looks at it most.
The sentences are dealt into two halves: a head is chosen on the first and reported on the second,
as the best of many on the same sentences would flatter itself.

>>> from attention_core.numbers.syntax.tree import ROOT, spaced
>>> tree = spaced(["the", "dog", "barks"], [1, 2, ROOT], ["det", "nsubj", "root"])
>>> weights = torch.tensor([[[0.0, 0.9, 0.1], [0.2, 0.0, 0.8], [0.5, 0.5, 0.0]]])
>>> study = Study()
>>> for _half in range(2):
...     study.add(tree, weights, [[0], [1], [2]])
>>> found = study.found("nsubj")
>>> found.head, found.direction, found.right, found.all
(0, 'to head', 1, 1)

Source: Clark et al. 2019, "What Does BERT Look At?", section 4.2, https://arxiv.org/abs/1906.04341,
which chooses and reports on the same sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.numbers.share import gained, wilson
from attention_core.numbers.syntax.between import Groups, between, others
from attention_core.numbers.syntax.offsets import OffsetCounts
from attention_core.numbers.syntax.tree import ROOT, Tree, rows

Direction = Literal["to head", "from head"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("to head", "from head")
"""A word looks most at its head; a word is looked at most by its head."""
LEAST: Final = 10
"""Words of a relation, in the half that is reported, without which it is not listed."""
HALVES: Final = 2
Counts = NDArray[np.int64]


class Found(NamedTuple):
    """A relation, the head that follows it best, and what the best offset reaches.

    head       number of the head among all heads of the model, from 0
    right      of so many words the head named the right one
    all        words with that relation
    offset     the best fixed offset: so many words further on
    guessed    of so many words the offset named the right one
    both       of so many words the head and the offset did
    """

    relation: str
    head: int
    direction: Direction
    right: int
    all: int
    offset: int
    guessed: int
    both: int

    @property
    def accuracy(self) -> float:
        return self.right / self.all

    @property
    def interval(self) -> tuple[float, float]:
        """Of 95 %, as if the words were independent of each other."""
        return wilson(self.right, self.all)

    @property
    def baseline(self) -> float:
        return self.guessed / self.all

    @property
    def gain(self) -> float:
        """How far the head is above the offset; 0.15 are fifteen points."""
        return self.accuracy - self.baseline

    @property
    def gain_interval(self) -> tuple[float, float]:
        """Of 95 %, of the gain: both are asked about the same words."""
        return gained(self.right - self.both, self.guessed - self.both, self.all)

    @property
    def beats(self) -> bool:
        """Whether even the lower end of the gain's interval lies above nothing."""
        return self.gain_interval[0] > 0


class Turned(NamedTuple):
    """A relation, and how often each head is right about it.

    right    (head,): of so many words
    both     (head,): of so many the head and the offset
    all      words with that relation
    offset   the best fixed offset of the first half
    guessed  of so many words the best offset of the other half
    """

    right: Counts
    both: Counts
    all: int
    offset: int
    guessed: int


def named(words: Tensor, direction: Direction) -> Tensor:
    """The word that each head names as the head of each word: (head, word); ROOT where none is.

    words  (head, word, word), from a word to itself 0, as `others` returns
    """
    looks = words if direction == "to head" else words.transpose(-1, -2)
    most, which = looks.max(-1)
    return which.masked_fill(most <= 0, ROOT)


class Study:
    """Counts for every head, relation and direction, over the sentences added so far.

    Sentences are added one by one and only counts are kept, so that a page can show how far it is.

    sentences  that were added
    lost       words left out: they, or their heads, have no token of their own
    """

    def __init__(self) -> None:
        self.sentences = 0
        self.lost = 0
        self.offsets = tuple(OffsetCounts() for _half in range(HALVES))
        self._columns: dict[str, int] = {}
        self._right: Counts = np.zeros((HALVES, len(DIRECTIONS), 0, 0), np.int64)
        """(half, direction, head, relation)"""
        self._there: tuple[dict[tuple[str, int], Counts], ...] = ({}, {})
        """For each half (direction, head): how often right of words of a relation whose head stands
        just so many words further on."""

    @property
    def heads(self) -> int:
        return int(self._right.shape[2])

    def add(self, tree: Tree, weights: Tensor, groups: Groups) -> None:
        """Count what every head names in one sentence.

        weights  (head, query, key), all heads of all layers one after another
        groups   for each word its tokens, as `pieces` returns

        Raises ShapeError when there are other heads than in the sentences before.
        """
        if self.sentences and len(weights) != self.heads:
            raise ShapeError(
                "This sentence has {found} heads but those before it had {needed}; study one model "
                "at a time.",
                found=len(weights), needed=self.heads,
            )  # fmt: skip
        if not self.sentences:
            self._right = np.zeros((HALVES, len(DIRECTIONS), len(weights), 0), np.int64)
        half = self.sentences % HALVES
        asked = [(word, relation) for word, relation in tree.counted() if _told(tree, word, groups)]
        self.lost += sum(1 for _word in tree.counted()) - len(asked)
        if asked:
            words = others(between(weights.double(), groups), tree.units)
            self._count(half, tree, words, asked)
            kept = {word for word, _relation in asked}
            self.offsets[half].add(tree, kept.__contains__)
        self.sentences += 1

    def _count(
        self, half: int, tree: Tree, words: Tensor, asked: list[tuple[int, str]]
    ) -> None:  # fmt: skip
        places = [word for word, _relation in asked]
        units = torch.tensor(tree.units)
        gold = units[torch.tensor([tree.heads[word] for word in places])]
        counted = self._membership([relation for _word, relation in asked])
        both = np.zeros((len(DIRECTIONS), len(words), len(asked)), np.int64)
        for direction, way in enumerate(DIRECTIONS):
            said = named(words, way)[:, places]
            right = (said != ROOT) & (units[said] == gold)
            both[direction] = right.numpy()
            self._right[half, direction] += both[direction] @ counted
        self._apart(self._there[half], tree, asked, both)

    def _apart(
        self, there: dict[tuple[str, int], Counts], tree: Tree, asked: list[tuple[int, str]],
        right: Counts,
    ) -> None:  # fmt: skip
        """right (direction, head, word): which of the words asked about are named rightly."""
        for place, (word, relation) in enumerate(asked):
            for row in rows(relation):
                key = row, tree.heads[word] - word
                there[key] = there.get(key, 0) + right[..., place]

    def _membership(self, named_relations: Sequence[str]) -> Counts:
        """(word, relation): in which rows each word counts; makes room for new relations."""
        listed = [rows(relation) for relation in named_relations]
        for row in (row for several in listed for row in several):
            self._columns.setdefault(row, len(self._columns))
        more = len(self._columns) - self._right.shape[-1]
        self._right = np.pad(self._right, [(0, 0)] * 3 + [(0, more)])
        member = np.zeros((len(listed), len(self._columns)), np.int64)
        for word, several in enumerate(listed):
            member[word, [self._columns[row] for row in several]] = 1
        return member

    def found(
        self, relation: str, directions: Sequence[Direction] = DIRECTIONS
    ) -> Found | None:  # fmt: skip
        """The best head of a relation, in one of the directions; None where a half has no word
        of it.

        Of heads that are equal on the first half, the earliest, and the one that looks to its head.
        """
        first, second = self.offsets
        if not first.all(relation) or not second.all(relation):
            return None
        ways = [DIRECTIONS.index(one) for one in directions]
        best = int(self._right[0, ways, :, self._columns[relation]].T.argmax())
        head, way = divmod(best, len(ways))
        return self._reported(relation, head, ways[way])

    def of(self, relation: str, head: int) -> Found | None:
        """One head, in the direction that is better on the first half."""
        if relation not in self._columns or not all(one.all(relation) for one in self.offsets):
            return None
        direction = int(self._right[0, :, head, self._columns[relation]].argmax())
        return self._reported(relation, head, direction)

    def _reported(self, relation: str, head: int, direction: int) -> Found:
        first, second = self.offsets
        offset = first.best(relation)
        named_there = self._there[1].get((relation, offset))
        both = 0 if named_there is None else int(named_there[direction, head])
        return Found(
            relation, head, DIRECTIONS[direction],
            int(self._right[1, direction, head, self._columns[relation]]), second.all(relation),
            offset, second.right(relation, offset), both,
        )  # fmt: skip

    def turned(self, relation: str) -> Turned | None:
        """Every head on both halves, each asked with what was chosen on the other: the direction of
        each head, and the offset. None where a half has no word of the relation.
        """
        if relation not in self._columns or not all(one.all(relation) for one in self.offsets):
            return None
        column, numbers = self._columns[relation], np.arange(self.heads)
        right, both = np.zeros((2, self.heads), np.int64)
        guessed = 0
        for half in range(HALVES):
            other = 1 - half
            ways = self._right[other, :, :, column].argmax(0)
            offset = self.offsets[other].best(relation)
            right += self._right[half, ways, numbers, column]
            there = self._there[half].get((relation, offset))
            both += 0 if there is None else there[ways, numbers]
            guessed += self.offsets[half].right(relation, offset)
        return Turned(
            right, both, sum(one.all(relation) for one in self.offsets),
            self.offsets[0].best(relation), guessed,
        )  # fmt: skip

    def table(self, least: int = LEAST) -> list[Found]:
        """Every relation with `least` words in the second half, the most frequent first.

        A family of which all words are of one kind, as acl of acl:relcl, is listed as that kind.
        """
        found = (self.found(relation) for relation in self.offsets[1].relations)
        often = [one for one in found if one is not None and one.all >= least]
        kinds = {(one.relation.partition(":")[0], one.all) for one in often if ":" in one.relation}
        return [one for one in often if (one.relation, one.all) not in kinds]


def _told(tree: Tree, word: int, groups: Groups) -> bool:
    """Whether a word and its head have tokens, and are not the same to the model."""
    head = tree.heads[word]
    return bool(groups[word]) and bool(groups[head]) and tree.units[word] != tree.units[head]

"""What a head must beat: the head of a word is always so many words further on.

>>> from attention_core.numbers.syntax.tree import ROOT, spaced
>>> counts = OffsetCounts()
>>> counts.add(spaced(["the", "dog", "barks"], [1, 2, ROOT], ["det", "nsubj", "root"]))
>>> counts.best("det"), counts.right("det", 1), counts.all("det")
(1, 1, 1)

Source: Clark et al. 2019, "What Does BERT Look At?", section 4.2, the baseline of table 1,
https://arxiv.org/abs/1906.04341.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from attention_core.numbers.syntax.tree import Tree, rows

Kept = Callable[[int], bool]


class OffsetCounts:
    """How often the head of a word stands how far from it, for each relation."""

    def __init__(self) -> None:
        self._found: dict[str, Counter[int]] = defaultdict(Counter)

    def add(self, tree: Tree, kept: Kept = lambda _word: True) -> None:
        """Count the words of a sentence; `kept` says which of them."""
        for word, relation in tree.counted():
            if kept(word):
                for row in rows(relation):
                    self._found[row][tree.heads[word] - word] += 1

    @property
    def relations(self) -> list[str]:
        """Those that were met, the most frequent first; equals by their names."""
        return sorted(self._found, key=lambda row: (-self._found[row].total(), row))

    def all(self, relation: str) -> int:
        return self._found[relation].total() if relation in self._found else 0

    def right(self, relation: str, offset: int) -> int:
        """How often the head stands just there."""
        return self._found[relation][offset] if relation in self._found else 0

    def best(self, relation: str) -> int:
        """The offset that is right most often; of equals the nearest, and the one further on.

        0, which no head has, where the relation was never met.
        """
        found = self._found.get(relation, Counter())
        return min(found, key=lambda one: (-found[one], abs(one), -one), default=0)

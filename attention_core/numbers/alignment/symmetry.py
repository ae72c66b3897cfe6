"""One alignment out of two: what a model says in one direction, and another in the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, Literal

from attention_core.numbers.alignment.links import Link

Symmetry = Literal[
    "intersection", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"
]  # fmt: skip
SYMMETRIES: Final[tuple[Symmetry, ...]] = (
    "intersection", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and",
)  # fmt: skip

NEIGHBOURS: Final = ((0, -1), (-1, 0), (0, 1), (1, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))
"""Steps in source and target to the eight cells around a link, beside before diagonal."""


def symmetrised(
    forward: Collection[Link],
    reverse: Collection[Link],
    how: Symmetry = "grow-diag-final-and",
) -> list[Link]:
    """The links of two directions made into one set, in order of the source.

    intersection         links that both directions have
    union                links that either has
    grow-diag            the intersection and, step by step, links of the union next to what is
                         there, as long as one of their two words is still without a link
    grow-diag-final      then also links of either direction where one of the two words is without
    grow-diag-final-and  then also links of either direction where both words are without

    Both are links (source, target) of the same pair of sentences: turn those of a model that
    translates the other way before. Which links come in depends on the order of the loops; it is
    the published one, with the target as English.

    Source: Koehn, Och & Marcu 2003, https://aclanthology.org/N03-1017; Koehn et al. 2005 (final
    and); loops: https://www.statmt.org/moses/?n=FactoredTraining.AlignWords
    """
    first, second = set(forward), set(reverse)
    if how == "union":
        return sorted(first | second)
    growing = _Growing(first & second)
    if how != "intersection":
        growing.grow(first | second)
    if how in ("grow-diag-final", "grow-diag-final-and"):
        for side in (first, second):
            growing.finish(side, both=how == "grow-diag-final-and")
    return sorted(growing.links)


class _Growing:
    """A set of links that knows which words are without one."""

    def __init__(self, links: Collection[Link]) -> None:
        self.links = set(links)
        self.sources = {link.source for link in links}
        self.targets = {link.target for link in links}

    def grow(self, union: set[Link]) -> None:
        """Add what touches the links that are there, until nothing is left to add."""
        before = -1
        while before < len(self.links):
            before = len(self.links)
            for link in _in_order(union):
                if link in self.links:
                    self._add(near for near in _around(link) if near in union)

    def finish(self, side: set[Link], both: bool) -> None:
        """Add links wherever they may stand."""
        self._add(_in_order(side), both)

    def _add(self, links: Iterator[Link], both: bool = False) -> None:
        """Add each link that has a word without one, or two such words where both must be."""
        for link in links:
            without = link.source not in self.sources, link.target not in self.targets
            if all(without) if both else any(without):
                self.links.add(link)
                self.sources.add(link.source)
                self.targets.add(link.target)


def _in_order(links: set[Link]) -> Iterator[Link]:
    """Target word by target word, as the published loops go."""
    return iter(sorted(links, key=lambda link: (link.target, link.source)))


def _around(link: Link) -> Iterator[Link]:
    for source, target in NEIGHBOURS:
        yield Link(link.source + source, link.target + target)

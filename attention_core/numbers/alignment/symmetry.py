"""One alignment out of two: what a model says in one direction, and another in the other.

>>> forward, reverse = [Link(0, 0), Link(1, 1)], [Link(0, 0), Link(2, 1)]
>>> symmetrised(forward, reverse, "intersection")
[Link(source=0, target=0)]
>>> sorted(SYMMETRIES)
['grow-diag', 'grow-diag-final', 'grow-diag-final-and', 'intersection', 'union']
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from attention_core.errors import AttentionError
from attention_core.numbers.alignment.links import Link

Symmetry = str
"""A name in SYMMETRIES."""

NEIGHBOURS: Final = ((0, -1), (-1, 0), (0, 1), (1, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))
"""Steps in source and target to the eight cells around a link, beside before diagonal."""


def symmetrised(
    forward: Collection[Link],
    reverse: Collection[Link],
    how: Symmetry = "grow-diag-final-and",
) -> list[Link]:
    """The links of two directions made into one set, in order of the source.

    how  a name in SYMMETRIES, which says what each of them takes

    Both are links (source, target) of the same pair of sentences: turn those of a model that
    translates the other way before. Which links come in depends on the order of the loops; it is
    the published one, with the target as English.

    Source: Koehn, Och & Marcu 2003, https://aclanthology.org/N03-1017; Koehn et al. 2005 (final
    and); loops: https://www.statmt.org/moses/?n=FactoredTraining.AlignWords

    Raises AttentionError for a name that is not there.
    """
    join = SYMMETRIES.get(how)
    if join is None:
        raise AttentionError(
            "There is no way “{name}” to join two directions; there are {known}.",
            name=how, known=", ".join(SYMMETRIES),
        )  # fmt: skip
    return sorted(join(set(forward), set(reverse)))


class _Growing:
    """A set of links that knows which words are without one."""

    def __init__(self, links: Collection[Link]) -> None:
        self.links = set(links)
        self.sources = {link.source for link in links}
        self.targets = {link.target for link in links}

    def grow(self, union: set[Link]) -> None:
        """Add what touches the links that are there, until nothing is left to add."""
        before = None
        while before != len(self.links):
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


def _intersection(forward: set[Link], reverse: set[Link]) -> set[Link]:
    return forward & reverse


def _union(forward: set[Link], reverse: set[Link]) -> set[Link]:
    return forward | reverse


def _grow_diag(forward: set[Link], reverse: set[Link]) -> set[Link]:
    return _grown(forward, reverse).links


def _grow_diag_final(forward: set[Link], reverse: set[Link]) -> set[Link]:
    return _finished(forward, reverse, both=False)


def _grow_diag_final_and(forward: set[Link], reverse: set[Link]) -> set[Link]:
    return _finished(forward, reverse, both=True)


def _grown(forward: set[Link], reverse: set[Link]) -> _Growing:
    growing = _Growing(forward & reverse)
    growing.grow(forward | reverse)
    return growing


def _finished(forward: set[Link], reverse: set[Link], both: bool) -> set[Link]:
    growing = _grown(forward, reverse)
    for side in (forward, reverse):
        growing.finish(side, both)
    return growing.links


SYMMETRIES: Final[dict[Symmetry, Callable[[set[Link], set[Link]], set[Link]]]] = {
    "intersection": _intersection,
    "union": _union,
    "grow-diag": _grow_diag,
    "grow-diag-final": _grow_diag_final,
    "grow-diag-final-and": _grow_diag_final_and,
}
"""intersection         links that both directions have
union                links that either has
grow-diag            the intersection and, step by step, links of the union next to what is there,
                     as long as one of their two words is still without a link
grow-diag-final      then also links of either direction where one of the two words is without
grow-diag-final-and  then also links of either direction where both words are without

The names are those that Moses gave them; a new way is one more line here."""

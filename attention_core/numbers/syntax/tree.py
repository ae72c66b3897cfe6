"""A sentence with its grammar: which word hangs on which, and as what.

>>> tree = spaced(["the", "dog", "barks"], [1, 2, ROOT], ["det", "nsubj", "root"])
>>> tree.text, tree.spans
('the dog barks', ((0, 3), (4, 7), (8, 13)))
>>> list(tree.counted())
[(0, 'det'), (1, 'nsubj')]
>>> relations("nsubj:pass")
('nsubj', 'nsubj:pass')
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from attention_core.errors import ShapeError

ROOT: Final = -1
"""The head of the word that hangs on none."""
PUNCTUATION: Final = "punct"
EVERY: Final = ""
"""Stands for all relations together but punctuation and the root."""


@dataclass(frozen=True)
class Tree:
    """A sentence, word by word.

    words      the forms of its words
    spans      for each word its first and last character in the text; the words of a contraction
               that are not written one after another have the same span
    heads      for each word the place of the one that it hangs on, from 0; ROOT for none
    relations  as what it hangs there: nsubj, obl:tmod, …

    Raises ShapeError where these are not as many as the words, or a head is none of them.
    """

    text: str
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    heads: tuple[int, ...]
    relations: tuple[str, ...]

    def __post_init__(self) -> None:
        counts = {len(self.words), len(self.spans), len(self.heads), len(self.relations)}
        wrong = [head for head in self.heads if not ROOT <= head < len(self.words)]
        if len(counts) > 1 or wrong:
            raise ShapeError(
                "There are {words} words, {spans} spans, {heads} heads and {relations} relations, "
                "and {wrong} heads that are no word; give each word one of each.",
                words=len(self.words), spans=len(self.spans), heads=len(self.heads),
                relations=len(self.relations), wrong=len(wrong),
            )  # fmt: skip

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def units(self) -> tuple[int, ...]:
        """For each word the first word with its span: words of one number cannot be told apart."""
        first: dict[tuple[int, int], int] = {}
        return tuple(first.setdefault(span, word) for word, span in enumerate(self.spans))

    def counted(self) -> Iterator[tuple[int, str]]:
        """Every word that hangs on another one, with its relation."""
        for word, (head, relation) in enumerate(zip(self.heads, self.relations, strict=True)):
            if head != ROOT:
                yield word, relation


def relations(relation: str) -> tuple[str, ...]:
    """The rows of a table that a relation counts in: nsubj:pass is a nsubj too."""
    general = relation.partition(":")[0]
    return (general,) if general == relation else (general, relation)


def rows(relation: str) -> tuple[str, ...]:
    """As `relations`, with EVERY, to which punctuation does not count."""
    found = relations(relation)
    return found if found[0] == PUNCTUATION else (EVERY, *found)


def spaced(words: Sequence[str], heads: Sequence[int], named: Sequence[str]) -> Tree:
    """A sentence with a blank between any two words."""
    spans, end = list[tuple[int, int]](), 0
    for word in words:
        spans.append((end, end + len(word)))
        end += len(word) + 1
    return Tree(" ".join(words), tuple(words), tuple(spans), tuple(heads), tuple(named))

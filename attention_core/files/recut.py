"""Links between words as another program cuts them, by the letters that both share.

>>> pair = AlignedPair(("I", "'m"), ("suis",), Gold(frozenset({Link(1, 0)}), frozenset()))
>>> sorted(carried(pair, ([(0, 1), (2, 3), (3, 4)], [(0, 4)]), ("I 'm", "suis")).sure)
[Link(source=1, target=0), Link(source=2, target=0)]
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import product
from typing import Final

from attention_core.errors import TextError
from attention_core.numbers.alignment import AlignedPair, Gold, Link

MOST: Final = 600
"""Links that an address still holds."""

Spans = Sequence[tuple[int, int]]


def carried(pair: AlignedPair, cuts: tuple[Spans, Spans], texts: tuple[str, str]) -> Gold:
    """The links of a pair between the words of another cut; a link goes to every part of a word.

    cuts   start and end of each word of the other cut, source and target
    texts  composed, single blanks, as `readable` makes them

    Raises TextError where a word of the pair is not in its text.
    """
    ways = [
        parts(words, spans, text)
        for words, spans, text in zip((pair.source, pair.target), cuts, texts, strict=True)
    ]
    every = pair.gold.sure | pair.gold.possible
    count = sum(len(ways[0][link.source]) * len(ways[1][link.target]) for link in every)
    if count > MOST:
        raise TextError(
            "The links of this pair cannot be kept: between the words of the page there would be "
            "{count} of them, and at most {most} can be.",
            count=count, most=MOST,
        )  # fmt: skip
    sure, possible = (
        frozenset(
            Link(*ends)
            for link in links
            for ends in product(ways[0][link.source], ways[1][link.target])
        )
        for links in pair.gold
    )
    return Gold(sure, possible - sure)


def parts(words: Sequence[str], spans: Spans, text: str) -> list[list[int]]:
    """For each word which words of another cut share letters with it. Raises TextError."""
    starts, ends = [one for one, _ in spans], [other for _, other in spans]
    found, start = list[list[int]](), 0
    for word in words:
        bare = composed(word)
        start = text.find(bare, start)
        if start < 0:
            raise TextError(
                "The links of this pair cannot be kept: its word “{word}” is not in the sentence.",
                word=word[:40],
            )
        end = start + len(bare)
        found.append(list(range(bisect_right(ends, start), bisect_left(starts, end))))
        start = end
    return found


def composed(word: str) -> str:
    """A word as `readable` leaves it in its text."""
    return " ".join(unicodedata.normalize("NFC", word).split())

"""Tokens that go together: words, parts of a sentence, blocks of patches, or what a reader chose.

>>> from attention_core.axes.tokens import spaced
>>> parts(spaced("no , it was not good ."))
((0, 1), (2, 3, 4, 5, 6))
>>> from attention_core.axes.patches import patches
>>> blocks(patches(2, 4, 40, 20), 2)
((0, 1, 4, 5), (2, 3, 6, 7))
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from attention_core.axes.axis import Axis
from attention_core.axes.patches import PatchAxis
from attention_core.errors import AttentionError
from attention_core.numbers.attribution.output import Output

Groups = tuple[tuple[int, ...], ...]
"""Places of tokens that go together; no place stands in two of them."""
ENDS: Final = frozenset(",;:.!?…—–，、；：。！？")
"""What ends a part of a sentence."""


def parts(axis: Axis) -> Groups:
    """The parts of a text between its marks, each with the mark that ends it; special tokens stand
    in none.
    """
    made: list[list[int]] = [[]]
    for place, token in enumerate(axis.tokens):
        if token.special:
            continue
        ends = token.text.strip()[-1:] in ENDS
        if ends and not made[-1] and len(made) > 1:
            made[-2].append(place)  # several marks in a row
            continue
        made[-1].append(place)
        if ends:
            made.append([])
    return tuple(tuple(one) for one in made if one)


def blocks(axis: PatchAxis, side: int) -> Groups:
    """Squares of side × side patches, smaller ones at the right and the bottom."""
    found: dict[tuple[int, int], list[int]] = {}
    for place, patch in enumerate(axis.tokens):
        if patch.row >= 0:
            found.setdefault((patch.row // side, patch.column // side), []).append(place)
    return tuple(map(tuple, found.values()))


def parted(output: Output, groups: Groups) -> Groups:
    """All tokens that can be taken away, each in one group: those that are given, and of the rest
    the pieces of each word together.

    Raises AttentionError when a place is in no text, or in two groups.
    """
    own = set(output.own.nonzero().flatten().tolist())
    named = list(chain.from_iterable(groups))
    if len(set(named)) < len(named) or not set(named) <= set(range(len(output.given))):
        raise AttentionError(
            "A token that goes with others must be one of the text, and stand in one group only; "
            "choose the groups again."
        )
    rest = (_kept(group, own - set(named)) for group in output.axis.groups)
    made = [*(_kept(group, own) for group in groups), *rest]
    return tuple(sorted(filter(None, made)))


def _kept(group: Sequence[int], own: set[int]) -> tuple[int, ...]:
    return tuple(place for place in group if place in own)

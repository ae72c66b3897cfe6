"""What is odd about weights that another program wrote, and what can be done about it.

>>> weights = np.array([[[0.7, 0.2], [0.3, 0.8]]])
>>> on_its_side(weights), flat(weights).tolist()
(True, [[False, False]])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attention_core.numbers.alignment import Link
from attention_core.watching.record import Note

NEARLY_ONE: Final = 0.01
"""How far a sum of weights may be from 1 without remark: files round to a few digits."""
ALIKE: Final = 0.01
"""How far the weights of a row lie apart, as a part of the largest, where they count as equal."""

Weights = NDArray[np.floating[Any]]


def remarks(weights: Weights, number: int) -> Iterator[Note]:
    """What is to be said of the weights (head, target, source) of a sentence."""
    sums = weights.sum(-1)
    odd = sums[(np.abs(sums - 1) > NEARLY_ONE) & (sums > 0)]
    if on_its_side(weights):
        yield Note(
            "In sentence {number} the columns of weights sum to 1, not the rows: the matrix lies "
            "on its side, or the softmax ran over the wrong axis. If it lies on its side, swap "
            "rows and columns.",
            number=number,
        )
    elif odd.size and odd.max() < 1:
        yield Note(
            "In sentence {number}, {rows} rows of weights sum to less than 1, to between {least} "
            "and {most}: what is missing may have gone to tokens that the file leaves out, such as "
            "</s>. They are shown as they are.",
            number=number, rows=odd.size, least=f"{odd.min():.3g}", most=f"{odd.max():.3g}",
        )  # fmt: skip
    elif odd.size:
        yield Note(
            "In sentence {number}, {rows} rows of weights do not sum to 1 but to between {least} "
            "and {most}; they are shown as they are.",
            number=number, rows=odd.size, least=f"{odd.min():.3g}", most=f"{odd.max():.3g}",
        )  # fmt: skip
    equal = flat(weights.mean(0))
    if equal.any():
        yield Note(
            "In sentence {number} all weights are equal in {rows} of {all} rows; they do not say "
            "which words belong together, and no link is drawn from them.",
            number=number, rows=int(equal.sum()), all=len(equal),
        )  # fmt: skip


def on_its_side(weights: Weights) -> bool:
    """Whether all columns of weights (head, target, source) sum to 1 and some rows do not."""
    columns, rows = weights.sum(-2), weights.sum(-1)
    return bool((np.abs(columns - 1) <= NEARLY_ONE).all() and (np.abs(rows - 1) > NEARLY_ONE).any())


def flat(weights: Weights) -> NDArray[np.bool_]:
    """For each row whether its weights are all the same, though there are several and not all 0.

    weights  (..., row, column)
    returns  (..., row)
    """
    if weights.shape[-1] < 2:
        return np.zeros(weights.shape[:-1], dtype=bool)
    most, least = weights.max(-1), weights.min(-1)
    found: NDArray[np.bool_] = (most > 0) & (most - least <= ALIKE * most)
    return found


def told(links: Iterable[Link], weights: Weights) -> list[Link]:
    """The links of target words whose weights (target, source) are not all the same."""
    silent = flat(weights)
    return [link for link in links if not silent[link.target]]

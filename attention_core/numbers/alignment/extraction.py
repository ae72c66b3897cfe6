"""From weights to links: which source words each target word came from.

>>> weights = np.array([[0.9, 0.1], [0.6, 0.4]], dtype=np.float32)
>>> extract(weights, "argmax")
[Link(source=0, target=0), Link(source=0, target=1)]
>>> extract(weights, "matching")
[Link(source=0, target=0), Link(source=1, target=1)]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.numbers.alignment.links import Link
from attention_core.numbers.alignment.symmetry import symmetrised

Matrix = NDArray[np.float32]
Cells = NDArray[np.bool_]
Extraction = str
"""A name in EXTRACTIONS."""


def extract(weights: Matrix, how: Extraction = "argmax", least: float = 0.0) -> list[Link]:
    """The links that a matrix of attention stands for, target word by target word.

    weights  (target, source)
    least    links of less weight are left out; a weight of 0 is never a link
    """
    return [Link(int(source), int(target)) for target, source in _places(weights, how, least)]


def strongest_links(weights: Matrix, least: float = 0.0) -> list[Link]:
    """One link for each target word, to the source word it looked at most.

    weights  (target, source)
    least    links weaker than this are left out
    """
    return extract(weights, "argmax", least)


def strongest_by_source(weights: Matrix, least: float = 0.0) -> list[Link]:
    """One link for each source word, to the target word that looked at it most.

    weights  (target, source)
    least    links weaker than this are left out
    """
    return [
        Link(int(source), int(target)) for source, target in _places(weights.T, "argmax", least)
    ]


def _places(weights: Matrix, how: Extraction, least: float) -> NDArray[np.int64]:
    places: NDArray[np.int64] = np.argwhere(linked(weights, how, least))
    return places


def linked(weights: Matrix, how: Extraction = "argmax", least: float = 0.0) -> Cells:
    """The cells that become links, of any number of matrices at once.

    weights  (..., target, source)
    returns  (..., target, source), bool

    Raises AttentionError for a way that is not in EXTRACTIONS.
    """
    way = EXTRACTIONS.get(how)
    if way is None:
        raise AttentionError(
            "There is no way “{name}” to take links out of weights; there are {known}.",
            name=how, known=", ".join(EXTRACTIONS),
        )  # fmt: skip
    heavy = np.where(weights >= least, weights, 0)
    positive = heavy > 0
    return positive & way.picked(heavy) if heavy.size else positive


def _heavy(weights: Matrix) -> Cells:
    """Every cell that is left."""
    return np.ones(weights.shape, dtype=np.bool_)


def _largest(weights: Matrix) -> Cells:
    """In each row the largest cell; the first of several that are equal."""
    picked = np.zeros(weights.shape, dtype=np.bool_)
    np.put_along_axis(picked, weights.argmax(-1)[..., None], True, -1)
    return picked


def _matched(weights: Matrix) -> Cells:
    """In each matrix one cell of each row and column at most, with the largest sum."""
    # Imported late: it takes a third of a second, which most pages need not wait for.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    picked = np.zeros(weights.shape, dtype=np.bool_)
    for place in np.ndindex(weights.shape[:-2]):
        rows, columns = linear_sum_assignment(weights[place], maximize=True)
        picked[place][rows, columns] = True
    return picked


def _grown(weights: Matrix) -> Cells:
    """In each matrix the largest cells of the rows and those of the columns, joined."""
    picked = np.zeros(weights.shape, dtype=np.bool_)
    for place in np.ndindex(weights.shape[:-2]):
        one = weights[place]
        looks = [Link(source, target) for target, source in _cells(one)]
        returned = [Link(source, target) for source, target in _cells(one.T)]
        for source, target in symmetrised(looks, returned, "grow-diag"):
            picked[place][target, source] = True
    return picked


def _cells(weights: Matrix) -> list[tuple[int, int]]:
    """The largest cell of each row, as (row, column); none of a row of nothing."""
    found = np.argwhere(_largest(weights) & (weights > 0)).tolist()
    return [(row, column) for row, column in found]


@dataclass(frozen=True)
class Way:
    """A way to take links out of weights.

    title   what a menu calls it
    spoken  the same in a sentence about a head, {least} being the least weight
    picked  the cells (..., target, source) that become links, of weights that are heavy enough
    tried   the least weights with which heads are read when they are ranked; where one of them is
            more than 0, the reader chooses the least weight
    """

    title: str
    spoken: str
    picked: Callable[[Matrix], Cells]
    tried: tuple[float, ...] = (0.0,)

    @property
    def weighed(self) -> bool:
        """Whether it is the least weight that decides."""
        return max(self.tried) > 0


EXTRACTIONS: Final[dict[Extraction, Way]] = {
    "argmax": Way(N_("strongest"), N_("strongest look"), _largest),
    "threshold": Way(
        N_("heavy enough"), N_("looks of at least {least}"), _heavy, (0.1, 0.2, 0.3, 0.5)
    ),
    "matching": Way(N_("one to one"), N_("one to one"), _matched),
    "grown": Way(N_("from both sides"), N_("from both sides"), _grown),
}
"""argmax     each target word is linked to the source word it looked at most
threshold  every cell that is heavy enough is a link
matching   each word is linked at most once, so that the linked weights add up to the most
grown      the strongest link of each target word and that of each source word, joined by grow-diag
           as two directions are: a word may have several links, and need not have any

A new way is one more line here: menus, the ranking of heads and the tests follow."""


def shifted(weights: Matrix, shift: int) -> Matrix:
    """Each decoding step with the look of `shift` steps later, the ends standing still.

    Attention often finds a word's origin one step before or after writing it; shift pieces, then
    merge them to words.

    weights  (..., step, key)

    Source: Chen et al. 2020, section 3, https://aclanthology.org/2020.emnlp-main.42
    """
    count = weights.shape[-2]
    steps = np.clip(np.arange(count) + shift, 0, count - 1)
    return weights[..., steps, :]

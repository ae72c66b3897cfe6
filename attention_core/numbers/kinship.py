"""Which heads look alike: how far apart their looks are, and all of them as points in the plane.

>>> twins = torch.tensor([[[0.5, 0.5], [1.0, 0.0]]]).repeat(2, 1, 1)
>>> other = torch.tensor([[[0.5, 0.5], [0.0, 1.0]]])
>>> kinship = Kinship()
>>> kinship.add(torch.cat([twins, other]))
>>> kinship.distances().tolist()
[[0.0, 0.0, 0.5], [0.0, 0.0, 0.5], [0.5, 0.5, 0.0]]

Source: Clark et al. 2019, section 6, https://arxiv.org/abs/1906.04341: the Jensen–Shannon
divergence of two heads' looks, summed over tokens, and multidimensional scaling of all pairs.
"""

from __future__ import annotations

import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.numbers.spread import entropy


def divergences(weights: Tensor) -> Tensor:
    """How far apart any two heads look, as the mean over queries: (head, head), 0 to 1 bits.

    weights  (head, query, key), rows that sum to 1

    Source: Lin 1991, "Divergence measures based on the Shannon entropy", equation 4.1 with equal
    weights: H((p + q) / 2) − (H(p) + H(q)) / 2.
    """
    own = entropy(weights).mean(-1)
    mixed = torch.stack([entropy((weights + one) / 2).mean(-1) for one in weights])
    return (mixed - (own[:, None] + own) / 2).clamp(0, 1)


class Kinship:
    """The mean distance of any two heads over the texts added so far, each token alike."""

    def __init__(self) -> None:
        self._sums = torch.zeros(0, 0, dtype=torch.float64)
        self._tokens = 0

    def add(self, weights: Tensor) -> None:
        """Count one text: (head, query, key), all heads of all layers one after another.

        Raises ShapeError when there are other heads than in the texts before.
        """
        if self._tokens and len(weights) != len(self._sums):
            raise ShapeError(
                "This sentence has {found} heads but those before it had {needed}; study one model "
                "at a time.",
                found=len(weights), needed=len(self._sums),
            )  # fmt: skip
        tokens = weights.shape[1]
        found = divergences(weights.double()) * tokens
        self._sums = self._sums + found if self._tokens else found
        self._tokens += tokens

    def distances(self) -> Tensor:
        """(head, head), 0 to 1 bits; empty before the first text."""
        return self._sums / max(1, self._tokens)


def plane(distances: Tensor) -> tuple[Tensor, float]:
    """Points in the plane that lie about as far apart: (point, 2); and how much of it they show.

    distances  (point, point)
    returns    the points, turned so that the largest coordinate of each axis is positive; and the
               share of the two largest eigenvalues among all that are positive, 0 to 1

    Source: Torgerson 1952, "Multidimensional scaling: I", Psychometrika 17: the eigenvectors of the
    squared distances, centred on both sides.
    """
    count = len(distances)
    if count < 2:
        return distances.new_zeros(count, 2), 1.0
    centre = torch.eye(count, dtype=torch.float64) - 1 / count
    products = -0.5 * centre @ distances.double().square() @ centre
    values, vectors = torch.linalg.eigh(products)
    values, vectors = values.flip(0), vectors.flip(1)
    positive = values.clamp_min(0)
    points = vectors[:, :2] * positive[:2].sqrt()
    largest = points.gather(0, points.abs().argmax(0, keepdim=True))
    points = points * torch.where(largest < 0, -1.0, 1.0)
    whole = float(positive.sum())
    return points, float(positive[:2].sum()) / whole if whole > 0 else 1.0

"""How sure a translation's attention looks: is every source word used once, every look narrow?

The measures of Rikters & Fishel 2017, "Confidence through Attention",
https://arxiv.org/abs/1710.03743 (coverage deviation penalty, absent-mindedness penalty). The
paper writes penalties as negative logarithms that grow towards zero; here every measure is a cost:
0 is best and more is worse. The absent-mindedness of a source word is that of its share of the
looks, so words that are looked at twice are not counted twice.

>>> confidence(np.eye(2, dtype=np.float32))
Confidence(deviation=0.0, absent_out=0.0, absent_in=0.0, entropy=0.0)
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from attention_core.numbers import spread

Matrix = NDArray[np.float32]


class Confidence(NamedTuple):
    """The measures of one translation; every one 0 at best.

    deviation        nats, mean over source words: used too little or too much
    absent_out       nats, mean over target words: how widely each looks
    absent_in        nats, mean over source words: how widely the looks at each are spread
    entropy          bits, mean over target words: as `absent_out`, of rows scaled to sum to 1
    """

    deviation: float
    absent_out: float
    absent_in: float
    entropy: float

    @property
    def absent_mindedness(self) -> float:
        """Nats: both directions together, as the paper adds them."""
        return self.absent_out + self.absent_in


def confidence(weights: Matrix) -> Confidence:
    """All measures of one matrix.

    weights  (target, source), each row a share of 1 or of less where special tokens are hidden
    """
    return Confidence(
        coverage_deviation(weights),
        absent_mindedness_out(weights),
        absent_mindedness_in(weights),
        entropy(weights),
    )


def coverage(weights: Matrix) -> Matrix:
    """(source,): the attention each source word was given in all; 1 = looked at once."""
    total: Matrix = weights.sum(0)
    return total


def coverage_deviation(weights: Matrix) -> float:
    """Nats: 0 = every source word looked at exactly once; ln 2 = every one ignored.

    1/J · Σ_j ln(1 + (1 − Σ_i α_ij)²), J source words.
    """
    return _mean(np.log1p((1 - coverage(weights)) ** 2))


def absent_mindedness_out(weights: Matrix) -> float:
    """Nats: 0 = every target word looks at one source word only.

    −1/I · Σ_i Σ_j α_ij ln α_ij, I target words.
    """
    return _mean(_bits(weights)) * math.log(2)


def absent_mindedness_in(weights: Matrix) -> float:
    """Nats: 0 = every source word is looked at by one target word only.

    The same of the transpose, each source word's looks scaled to sum to 1.
    """
    return entropy(weights.T) * math.log(2)


def entropy(weights: Matrix) -> float:
    """Bits: how widely a target word looks, on average; 0 = one word, 1 = two alike, …"""
    return _mean(_bits(spread.shares(torch.from_numpy(weights)).numpy()))


def _bits(rows: Matrix) -> Matrix:
    """(row,): how widely each row is spread."""
    found: Matrix = spread.entropy(torch.from_numpy(rows)).numpy()
    return found


def _mean(values: Matrix) -> float:
    return float(values.mean()) if values.size else 0.0

"""Other normalisers, spans, convolutions and routing, worked out one number at a time."""

from __future__ import annotations

import math

import numpy as np

from attention_core.mechanism import Mechanism
from attention_core.mechanisms import Entmax, Sparsemax
from tests.equations.builder import Array, Builder, Equation


def logits(query: Array, key: Array) -> Array:
    """q · k / √d, one pair after the other."""
    root = math.sqrt(key.shape[1])
    return np.array([[sum(q * k for q, k in zip(i, j, strict=True)) / root for j in key]
                     for i in query])  # fmt: skip


def nearest(scores: Array) -> Array:
    """The point of the simplex nearest to the scores: every support tried, the nearest kept."""
    best, least = np.zeros_like(scores), math.inf
    for chosen in range(1, 2 ** len(scores)):
        inside = [place for place in range(len(scores)) if chosen >> place & 1]
        shift = (sum(scores[inside]) - 1) / len(inside)
        point = np.array([z - shift if i in inside else 0.0 for i, z in enumerate(scores)])
        if point.min() >= 0 and (distance := float(((point - scores) ** 2).sum())) < least:
            best, least = point, distance
    return best


def sparsemax(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, Sparsemax)
    weights = np.zeros(allowed.shape)
    for i, row in enumerate(logits(query, key)):
        if allowed[i].any():
            weights[i, allowed[i]] = nearest(row[allowed[i]])
    return np.asarray(weights @ value)


def entmax(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """[(α − 1) z − τ]₊^(1 / (α − 1)), with τ raised until the shares sum to no more than 1."""
    assert isinstance(m, Entmax)
    power, weights = 1 / (m.alpha - 1), np.zeros(allowed.shape)
    for i, row in enumerate(logits(query, key)):
        seen = [(m.alpha - 1) * z for z, may in zip(row, allowed[i], strict=True) if may]
        if not seen:
            continue
        tau, step = min(seen) - 1, 1.0
        while tau + step != tau:
            if sum(max(z - tau - step, 0) ** power for z in seen) >= 1:
                tau += step
            else:
                step /= 2
        weights[i, allowed[i]] = [max(z - tau, 0) ** power for z in seen]
    return np.asarray(weights @ value)


BUILDERS: dict[str, Builder] = {
    "sparsemax": Builder(Sparsemax, query=11, key=11, value=19, zeroing=True),
    "entmax": Builder(lambda: Entmax(1.5), query=11, key=11, value=19, zeroing=True),
}

BY_HAND: dict[str, Equation] = {
    "sparsemax": sparsemax,
    "entmax": entmax,
}

"""Attention between words and pictures: the equations, worked out one number at a time."""

from __future__ import annotations

import math

from attention_core.mechanisms.families.crossmodal import CoAttention, StackedCross, TwoTower
from attention_core.mechanisms.mechanism import Mechanism
from tests.equations.builder import Array, Builder, Equation
from tests.equations.classic import attended, matrix, product


def cosine(one: Array, other: Array) -> float:
    return product(one, other) / math.sqrt(product(one, one) * product(other, other))


def stacked_cross(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """λ [cos]₊ over the length of a region's column; a forbidden pair adds nothing to it."""
    assert isinstance(m, StackedCross)

    def kept(i: int, j: int) -> float:
        return max(0.0, cosine(query[i], key[j])) if allowed[i, j] else 0.0

    def score(i: int, j: int) -> float:
        length = math.sqrt(sum(kept(word, j) ** 2 for word in range(len(query))))
        return m.sharpness * kept(i, j) / length if length else 0.0

    return attended(score, value, allowed)


def co_attention(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """w · tanh(W_v v + Σ over the words of (W_q q) C), the same for every word."""
    assert isinstance(m, CoAttention)
    bilinear, of_word, of_region = map(matrix, (m.affinity, m.query_projection, m.key_projection))
    w = matrix(m.key_score)[0]

    def affinity(i: int, j: int) -> float:
        inner = sum(
            query[i, a] * bilinear[a, b] * key[j, b]
            for a in range(query.shape[1])
            for b in range(key.shape[1])
        )
        return math.tanh(inner) if allowed[i, j] else 0.0

    def hidden(n: int, j: int) -> float:
        told = sum(product(of_word[n], query[i]) * affinity(i, j) for i in range(len(query)))
        return math.tanh(product(of_region[n], key[j]) + told)

    scores = [sum(w[n] * hidden(n, j) for n in range(len(w))) for j in range(len(key))]
    return attended(lambda _, j: scores[j], value, allowed)


def two_tower(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """exp(t) · cos"""
    assert isinstance(m, TwoTower)
    return attended(lambda i, j: m.scale * cosine(query[i], key[j]), value, allowed)


BUILDERS: dict[str, Builder] = {
    "stacked_cross": Builder(StackedCross, 11, 11, 13, together=True),
    "co_attention": Builder(
        lambda: CoAttention(11, 17), 11, 11, 13, together=True, aside=("query_score.weight",)
    ),
    "two_tower": Builder(TwoTower, 11, 11, 13),
}

BY_HAND: dict[str, Equation] = {
    "stacked_cross": stacked_cross,
    "co_attention": co_attention,
    "two_tower": two_tower,
}

"""The equations of the papers, worked out one number at a time."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable

import numpy as np
from torch import nn

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.families.dot_product import MultiHead, ScaledDotProduct
from attention_core.mechanisms.families.grouped import GroupedQuery
from attention_core.mechanisms.families.key_value import KeyValue
from attention_core.mechanisms.families.local import LocalMonotonic, LocalPredictive
from attention_core.mechanisms.families.luong import Concat, Dot, General, Location
from attention_core.mechanisms.families.position import Alibi, RelativeBias, Rotary
from attention_core.mechanisms.mechanism import Mechanism
from tests.equations.builder import HEADS, POSITIONS, REACH, Array, Builder, Equation


def matrix(linear: nn.Linear) -> Array:
    return np.asarray(linear.weight.detach().numpy())


def shares(scores: Array, allowed: Array) -> Array:
    """Softmax among the allowed keys."""
    grown = np.array(
        [math.exp(score) if may else 0.0 for score, may in zip(scores, allowed, strict=True)]
    )
    return np.asarray(grown / grown.sum()) if grown.sum() else grown


def attended(score: Callable[[int, int], float], value: Array, allowed: Array) -> Array:
    """What every query takes away when query i and key j score so much."""
    queries, keys = allowed.shape
    contexts = [
        shares(np.array([score(i, j) for j in range(keys)]), allowed[i]) @ value
        for i in range(queries)
    ]
    return np.array(contexts)


def additive(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """v · tanh(W s + U h)"""
    assert isinstance(m, Additive)
    w, u, v = matrix(m.query_projection), matrix(m.key_projection), matrix(m.score)[0]

    def score(i: int, j: int) -> float:
        inner = [float(w[n] @ query[i] + u[n] @ key[j]) for n in range(len(v))]
        return product(v, np.tanh(inner))

    return attended(score, value, allowed)


def concat(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """v · tanh(W [h; s]), with the one matrix of the paper."""
    assert isinstance(m, Additive)
    whole = np.concatenate([matrix(m.query_projection), matrix(m.key_projection)], 1)
    v = matrix(m.score)[0]

    def score(i: int, j: int) -> float:
        both = np.concatenate([query[i], key[j]])
        return product(v, np.tanh([float(row @ both) for row in whole]))

    return attended(score, value, allowed)


def product(query: Array, key: Array) -> float:
    return float(sum(q * k for q, k in zip(query, key, strict=True)))


def dot(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """h · s"""
    del m
    return attended(lambda i, j: product(query[i], key[j]), value, allowed)


def scaled(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """q · k / √d"""
    del m
    root = math.sqrt(key.shape[1])
    return attended(lambda i, j: product(query[i], key[j]) / root, value, allowed)


def bilinear(m: General, query: Array, key: Array) -> float:
    """h W s: a sum over both widths"""
    w = matrix(m.key_projection)
    rows, columns = w.shape
    return float(sum(query[a] * w[a, b] * key[b] for a in range(rows) for b in range(columns)))


def general(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, General)
    return attended(lambda i, j: bilinear(m, query[i], key[j]), value, allowed)


def location(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """Row j of W h, whatever key j is; keys beyond the last row are out of sight (footnote 6)."""
    assert isinstance(m, Location)
    w = matrix(m.position)
    seen = allowed & (np.arange(len(key)) < len(w))
    return attended(lambda i, j: product(w[j], query[i]) if j < len(w) else 0.0, value, seen)


def local_monotonic(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """p_t = t, no further than the last word; a window of D keys on either side."""
    assert isinstance(m, LocalMonotonic)
    seen = allowed.copy()
    for t in range(len(query)):
        centre = min(t, max(0, int(allowed[t].sum()) - 1))
        for s in range(len(key)):
            seen[t, s] &= centre - m.reach <= s <= centre + m.reach
    return attended(lambda i, j: bilinear(m.align, query[i], key[j]), value, seen)


def predicted(m: LocalPredictive, query: Array, length: int) -> float:
    """p_t = S · sigmoid(v · tanh(W h))"""
    w, v = matrix(m.position_projection), matrix(m.position)[0]
    inner = sum(v[n] * math.tanh(product(w[n], query)) for n in range(len(v)))
    return length / (1 + math.exp(-inner))


def local_predictive_weights(m: LocalPredictive, query: Array, key: Array, allowed: Array) -> Array:
    """align(h, s) · exp(−(s − p)² / 2σ²) with σ = D/2, in the paper's form or one of the others."""
    rows, sigma = [], m.reach / 2
    for t in range(len(query)):
        centre = predicted(m, query[t], int(allowed[t].sum()))
        bell = np.array([math.exp(-((s - centre) ** 2) / (2 * sigma**2)) for s in range(len(key))])
        near = np.array([abs(s - centre) <= m.reach for s in range(len(key))])
        scores = np.array([bilinear(m.align, query[t], s) for s in key])
        if m.normalisation == "post2015":
            rows.append(shares(scores * bell, allowed[t] & near))
            continue
        row = shares(scores, allowed[t] & near) * bell
        rows.append(row / row.sum() if m.normalisation == "renormalised" and row.sum() else row)
    return np.array(rows)


def local_predictive(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, LocalPredictive)
    return np.asarray(local_predictive_weights(m, query, key, allowed) @ value)


def multi_head(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, MultiHead)
    width = query.shape[1] // m.heads
    heads = []
    for h in range(m.heads):
        mine = slice(h * width, (h + 1) * width)

        def project(linear: nn.Linear, rows: Array, mine: slice = mine) -> Array:
            bias = np.asarray(linear.bias.detach().numpy())
            return np.asarray(rows @ matrix(linear)[mine].T + bias[mine])

        heads.append(
            scaled(
                m, project(m.query_projection, query), project(m.key_projection, key),
                project(m.value_projection, value), allowed,
            )
        )  # fmt: skip
    last = m.output_projection
    bias = np.asarray(last.bias.detach().numpy())
    return np.asarray(np.concatenate(heads, 1) @ matrix(last).T + bias)


def grouped_query(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """Head h looks with its own queries at the keys and values of group ⌊h · G / H⌋."""
    assert isinstance(m, GroupedQuery)
    width = query.shape[1] // m.heads

    def part(linear: nn.Linear, rows: Array, place: int) -> Array:
        return np.asarray(rows @ matrix(linear)[place * width : (place + 1) * width].T)

    heads = []
    for h in range(m.heads):
        g = h * m.groups // m.heads
        keys, values = part(m.key_projection, key, g), part(m.value_projection, value, g)
        heads.append(scaled(m, part(m.query_projection, query, h), keys, values, allowed))
    return np.asarray(np.concatenate(heads, 1) @ matrix(m.output_projection).T)


def turned(vector: Array, position: int, base: float) -> Array:
    """Every pair of numbers as a complex one, times e^(i m θ)."""
    width, numbers = len(vector), []
    for pair in range(width // 2):
        theta = base ** (-2 * pair / width)
        spun = complex(vector[2 * pair], vector[2 * pair + 1]) * cmath.exp(1j * position * theta)
        numbers += [spun.real, spun.imag]
    return np.array(numbers)


def rotary(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """(R_m q) · (R_n k) / √d"""
    assert isinstance(m, Rotary)
    base, root = m.base, math.sqrt(key.shape[1])
    return attended(
        lambda i, j: product(turned(query[i], i, base), turned(key[j], j, base)) / root,
        value, allowed,
    )  # fmt: skip


def biased(
    heads: int, bias: Callable[[int, int, int], float], query: Array, key: Array, value: Array,
    allowed: Array,
) -> Array:  # fmt: skip
    """q · k / √d + bias, each head with its share of the numbers"""
    found = []
    for h in range(heads):
        q, k, v = (np.split(part, heads, 1)[h] for part in (query, key, value))
        root = math.sqrt(k.shape[1])

        def score(i: int, j: int, h: int = h, q: Array = q, k: Array = k, d: float = root) -> float:
            return product(q[i], k[j]) / d + bias(h, i, j)

        found.append(attended(score, v, allowed))
    return np.concatenate(found, 1)


def alibi(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """q · k / √d − |i − j| / 2^(8h/H), heads counted from 1"""
    assert isinstance(m, Alibi)

    def score(h: int, i: int, j: int) -> float:
        return -abs(i - j) / 2 ** (8 * (h + 1) / m.heads)

    return biased(m.heads, score, query, key, value, allowed)


def relative_bias(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """q · k / √d + b at the distance j − i, at most R either way"""
    assert isinstance(m, RelativeBias)
    biases = np.asarray(m.biases.detach().numpy())

    def score(h: int, i: int, j: int) -> float:
        return float(biases[h, min(max(j - i, -m.reach), m.reach) + m.reach])

    return biased(m.heads, score, query, key, value, allowed)


BUILDERS: dict[str, Builder] = {
    "additive": Builder(lambda: Additive(11, 13, 17), query=11, key=13, value=19),
    "luong_dot": Builder(Dot, query=11, key=11, value=19),
    "luong_general": Builder(lambda: General(11, 13), query=11, key=13, value=19),
    "luong_concat": Builder(lambda: Concat(11, 13, 17), query=11, key=13, value=19),
    "luong_location": Builder(
        lambda: Location(11, POSITIONS), query=11, key=13, value=19, placed=True, blind=("key",)
    ),
    "local_monotonic": Builder(
        lambda: LocalMonotonic(11, 13, REACH),
        query=11,
        key=13,
        value=19,
        placed=True,
        windowed=True,
    ),
    "local_predictive": Builder(
        lambda: LocalPredictive(11, 13, REACH),
        query=11,
        key=13,
        value=19,
        placed=True,
        windowed=True,
    ),
    "scaled_dot_product": Builder(ScaledDotProduct, query=11, key=11, value=19),
    "multi_head": Builder(
        lambda: MultiHead(33, HEADS), query=33, key=33, value=33, heads=HEADS, biased=True
    ),
    "key_value": Builder(lambda: KeyValue(11, 13, 17), query=11, key=13, value=19),
    "grouped_query": Builder(lambda: GroupedQuery(44, 4, 2), query=44, key=44, value=44, heads=4),
    "rotary": Builder(Rotary, query=22, key=22, value=19, placed=True),
    "alibi": Builder(lambda: Alibi(HEADS), query=33, key=33, value=21, heads=HEADS, placed=True),
    "relative_bias": Builder(
        lambda: RelativeBias(HEADS, 2), query=33, key=33, value=21, heads=HEADS, placed=True
    ),
}

BY_HAND: dict[str, Equation] = {
    "additive": additive,
    "luong_dot": dot,
    "luong_general": general,
    "luong_concat": concat,
    "luong_location": location,
    "local_monotonic": local_monotonic,
    "local_predictive": local_predictive,
    "scaled_dot_product": scaled,
    "multi_head": multi_head,
    "key_value": additive,
    "grouped_query": grouped_query,
    "rotary": rotary,
    "alibi": alibi,
    "relative_bias": relative_bias,
}

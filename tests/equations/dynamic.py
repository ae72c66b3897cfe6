"""Other normalisers, spans, convolutions and routing, worked out one number at a time."""

from __future__ import annotations

import math

import numpy as np

from attention_core.mechanisms.families.convolution import DynamicConv, LightConv
from attention_core.mechanisms.families.entmax import Entmax, Sparsemax
from attention_core.mechanisms.families.hard import GumbelHard, Hard
from attention_core.mechanisms.families.routing import Routing
from attention_core.mechanisms.families.span import AdaptiveSpan
from attention_core.mechanisms.mechanism import Mechanism
from tests.equations.builder import HEADS, QUERIES, Array, Builder, Equation

SEED = 47
"""A seed whose draws fall on the keys that the laws of the family look at."""


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


def even(seed: int, query: int, key: int) -> float:
    """SplitMix64 in whole numbers of any size: three rounds, to each its number."""
    bits = 0
    for number in (seed, query, key):
        bits = (bits + number + 0x9E3779B97F4A7C15) % 2**64
        bits = ((bits ^ bits >> 30) * 0xBF58476D1CE4E5B9) % 2**64
        bits = ((bits ^ bits >> 27) * 0x94D049BB133111EB) % 2**64
        bits ^= bits >> 31
    return (bits // 2**12 + 0.5) / 2**52


def drawn(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """The value of the key whose score plus noise is the largest."""
    assert isinstance(m, Hard | GumbelHard)
    rows = np.zeros((len(query), value.shape[1]))
    for i, row in enumerate(logits(query, key)):
        heights = {
            j: score - math.log(-math.log(even(m.seed, i, j)))
            for j, score in enumerate(row)
            if allowed[i, j]
        }
        if heights:
            rows[i] = value[max(heights, key=lambda j: heights[j])]
    return rows


def adaptive_span(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """m_z(x) e^s over its sum, x = 0 for the key just before the query; z of each head its own."""
    assert isinstance(m, AdaptiveSpan)
    contexts = []
    for h in range(m.heads):
        q, k, v = (np.split(part, m.heads, 1)[h] for part in (query, key, value))
        z, scores = m.spans[h].item(), logits(q, k)
        rows = np.zeros((len(q), v.shape[1]))
        for t in range(len(q)):
            parts = {
                r: min(max((m.ramp + z - (t - r - 1)) / m.ramp, 0), 1) * math.exp(scores[t, r])
                for r in range(min(t, len(k)))
                if allowed[t, r]
            }
            for r, part in parts.items():
                rows[t] += part / sum(parts.values()) * v[r] if part else 0
        contexts.append(rows)
    return np.concatenate(contexts, 1)


def softmax(row: Array) -> Array:
    grown = np.array([math.exp(number) for number in row])
    return np.asarray(grown / grown.sum())


def slid(kernels: Array, heads: int, value: Array, allowed: Array) -> Array:
    """The sum over j = 1 … k of kernel number j and what stands at i + j − ⌈(k + 1) / 2⌉.

    kernels  (query, head, k)
    """
    context, k = np.zeros((len(allowed), value.shape[1])), kernels.shape[-1]
    for i in range(len(allowed)):
        for c in range(value.shape[1]):
            h = math.ceil((c + 1) * heads / value.shape[1]) - 1
            for j in range(1, k + 1):
                at = i + j - math.ceil((k + 1) / 2)
                if 0 <= at < len(value) and allowed[i, at]:
                    context[i, c] += kernels[i, h, j - 1] * value[at, c]
    return context


def light_conv(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, LightConv)
    rows = np.array([softmax(row) for row in m.kernels.detach().numpy()])
    return slid(np.stack([rows] * len(query)), m.heads, value, allowed)


def dynamic_conv(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """W^Q is (head, j, channel); the kernel of position i comes from the query at i."""
    assert isinstance(m, DynamicConv)
    made = m.kernel_projection.weight.detach().numpy().reshape(m.heads, m.kernel, -1)
    kernels = [[softmax(np.array([sum(w * x) for w in part])) for part in made]
               for x in query]  # fmt: skip
    return slid(np.array(kernels), m.heads, value, allowed)


def routed(votes: Array, logits: Array, allowed: Array, rounds: int) -> tuple[Array, Array]:
    """Procedure 1 of Sabour et al. 2017, capsule by capsule.

    votes    (input i, output j, width)
    logits   (input i, output j): b as it starts, zeros in the paper
    returns  v (output j, width), and the last c (input i, output j)
    """
    inputs, outputs, width = votes.shape
    b, c, v = logits.copy(), np.zeros((inputs, outputs)), np.zeros((outputs, width))
    for _ in range(rounds):
        for i in range(inputs):  # line 4
            c[i, allowed[i]] = softmax(b[i, allowed[i]])
        for j in range(outputs):  # lines 5 and 6
            s = sum((c[i, j] * votes[i, j] for i in range(inputs)), np.zeros(width))
            norm = math.sqrt(sum(number**2 for number in s))
            v[j] = norm**2 / (1 + norm**2) * s / norm if norm else 0
        for i in range(inputs):  # line 7
            for j in range(outputs):
                b[i, j] += sum(votes[i, j] * v[j])
    return v, c


def routing(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, Routing)
    matrices = m.transformation.detach().numpy()
    votes = np.array([[matrices[j] @ u for j in range(len(query))] for u in value])
    return routed(votes, logits(query, key).T, allowed.T, m.rounds)[0]


BUILDERS: dict[str, Builder] = {
    "hard": Builder(
        lambda: Hard(SEED),
        query=11,
        key=11,
        value=19,
        placed=True,
        zeroing=True,
        blind=("query", "key"),
    ),
    "gumbel": Builder(
        lambda: GumbelHard(SEED),
        query=11,
        key=11,
        value=19,
        placed=True,
        zeroing=True,
        estimated=True,
    ),
    "sparsemax": Builder(Sparsemax, query=11, key=11, value=19, zeroing=True),
    "entmax": Builder(lambda: Entmax(1.5), query=11, key=11, value=19, zeroing=True),
    "adaptive_span": Builder(
        lambda: AdaptiveSpan(HEADS, 1, 2.5),
        query=33,
        key=33,
        value=21,
        heads=HEADS,
        placed=True,
        windowed=True,
    ),
    "light_conv": Builder(
        lambda: LightConv(33, HEADS, 5),
        query=11,
        key=33,
        value=33,
        heads=HEADS,
        placed=True,
        windowed=True,
        blind=("query", "key"),
    ),
    "dynamic_conv": Builder(
        lambda: DynamicConv(33, HEADS, 5),
        query=33,
        key=33,
        value=33,
        heads=HEADS,
        placed=True,
        windowed=True,
        blind=("key",),
    ),
    "routing": Builder(
        lambda: Routing(13, 13, QUERIES, 3),
        query=13,
        key=13,
        value=13,
        together=True,
        numbered=True,
    ),
}

BY_HAND: dict[str, Equation] = {
    "hard": drawn,
    "gumbel": drawn,
    "sparsemax": sparsemax,
    "entmax": entmax,
    "adaptive_span": adaptive_span,
    "light_conv": light_conv,
    "dynamic_conv": dynamic_conv,
    "routing": routing,
}

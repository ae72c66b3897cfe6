"""Sums of the papers' equations, one number at a time: what several mechanisms share."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from torch import nn

from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.builder import Array


def matrix(linear: nn.Linear) -> Array:
    return np.asarray(linear.weight.detach().numpy())


def shares(scores: Array, allowed: Array) -> Array:
    """Softmax among the allowed keys."""
    grown = np.array(
        [math.exp(score) if may else 0.0 for score, may in zip(scores, allowed, strict=True)]
    )
    return np.asarray(grown / grown.sum()) if grown.sum() else grown


def product(query: Array, key: Array) -> float:
    return float(sum(q * k for q, k in zip(query, key, strict=True)))


def attended(score: Callable[[int, int], float], value: Array, allowed: Array) -> Array:
    """What every query takes away when query i and key j score so much."""
    queries, keys = allowed.shape
    contexts = [
        shares(np.array([score(i, j) for j in range(keys)]), allowed[i]) @ value
        for i in range(queries)
    ]
    return np.array(contexts)


def scaled_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """q · k / √d"""
    del m
    root = math.sqrt(key.shape[1])
    return attended(lambda i, j: product(query[i], key[j]) / root, value, allowed)


def logits(query: Array, key: Array) -> Array:
    """q · k / √d, one pair after the other."""
    root = math.sqrt(key.shape[1])
    return np.array(
        [[sum(q * k for q, k in zip(i, j, strict=True)) / root for j in key] for i in query]
    )


def softmax(row: Array) -> Array:
    grown = np.array([math.exp(number) for number in row])
    return np.asarray(grown / grown.sum())

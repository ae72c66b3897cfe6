"""Sentences and made-up heads for the widgets: readable, and with every troublemaker we know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NASTY = (
    "</script><img src=x onerror=alert(1)>",
    "<b>",
    "$x^2$",
    "**bold**",
    "مرحبا",
    "שלום",
    "👩‍👩‍👧",
    "e\u0301",
    "2020",
    "\x00",
)
ENGLISH = (
    "[CLS]",
    "The",
    "animal",
    "did",
    "not",
    "cross",
    "the",
    "street",
    "because",
    "it",
    "was",
    "too",
    "tired",
    ".",
    "[SEP]",
)
SOURCE = ("I", "love", "machine", "learning", ".")
TARGET = ("J'", "aime", "l'", "apprentissage", "automatique", ".")


def causal_heads(length: int, heads: int) -> NDArray[np.float64]:
    """(head, query, key): each head with a habit of its own, none looking ahead."""
    random = np.random.default_rng(7)
    distance = np.arange(length)[:, None] - np.arange(length)[None, :]
    sharp = np.linspace(0.2, 3.0, heads)[:, None, None]
    wish = (np.arange(heads) % 4)[:, None, None]
    scores = -sharp * np.abs(distance[None] - wish) + random.normal(size=(heads, length, length))
    scores[::3, :, 0] += 3.0
    scores = np.where(distance[None] >= 0, scores, -np.inf)
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    weights: NDArray[np.float64] = raised / raised.sum(-1, keepdims=True)
    return weights

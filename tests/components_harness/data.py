"""Sentences and made-up heads for the widgets: readable, and with every troublemaker we know."""

from __future__ import annotations

from typing import NamedTuple

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


class Tree(NamedTuple):
    """A beam as the widget takes it: one entry of each list a piece."""

    parents: list[int]
    texts: list[str]
    log_probabilities: list[float]
    totals: list[float]
    scores: list[float | None]
    chosen: list[bool]


def small_tree() -> Tree:
    """Two finished translations of "I sleep ." and two ways that were given up."""
    return Tree(
        parents=[-1, -1, 0, 0, 1, 2, 3, 4, 5, 6],
        texts=["Je", "J'", "dors", "suis", "ai", ".", "endormi", "dormi", "</s>", "</s>"],
        log_probabilities=[-0.11, -2.3, -0.36, -1.2, -0.7, -0.05, -0.9, -1.5, -0.01, -0.5],
        totals=[-0.11, -2.3, -0.47, -1.31, -3.0, -0.52, -2.21, -4.5, -0.53, -2.71],
        scores=[None, None, None, None, None, None, None, None, -0.33, -1.7],
        chosen=[True, False, True, False, False, True, False, False, True, False],
    )


def large_tree(width: int, steps: int) -> Tree:
    """A beam of this width: each step keeps the likeliest ways on; the last ones are finished."""
    random = np.random.default_rng(11)
    tree = Tree([], [], [], [], [], [])
    beam = [(-1, 0.0)]
    for step in range(steps):
        grown = []
        for parent, total in beam:
            for chance in np.log(random.dirichlet(np.full(6, 0.4)) + 1e-6):
                grown.append((parent, float(chance), total + float(chance)))
        beam = []
        for parent, chance, total in sorted(grown, key=lambda one: -one[2])[:width]:
            beam.append((len(tree.parents), total))
            tree.parents.append(parent)
            tree.texts.append(ENGLISH[len(tree.texts) % len(ENGLISH)])
            tree.log_probabilities.append(chance)
            tree.totals.append(total)
            tree.scores.append(total / steps if step == steps - 1 else None)
            tree.chosen.append(False)
    taken = beam[0][0]
    while taken >= 0:
        tree.chosen[taken] = True
        taken = tree.parents[taken]
    return tree

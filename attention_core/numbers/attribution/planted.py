"""A small output that can be worked out by hand: one head that looks from “b” at “a” and “b”.

The model takes 1/4 of the first vector and 3/4 of the second, whatever these are, and its output is
what it took. So a method that sees values must give (0.25, 1.5), and one that does not the weights.

>>> planted().value
1.75
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from attention_core.axes.tokens import spaced
from attention_core.numbers.attribution.output import Features, Layer, Output


def planted() -> Output:
    """The output of the two tokens 1 and 2, against 0 and 0."""
    given = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    weights = torch.tensor([[[1.0, 0.0], [0.25, 0.75]]], dtype=torch.float64)
    reads = torch.tensor([0.0, 1.0], dtype=torch.float64)
    gradient = reads[None, :, None] * given.T[None]
    layer = Layer(weights, gradient, lambda: given[None])
    held = Features(given, (reads @ weights[0])[:, None])
    return Output(
        spaced("a b"), given, torch.zeros_like(given), reads,
        lambda vectors: torch.einsum("q,qk,bkd->b", reads, weights[0], vectors),
        lambda: (layer,), "planted", features=lambda: held,
    )  # fmt: skip


def counted(worth: Mapping[str, float], words: Sequence[str]) -> Output:
    """The output of a model that adds up what words are worth, with the same attention for all.

    The answer is exact, whatever the words, and the attention says nothing about it: what is
    fetched does.

    >>> counted({"good": 1.0, "bad": -1.0}, ["a", "good", "film"]).value
    1.0
    """
    given = torch.tensor([[worth.get(word, 0.0)] for word in words], dtype=torch.float64)
    count = len(words)
    weights = torch.full((1, count, count), 1 / count, dtype=torch.float64)
    reads = torch.full((count,), 1 / count, dtype=torch.float64)
    gradient = (count * reads[:, None] * given.T)[None]
    held = Features(given, torch.ones_like(given))
    layer = Layer(weights, gradient, lambda: count * given[None])
    return Output(
        spaced(" ".join(words)), given, torch.zeros_like(given), reads,
        lambda vectors: count * torch.einsum("q,qk,bkd->b", reads, weights[0], vectors),
        lambda: (layer,), "counted", features=lambda: held,
    )  # fmt: skip

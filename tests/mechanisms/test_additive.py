"""Additive attention."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import attended, matrix, product
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import weights_of


@by_hand("additive", lambda: Additive(11, 13, 17), query=11, key=13, value=19)
def additive_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """v · tanh(W s + U h)"""
    assert isinstance(m, Additive)
    w, u, v = matrix(m.query_projection), matrix(m.key_projection), matrix(m.score)[0]

    def score(i: int, j: int) -> float:
        inner = [float(w[n] @ query[i] + u[n] @ key[j]) for n in range(len(v))]
        return product(v, np.tanh(inner))

    return attended(score, value, allowed)


def test_additive_by_hand() -> None:
    """The first pair adds to 1 and scores v·tanh 1 = ln 3, the second adds to 0 and scores 0."""
    mechanism = Additive(1, 1, 1)
    nn.init.constant_(mechanism.query_projection.weight, 2.0)
    nn.init.constant_(mechanism.key_projection.weight, 0.5)
    nn.init.constant_(mechanism.score.weight, math.log(3) / math.tanh(1))
    trace = mechanism(
        torch.tensor([[0.25]]), torch.tensor([[1.0], [-1.0]]), torch.tensor([[4.0], [8.0]])
    )
    assert weights_of(trace) == [[[0.75, 0.25]]]
    assert trace.context.tolist() == [[pytest.approx(5.0)]]

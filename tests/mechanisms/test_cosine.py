"""Cosine attention: directions count, lengths do not."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import cosine_similarity

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.cosine import Cosine
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import attended, product
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import inputs, weights_of


@by_hand("cosine", lambda: Cosine(3.0), query=11, key=11, value=19)
def cosine_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """β · (k · M) / (|k| |M|)"""
    assert isinstance(m, Cosine)

    def score(i: int, j: int) -> float:
        lengths = math.sqrt(product(query[i], query[i])) * math.sqrt(product(key[j], key[j]))
        return m.strength * product(query[i], key[j]) / lengths

    return attended(score, value, allowed)


def test_a_strength_of_ln_3_splits_3_to_1_between_alike_and_unlike() -> None:
    """The cosines are 1 and 0, whatever the lengths, so that the weights are 3/4 and 1/4."""
    query = torch.tensor([[0.0, 5.0]], dtype=torch.float64)
    key = torch.tensor([[0.0, 0.2], [70.0, 0.0]], dtype=torch.float64)
    trace = Cosine(math.log(3))(query, key, torch.tensor([[4.0], [8.0]], dtype=torch.float64))
    assert weights_of(trace) == [[[0.75, 0.25]]]
    assert trace.context.tolist() == [[pytest.approx(5.0)]]


def test_scores_equal_torchs_cosines() -> None:
    given = inputs("cosine")
    oracle = cosine_similarity(given.query[:, :, None], given.key[:, None], dim=-1)
    torch.testing.assert_close(Cosine(2.0)(*given).scores[:, 0], 2.0 * oracle)


def test_longer_vectors_look_the_same() -> None:
    given = inputs("cosine")
    longer = Cosine()(given.query * 7, given.key * 0.01, given.value, given.allowed)
    torch.testing.assert_close(longer.weights, Cosine()(*given).weights)


def test_a_strength_of_nothing_looks_at_all_keys_alike() -> None:
    given = inputs("cosine")
    weights = Cosine(0.0)(*given).weights[:, 0]
    even = given.allowed / given.allowed.sum(-1, keepdim=True).clamp_min(1)
    torch.testing.assert_close(weights, even.double())


def test_a_vector_of_zeros_points_nowhere() -> None:
    trace = Cosine()(torch.zeros(1, 4), torch.eye(4))
    assert (trace.scores == 0).all()


@pytest.mark.parametrize("strength", [-1.0, math.inf, math.nan])
def test_a_strength_that_gives_no_weights_is_refused(strength: float) -> None:
    with pytest.raises(ShapeError, match="use a number from 0"):
        Cosine(strength)

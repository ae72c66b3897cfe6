"""Top-k attention: so many keys, no more, and the softmax among them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.families.top_k import TopK, best
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import logits, shares
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import inputs, weights_of


@by_hand("top_k", lambda: TopK(3), query=11, key=11, value=19, zeroing=True)
def top_k_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """The highest of the rest is taken k times, the first of equals; then the softmax of those."""
    assert isinstance(m, TopK)
    scores, rows = logits(query, key), []
    for i in range(len(query)):
        left = [j for j in range(len(key)) if allowed[i, j]]
        kept = np.zeros(len(key), bool)
        for _ in range(min(m.count, len(left))):
            highest = max(left, key=lambda j, i=i: scores[i, j])  # type: ignore[misc]
            kept[highest] = True
            left.remove(highest)
        rows.append(shares(scores[i], kept) @ value)
    return np.array(rows)


def test_the_two_best_of_three_share() -> None:
    """Scores are ln 3, 0 and −1; the third gets nothing, the others 3/4 and 1/4."""
    key = torch.tensor([[math.log(3)], [0.0], [-1.0]], dtype=torch.float64)
    trace = TopK(2)(torch.ones(1, 1, dtype=torch.float64), key)
    assert weights_of(trace) == [[[0.75, 0.25, 0.0]]]


def test_of_equals_the_first_are_kept() -> None:
    """Torch's own topk leaves open which."""
    scores = torch.tensor([[1.0, 2.0, 1.0, 2.0, 1.0]])
    allowed = torch.tensor([[True, True, True, True, True]])
    assert best(scores, allowed, 3).tolist() == [[True, True, False, True, False]]
    assert best(torch.zeros(1, 500), torch.ones(1, 500, dtype=torch.bool), 7).sum() == 7
    assert best(torch.zeros(1, 500), torch.ones(1, 500, dtype=torch.bool), 7)[0, :7].all()


def test_what_may_not_be_looked_at_is_never_among_the_best() -> None:
    scores = torch.tensor([[9.0, 1.0, 2.0]])
    assert best(scores, torch.tensor([[False, True, True]]), 1).tolist() == [[False, False, True]]
    assert best(scores, torch.tensor([[False, True, False]]), 2).tolist() == [[False, True, False]]


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_the_kept_keys_are_those_of_torchs_topk(count: int) -> None:
    given = inputs("top_k")
    free = torch.ones_like(given.allowed)
    plain = ScaledDotProduct()(given.query, given.key, given.value, free)
    chosen = plain.scores.topk(count, -1).indices
    hidden = torch.full_like(plain.scores, -torch.inf).scatter(
        -1, chosen, plain.scores.gather(-1, chosen)
    )
    found = TopK(count)(given.query, given.key, given.value, free)
    torch.testing.assert_close(found.weights, hidden.softmax(-1))


def test_as_many_as_there_are_keys_is_the_softmax() -> None:
    given = inputs("top_k")
    assert torch.equal(TopK(7)(*given).weights, ScaledDotProduct()(*given).weights)


def test_one_is_the_best_key_whole() -> None:
    given = inputs("top_k")
    assert set(TopK(1)(*given).weights.unique().tolist()) == {0.0, 1.0}


def test_none_is_refused() -> None:
    with pytest.raises(ShapeError, match="keep at least 1"):
        TopK(0)

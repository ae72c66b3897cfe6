"""Sums by hand for the measures of a translation's attention."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attention_core.numbers.confidence import (
    Matrix,
    absent_mindedness_in,
    absent_mindedness_out,
    confidence,
    coverage,
    coverage_deviation,
    entropy,
)


def matrix(*rows: list[float]) -> Matrix:
    return np.array(rows, dtype=np.float32)


PERFECT = matrix([1, 0], [0, 1])
EVEN = matrix([0.5, 0.5], [0.5, 0.5], [0.5, 0.5])
LOPSIDED = matrix([0.75, 0.25], [1, 0])


def test_one_word_for_each_costs_nothing() -> None:
    assert confidence(PERFECT) == (0, 0, 0, 0)


def test_coverage_is_what_each_source_word_was_given() -> None:
    assert coverage(LOPSIDED).tolist() == [1.75, 0.25]
    assert coverage(EVEN).tolist() == [1.5, 1.5]


def test_words_used_too_much_or_too_little_cost_coverage_deviation() -> None:
    assert coverage_deviation(EVEN) == pytest.approx(log(1 + 0.25))
    assert coverage_deviation(LOPSIDED) == pytest.approx(log(1 + 0.75**2))  # both are 0.75 off
    assert coverage_deviation(np.zeros((3, 5), np.float32)) == pytest.approx(log(2))


def test_a_wide_look_is_absent_minded_outwards() -> None:
    assert absent_mindedness_out(EVEN) == pytest.approx(log(2))
    row = -(0.75 * log(0.75) + 0.25 * log(0.25))
    assert absent_mindedness_out(LOPSIDED) == pytest.approx(row / 2)


def test_many_looks_at_one_word_are_absent_minded_inwards() -> None:
    assert absent_mindedness_in(EVEN) == pytest.approx(log(3))
    share = 0.75 / 1.75
    first = -(share * log(share) + (1 - share) * log(1 - share))
    assert absent_mindedness_in(LOPSIDED) == pytest.approx(first / 2)  # the second: one look only


def test_entropy_is_in_bits_and_blind_to_what_hidden_tokens_took() -> None:
    assert entropy(EVEN) == pytest.approx(1)
    assert entropy(EVEN * 0.3) == pytest.approx(1)
    row = -(0.75 * log2(0.75) + 0.25 * log2(0.25))
    assert entropy(LOPSIDED) == pytest.approx(row / 2)


def test_both_directions_are_added() -> None:
    found = confidence(EVEN)
    assert found.absent_mindedness == pytest.approx(log(2) + log(3))


def test_nothing_to_align_costs_nothing() -> None:
    assert confidence(np.zeros((0, 3), np.float32))[1:] == (0, 0, 0)
    assert confidence(np.zeros((0, 0), np.float32)) == (0, 0, 0, 0)


@given(arrays(np.float32, (5, 7), elements=st.floats(0, 1, width=32)))
def test_costs_are_finite_and_the_matrix_is_left_as_it_was(weights: Matrix) -> None:
    before = weights.copy()
    found = confidence(weights)
    assert all(np.isfinite(cost) and cost >= -1e-5 for cost in found)
    assert (weights == before).all()

"""The lab's small computations: invented numbers, edits, masks, and refusals in words."""

from __future__ import annotations

import math

import pytest
import torch

from attention_core.errors import ShapeError
from attention_core.mechanisms import ALL
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.families.dot_product import ScaledDotProduct


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("looks", ["cross", "self"])
@pytest.mark.parametrize("mask", ["none", "causal", "last"])
def test_every_mechanism_runs_as_it_starts(name: str, looks: lab.Looks, mask: lab.Mask) -> None:
    trace = lab.run(Experiment(name, looks=looks, mask=mask))
    queries = 6 if looks == "self" else 4
    assert trace.weights.shape[-2:] == (queries, 6)
    assert trace.context.shape == (queries, 4)
    if mask == "last":
        assert (trace.weights[..., -1] == 0).all()


def test_numbers_are_of_one_decimal_and_come_back_with_their_seed() -> None:
    first, again = (lab.rows(Experiment("luong_dot", {"numbers": 3}), "key") for _ in range(2))
    other = lab.rows(Experiment("luong_dot", {"numbers": 4}), "key")
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(first, first.round(decimals=1))


def test_more_tokens_leave_the_first_ones_as_they_were() -> None:
    few, many = (lab.rows(Experiment("luong_dot", {"keys": keys}), "key") for keys in (2, 9))
    assert torch.equal(few, many[:2])


def test_an_edit_replaces_one_number() -> None:
    plain = lab.rows(Experiment("luong_dot"), "value")
    edited = lab.rows(Experiment("luong_dot", edits={"value": {(1, 2): 9.5}}), "value")
    assert edited[1, 2] == 9.5
    assert int((edited != plain).sum()) == 1


def test_in_self_attention_one_edit_is_in_query_key_and_value() -> None:
    edited = Experiment("luong_dot", looks="self", edits={"query": {(0, 0): 5.0}})
    assert all(lab.rows(edited, part)[0, 0] == 5 for part in lab.PARTS)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e9])
def test_a_number_that_cannot_be_computed_with_is_refused(number: float) -> None:
    with pytest.raises(ShapeError, match="type one between −1000 and 1000"):
        lab.run(Experiment("luong_dot", edits={"key": {(0, 0): number}}))


def test_temperature_divides_the_scores() -> None:
    trace = lab.run(Experiment("scaled_dot_product", {"temperature": 2}))
    torch.testing.assert_close(trace.weights, torch.softmax(trace.scores / 2, -1))


def test_the_lab_computes_with_the_mechanism_itself() -> None:
    given = Experiment("scaled_dot_product")
    parts = [lab.rows(given, part) for part in lab.PARTS]
    assert torch.equal(lab.run(given).context, ScaledDotProduct()(*parts).context)


def test_masks_by_hand() -> None:
    causal = lab.allowed(Experiment("luong_dot", {"keys": 3}, "self", "causal"))
    assert causal.tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    padded = lab.allowed(Experiment("luong_dot", {"keys": 3, "queries": 2}, "cross", "last"))
    assert padded.tolist() == [[True, True, False]] * 2
    assert lab.allowed(Experiment("luong_dot", {"keys": 3, "queries": 2})).all()

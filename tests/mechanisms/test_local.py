"""Luong's local attention: windows, centres, and what is left of the sum in each form."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.local import LocalMonotonic, LocalPredictive, Normalisation
from attention_core.mechanisms.families.luong import General
from attention_core.mechanisms.mechanism import Mechanism, Trace
from tests.mechanisms.arithmetic import attended, matrix, product, shares
from tests.mechanisms.builder import REACH, Array, by_hand
from tests.mechanisms.inputs import Inputs, inputs, made, weights_of
from tests.mechanisms.test_luong import bilinear


@by_hand(
    "local_monotonic",
    lambda: LocalMonotonic(11, 13, REACH),
    query=11,
    key=13,
    value=19,
    placed=True,
    windowed=True,
)
def local_monotonic_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """p_t = t, no further than the last word; a window of D keys on either side."""
    assert isinstance(m, LocalMonotonic)
    seen = allowed.copy()
    for t in range(len(query)):
        centre = min(t, max(0, int(allowed[t].sum()) - 1))
        for s in range(len(key)):
            seen[t, s] &= centre - m.reach <= s <= centre + m.reach
    return attended(lambda i, j: bilinear(m.align, query[i], key[j]), value, seen)


def predicted(m: LocalPredictive, query: Array, length: int) -> float:
    """p_t = S · sigmoid(v · tanh(W h))"""
    w, v = matrix(m.position_projection), matrix(m.position)[0]
    inner = sum(v[n] * math.tanh(product(w[n], query)) for n in range(len(v)))
    return length / (1 + math.exp(-inner))


def local_predictive_weights(m: LocalPredictive, query: Array, key: Array, allowed: Array) -> Array:
    """align(h, s) · exp(−(s − p)² / 2σ²) with σ = D/2, in the paper's form or one of the others."""
    rows, sigma = [], m.reach / 2
    for t in range(len(query)):
        centre = predicted(m, query[t], int(allowed[t].sum()))
        bell = np.array([math.exp(-((s - centre) ** 2) / (2 * sigma**2)) for s in range(len(key))])
        near = np.array([abs(s - centre) <= m.reach for s in range(len(key))])
        scores = np.array([bilinear(m.align, query[t], s) for s in key])
        if m.normalisation == "post2015":
            rows.append(shares(scores * bell, allowed[t] & near))
            continue
        row = shares(scores, allowed[t] & near) * bell
        rows.append(row / row.sum() if m.normalisation == "renormalised" and row.sum() else row)
    return np.array(rows)


@by_hand(
    "local_predictive",
    lambda: LocalPredictive(11, 13, REACH),
    query=11,
    key=13,
    value=19,
    placed=True,
    windowed=True,
)
def local_predictive_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    assert isinstance(m, LocalPredictive)
    return np.asarray(local_predictive_weights(m, query, key, allowed) @ value)


FORMS: tuple[Normalisation, ...] = get_args(Normalisation)
NAMES = ["local_monotonic", "local_predictive"]


def monotonic(reach: int) -> LocalMonotonic:
    torch.manual_seed(5)
    return LocalMonotonic(11, 13, reach).double()


def predictive(reach: int, form: Normalisation = "paper", pull: float = 2.0) -> LocalPredictive:
    """pull  how far the centres lie from the middle of the sentence"""
    torch.manual_seed(5)
    mechanism = LocalPredictive(11, 13, reach, form).double()
    nn.init.normal_(mechanism.position.weight, std=pull)
    return mechanism


def free(name: str) -> Inputs:
    """The inputs with every key allowed."""
    given = inputs(name)
    return Inputs(given.query, given.key, given.value, torch.ones_like(given.allowed))


def extra(trace: Trace, name: str) -> Tensor:
    return next(found.tensor for found in trace.extras if found.name == name)


# Windows


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_a_window_holds_at_most_its_two_sides_and_the_middle(reach: int) -> None:
    for mechanism in (monotonic(reach), *(predictive(reach, form) for form in FORMS)):
        trace = mechanism(*free("local_monotonic"))
        counts = (trace.weights != 0).sum(-1)
        assert int(counts.max()) <= 2 * reach + 1
        assert int(counts.min()) >= 1
        distance = (torch.arange(7) - extra(trace, "centre").unsqueeze(-1)).abs()
        assert bool(((trace.weights != 0) == (distance <= reach)).all())


def test_word_t_looks_around_word_t_and_no_further_than_the_last() -> None:
    trace = monotonic(1)(*free("local_monotonic"))
    seen = [[j for j in range(7) if trace.weights[0, 0, i, j]] for i in range(5)]
    assert seen == [[0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]
    late = monotonic(1).attend(
        torch.ones(1, 11).double(), torch.ones(7, 11).double(), torch.ones(7, 13).double(),
        torch.ones(1, 7, dtype=torch.bool), first=40,
    )  # fmt: skip
    assert extra(late, "centre").tolist() == [[6.0]]
    assert weights_of(late) == [[[0, 0, 0, 0, 0, 0.5, 0.5]]]


def test_padding_is_not_the_last_word() -> None:
    """Of seven keys three are words; the fifth query stays at the third of them."""
    given = free("local_monotonic")
    allowed = given.allowed & (torch.arange(7) < 3)
    trace = monotonic(1)(given.query, given.key, given.value, allowed)
    assert extra(trace, "centre")[0].tolist() == [[0, 1, 2, 2, 2]]
    short = monotonic(1)(given.query, given.key[:, :3], given.value[:, :3])
    torch.testing.assert_close(trace.weights[..., :3], short.weights)
    torch.testing.assert_close(trace.context, short.context)


def test_a_window_as_wide_as_the_sentence_is_general_attention() -> None:
    mechanism, given = monotonic(7), inputs("local_monotonic")
    whole = mechanism.align(*given)
    trace = mechanism(*given)
    torch.testing.assert_close(trace.weights, whole.weights)
    torch.testing.assert_close(trace.context, whole.context)


# The predicted centre


def test_centres_are_the_papers_and_lie_in_the_sentence() -> None:
    mechanism, given = predictive(2), free("local_predictive")
    centres = extra(mechanism(*given), "centre").detach()
    assert float(centres.min()) >= 0
    assert float(centres.max()) <= 7
    assert float(centres.max() - centres.min()) > 3
    for batch in range(2):
        for i in range(5):
            literal = predicted(mechanism, given.query[batch, i].numpy(), 7)
            assert float(centres[batch, 0, i]) == pytest.approx(literal)


def test_a_shorter_sentence_has_its_centres_in_itself() -> None:
    given = free("local_predictive")
    allowed = given.allowed & (torch.arange(7) < 3)
    mechanism = predictive(2)
    padded = mechanism(given.query, given.key, given.value, allowed)
    short = mechanism(given.query, given.key[:, :3], given.value[:, :3])
    torch.testing.assert_close(extra(padded, "centre"), extra(short, "centre"))
    torch.testing.assert_close(padded.weights[..., :3], short.weights)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reach", [1, 2, 4])
def test_every_form_equals_its_equation_worked_out_one_number_at_a_time(
    form: Normalisation, reach: int
) -> None:
    mechanism, given = predictive(reach, form), inputs("local_predictive", ())
    slow = local_predictive_weights(
        mechanism, given.query.numpy(), given.key.numpy(), given.allowed.numpy()
    )
    found = mechanism(*given).weights.detach()
    np.testing.assert_allclose(found[0].numpy(), slow, atol=1e-12)


def test_local_predictive_by_hand() -> None:
    """v = 0 puts the centre at 3 / 2; D = 2 gives σ = 1; equal scores share 1 in thirds."""
    mechanism = LocalPredictive(1, 1, 2)
    for parameter in mechanism.parameters():
        nn.init.zeros_(parameter)
    trace = mechanism(torch.ones(1, 1), torch.ones(3, 1), torch.tensor([[1.0], [10], [100]]))
    far, near = math.exp(-(1.5**2) / 2) / 3, math.exp(-0.125) / 3
    assert trace.weights.flatten().tolist() == pytest.approx([far, near, near])
    assert float(trace.context.detach()) == pytest.approx(far + 110 * near)


def test_the_paper_multiplies_shares_by_a_bell_and_loses_some_of_the_sum() -> None:
    mechanism, given = predictive(2), free("local_predictive")
    trace = mechanism(*given)
    inside = mechanism.align(given.query, given.key, given.value, trace.allowed.squeeze(1))
    bell = extra(trace, "gaussian")
    torch.testing.assert_close(trace.weights, inside.weights * bell)
    sums = trace.weights.sum(-1)
    torch.testing.assert_close(sums, (inside.weights * bell).sum(-1))
    assert float(sums.max()) <= 1
    assert float(sums.min()) > 0
    assert float(sums.min()) < 0.95


@pytest.mark.parametrize("form", ["renormalised", "post2015"])
def test_the_other_two_forms_share_one(form: Normalisation) -> None:
    trace = predictive(2, form)(*free("local_predictive"))
    torch.testing.assert_close(trace.weights.sum(-1), torch.ones(2, 1, 5, dtype=torch.float64))
    paper = predictive(2)(*free("local_predictive")).weights
    scaled = paper / paper.sum(-1, keepdim=True)
    assert torch.allclose(trace.weights, scaled) == (form == "renormalised")


@pytest.mark.parametrize("form", FORMS)
def test_a_bell_without_end_leaves_general_attention(form: Normalisation) -> None:
    """σ = D / 2 grows with the reach; a window over the sentence alone is not enough."""
    given = free("local_predictive")
    whole = predictive(1).align(*given).weights
    wide = predictive(10**6, form)(*given).weights
    torch.testing.assert_close(wide, whole, atol=1e-9, rtol=0)
    tight = predictive(7, form)(*given).weights
    assert float((tight - whole).abs().max()) > 0.01


def test_the_centre_learns_through_the_bell_alone() -> None:
    mechanism, given = predictive(2), free("local_predictive")
    trace = mechanism(*given)
    taken = (trace.weights * torch.arange(7)).sum()
    centre, bell = extra(trace, "centre"), extra(trace, "gaussian")
    shares = (trace.weights / bell).detach()
    distance = torch.arange(7) - centre.detach().unsqueeze(-1)
    slope = bell.detach() * distance  # of exp(−(s − p)² / 2σ²) by p, with σ = 1
    due = (shares * slope * torch.arange(7)).sum(-1)
    assert float(due.abs().min()) > 0
    mine = [*mechanism.position.parameters(), *mechanism.position_projection.parameters()]
    found = torch.autograd.grad(taken, mine, retain_graph=True)
    for one, other in zip(found, torch.autograd.grad(centre, mine, due), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reach", [1, 3])
def test_gradients_of_every_form_equal_finite_differences(form: Normalisation, reach: int) -> None:
    mechanism, given = predictive(reach, form), inputs("local_predictive", ())
    leaves = [part.clone().requires_grad_() for part in (given.query, given.key, given.value)]

    def outcome(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        trace = mechanism(query, key, value, given.allowed)
        return trace.weights, trace.context

    assert torch.autograd.gradcheck(outcome, leaves, fast_mode=True)


# Both kinds


@pytest.mark.parametrize("name", NAMES)
def test_extras_have_the_axes_that_they_name(name: str) -> None:
    trace = made(name)(*inputs(name))
    sizes = {"h": 1, "q": 5, "k": 7}
    for found in trace.extras:
        assert tuple(found.tensor.shape[1:]) == tuple(sizes[axis] for axis in found.axes.split())


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_general_attention(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    align = mechanism.get_submodule("align")
    assert isinstance(align, General)
    torch.testing.assert_close(mechanism(*given).scores, align(*given).scores)


@pytest.mark.parametrize("reach", [0, -1])
def test_an_empty_window_is_refused(reach: int) -> None:
    for kind in (LocalMonotonic, LocalPredictive):
        with pytest.raises(ShapeError, match=f"reaches {reach} keys is empty"):
            kind(3, 3, reach)

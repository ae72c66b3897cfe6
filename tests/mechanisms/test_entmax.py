"""Sparsemax and α-entmax, held to their laws and to the authors' own programs."""

from __future__ import annotations

import math

import entmax as theirs
import numpy as np
import pytest
import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.families.entmax import Entmax, Sparsemax, entmax, threshold
from attention_core.mechanisms.mechanism import Mechanism, softmax
from tests.mechanisms.arithmetic import logits
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import inputs


def nearest(scores: Array) -> Array:
    """The point of the simplex nearest to the scores: every support tried, the nearest kept."""
    best, least = np.zeros_like(scores), math.inf
    for chosen in range(1, 2 ** len(scores)):
        inside = [place for place in range(len(scores)) if chosen >> place & 1]
        shift = (sum(scores[inside]) - 1) / len(inside)
        point = np.array([z - shift if i in inside else 0.0 for i, z in enumerate(scores)])
        if point.min() >= 0 and (distance := float(((point - scores) ** 2).sum())) < least:
            best, least = point, distance
    return best


@by_hand("sparsemax", Sparsemax, query=11, key=11, value=19, zeroing=True)
def sparsemax_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    assert isinstance(m, Sparsemax)
    weights = np.zeros(allowed.shape)
    for i, row in enumerate(logits(query, key)):
        if allowed[i].any():
            weights[i, allowed[i]] = nearest(row[allowed[i]])
    return np.asarray(weights @ value)


@by_hand("entmax", lambda: Entmax(1.5), query=11, key=11, value=19, zeroing=True)
def entmax_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """[(α − 1) z − τ]₊^(1 / (α − 1)), with τ raised until the shares sum to no more than 1."""
    assert isinstance(m, Entmax)
    power, weights = 1 / (m.alpha - 1), np.zeros(allowed.shape)
    for i, row in enumerate(logits(query, key)):
        seen = [(m.alpha - 1) * z for z, may in zip(row, allowed[i], strict=True) if may]
        if not seen:
            continue
        tau, step = min(seen) - 1, 1.0
        while tau + step != tau:
            if sum(max(z - tau - step, 0) ** power for z in seen) >= 1:
                tau += step
            else:
                step /= 2
        weights[i, allowed[i]] = [max(z - tau, 0) ** power for z in seen]
    return np.asarray(weights @ value)


ROWS, KEYS = 41, 7
ALPHAS = [1.05, 1.2, 1.5, 1.75, 1.95, 2.0]


def scores(seed: int = 3, scale: float = 1.0) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return scale * torch.randn(ROWS, KEYS, generator=dice, dtype=torch.float64)


def masks(seed: int = 5) -> Tensor:
    """Some keys forbidden, at least one allowed in every row."""
    allowed = torch.rand(ROWS, KEYS, generator=torch.Generator().manual_seed(seed)) < 0.6
    allowed[:, 2] = True
    return allowed


EVERY = torch.ones(ROWS, KEYS, dtype=torch.bool)


# Sums by hand


def test_sparsemax_by_hand() -> None:
    """1 and 0.6 are cut at 0.3, where 0.7 and 0.3 are left; 0.2 is below."""
    found = entmax(torch.tensor([[1.0, 0.6, 0.2]]), torch.ones(1, 3, dtype=torch.bool), 2)
    assert found.tolist() == [[pytest.approx(0.7), pytest.approx(0.3), 0.0]]


def test_entmax_by_hand() -> None:
    """Half of 1.6 and of 1.2, cut at 0 and squared: 0.64 and 0.36; half of −1 is below."""
    row = torch.tensor([[1.6, 1.2, -1.0]], dtype=torch.float64)
    found = entmax(row, EVERY[:1, :3], 1.5)
    assert found.tolist() == [[pytest.approx(0.64), pytest.approx(0.36), 0.0]]
    assert threshold(row, EVERY[:1, :3], 1.5).item() == pytest.approx(0, abs=1e-12)


def test_a_score_one_ahead_takes_everything_in_sparsemax() -> None:
    ahead = torch.tensor([[2.0, 1.0, 0.5], [2.0, 1.25, 0.5]])
    assert entmax(ahead, EVERY[:2, :3], 2).tolist() == [[1, 0, 0], [0.875, 0.125, 0]]


# Oracles


def projected(row: Tensor) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The nearest point of the simplex, by alternating between its plane and its corners."""
    point, bent = row.numpy().copy(), np.zeros(len(row))
    for _ in range(20_000):  # Dykstra's projections
        plane = point - (point.sum() - 1) / len(point)
        point = np.maximum(plane + bent, 0)
        bent = plane + bent - point
    return point


def test_sparsemax_is_the_projection_on_the_simplex() -> None:
    rows = scores()[:5]
    for row, found in zip(rows, entmax(rows, EVERY[:5], 2), strict=True):
        np.testing.assert_allclose(found.numpy(), projected(row), atol=1e-9)


@pytest.mark.parametrize("masked", [False, True])
def test_sparsemax_equals_the_authors(masked: bool) -> None:
    allowed = masks() if masked else EVERY
    oracle = theirs.sparsemax(scores().masked_fill(~allowed, -torch.inf), dim=-1)
    torch.testing.assert_close(entmax(scores(), allowed, 2), oracle, atol=1e-14, rtol=0)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("masked", [False, True])
def test_entmax_equals_the_authors(alpha: float, masked: bool) -> None:
    allowed = masks() if masked else EVERY
    hidden = scores().masked_fill(~allowed, -torch.inf)
    oracle = theirs.entmax_bisect(hidden, alpha, dim=-1, n_iter=80)
    torch.testing.assert_close(entmax(scores(), allowed, alpha), oracle, atol=1e-13, rtol=0)


@pytest.mark.parametrize("alpha", [*ALPHAS[:-1], 1.002, 1.9999])
@pytest.mark.parametrize("near", [0.5, 0.8, 0.95, 0.99])
def test_as_many_keys_as_a_long_text_has_leave_nothing_to_find(alpha: float, near: float) -> None:
    """Scores that fall by less and less: the support is found key by key."""
    falling = near ** torch.arange(512, dtype=torch.float64)
    for rows in (falling, -falling, (1 - near) * falling):
        cut = threshold(rows[None], EVERY[:1, :1], alpha)
        found = ((alpha - 1) * (rows - cut)).clamp_min(0) ** (1 / (alpha - 1))
        torch.testing.assert_close(
            entmax(rows[None], EVERY[:1, :1], alpha)[0], found[0], atol=1e-12, rtol=0
        )
        assert float(found.sum()) == pytest.approx(1, abs=1e-12)


def test_one_and_a_half_equals_the_authors_exact_algorithm() -> None:
    oracle = theirs.entmax15(scores(), dim=-1)
    torch.testing.assert_close(entmax(scores(), EVERY, 1.5), oracle, atol=1e-13, rtol=0)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_gradients_equal_the_authors(alpha: float) -> None:
    pull = scores(seed=9)
    ours, other = (scores().requires_grad_() for _ in range(2))
    torch.autograd.backward(entmax(ours, EVERY, alpha), pull)
    torch.autograd.backward(theirs.entmax_bisect(other, alpha, dim=-1, n_iter=80), pull)
    torch.testing.assert_close(ours.grad, other.grad, atol=1e-10, rtol=0)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_gradients_equal_finite_differences_for_every_alpha(alpha: float) -> None:
    rows = scores()[:5].requires_grad_()
    assert torch.autograd.gradcheck(lambda one: entmax(one, masks()[:5], alpha), rows)


# Limits


@pytest.mark.parametrize("near", [1e-2, 2e-3])
def test_towards_one_it_becomes_the_softmax(near: float) -> None:
    far = (entmax(scores(), EVERY, 1 + near) - softmax(scores(), EVERY)).abs().max()
    assert 0 < far < 2 * near


@pytest.mark.parametrize("alpha", [1.0, 1.0005])
def test_at_one_it_is_the_softmax(alpha: float) -> None:
    given = inputs("entmax")
    trace, plain = Entmax(alpha)(*given), ScaledDotProduct()(*given)
    assert torch.equal(trace.weights, plain.weights)
    assert trace.extras == ()  # nothing is cut


def test_towards_two_it_becomes_sparsemax_and_at_two_it_is() -> None:
    sparse = entmax(scores(), EVERY, 2)
    assert (entmax(scores(), EVERY, 2 - 1e-6) - sparse).abs().max() < 1e-5
    given = inputs("entmax")
    assert torch.equal(Entmax(2)(*given).weights, Sparsemax()(*given).weights)


# Laws


def test_the_support_shrinks_as_alpha_grows() -> None:
    supports = [int((entmax(scores(scale=2), EVERY, alpha) > 0).sum()) for alpha in ALPHAS]
    assert supports == sorted(supports, reverse=True)
    assert supports[-1] < supports[0]


@pytest.mark.parametrize("alpha", ALPHAS)
def test_adding_a_number_to_every_score_changes_nothing(alpha: float) -> None:
    moved = entmax(scores() + 37, masks(), alpha)
    torch.testing.assert_close(moved, entmax(scores(), masks(), alpha), atol=1e-12, rtol=0)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_exactly_the_keys_above_the_threshold_have_weight(alpha: float) -> None:
    wide, allowed = scores(scale=20), masks()
    above = (wide > threshold(wide, allowed, alpha)) & allowed
    assert torch.equal(entmax(wide, allowed, alpha) > 0, above)
    assert not bool(above[allowed].all())


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_the_largest_and_smallest_numbers_of_a_type_are_survived(
    alpha: float, kind: torch.dtype
) -> None:
    edge = torch.finfo(kind)
    extreme = torch.tensor([[edge.min, edge.min, 0.0], [edge.max, edge.min, 0.0]], dtype=kind)
    allowed = torch.tensor([[True, True, False], [True, True, True]])
    assert entmax(extreme, allowed, alpha).tolist() == [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]


@pytest.mark.parametrize("alpha", ALPHAS)
def test_a_row_of_nothing_takes_nothing_and_pulls_at_nothing(alpha: float) -> None:
    rows = scores()[:2].requires_grad_()
    allowed = EVERY[:2].clone()
    allowed[1] = False
    found = entmax(rows, allowed, alpha)
    torch.autograd.backward(found, scores(seed=9)[:2])
    assert found[1].tolist() == [0] * KEYS
    assert threshold(rows, allowed, alpha)[1].item() == 0
    assert rows.grad is not None
    assert rows.grad[1].tolist() == [0] * KEYS
    assert bool(torch.isfinite(rows.grad).all())


# As a mechanism


@pytest.mark.parametrize("made", [Sparsemax(), Entmax(1.5)])
def test_temperature_divides_the_scores_and_the_threshold_is_told_as_a_score(made: Entmax) -> None:
    given = inputs("entmax")
    made.temperature = 0.25
    trace = made(*given)
    torch.testing.assert_close(
        trace.weights, entmax(trace.scores / 0.25, trace.allowed, made.alpha)
    )
    (cut,) = trace.extras
    assert cut.name == "threshold"
    assert cut.axes == "h q"
    above = (trace.scores > cut.tensor.unsqueeze(-1)) & trace.allowed
    assert torch.equal(trace.weights > 0, above)


def test_cold_attention_looks_at_the_best_key_only() -> None:
    made, given = Entmax(1.5), inputs("entmax")
    made.temperature = 1e-3
    trace = made(*given)
    best = trace.scores.masked_fill(~trace.allowed, -math.inf).argmax(-1)
    seeing = trace.allowed.any(-1)
    assert torch.equal(trace.weights.argmax(-1)[seeing], best[seeing])
    assert trace.weights[seeing].amax(-1).min() == 1


@pytest.mark.parametrize("alpha", [0.9, 2.1, -1.0, math.nan, math.inf])
def test_an_alpha_out_of_range_is_refused(alpha: float) -> None:
    with pytest.raises(ShapeError, match="use 1 \\(softmax\\) to 2 \\(sparsemax\\)"):
        Entmax(alpha)

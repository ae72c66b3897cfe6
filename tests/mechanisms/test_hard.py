"""Hard attention: fair draws, unbiased learning, and the straight-through estimate."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.mechanisms.families import hard as module
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.families.hard import (
    GumbelHard,
    Hard,
    gumbel_noise,
    one_hot,
    reinforce,
    running_baseline,
)
from attention_core.mechanisms.mechanism import Mechanism, Trace
from tests.mechanisms.arithmetic import logits
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import inputs

DRAWS = 47
"""A seed whose draws fall on the keys that the laws of the family look at."""


def even(seed: int, query: int, key: int) -> float:
    """SplitMix64 in whole numbers of any size: three rounds, to each its number."""
    bits = 0
    for number in (seed, query, key):
        bits = (bits + number + 0x9E3779B97F4A7C15) % 2**64
        bits = ((bits ^ bits >> 30) * 0xBF58476D1CE4E5B9) % 2**64
        bits = ((bits ^ bits >> 27) * 0x94D049BB133111EB) % 2**64
        bits ^= bits >> 31
    return (bits // 2**12 + 0.5) / 2**52


@by_hand(
    "hard",
    lambda: Hard(DRAWS),
    query=11,
    key=11,
    value=19,
    placed=True,
    zeroing=True,
    blind=("query", "key"),
)
@by_hand(
    "gumbel",
    lambda: GumbelHard(DRAWS),
    query=11,
    key=11,
    value=19,
    placed=True,
    zeroing=True,
    estimated=True,
)
def drawn_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """The value of the key whose score plus noise is the largest."""
    assert isinstance(m, Hard | GumbelHard)
    rows = np.zeros((len(query), value.shape[1]))
    for i, row in enumerate(logits(query, key)):
        heights = {
            j: score - math.log(-math.log(even(m.seed, i, j)))
            for j, score in enumerate(row)
            if allowed[i, j]
        }
        if heights:
            rows[i] = value[max(heights, key=lambda j: heights[j])]
    return rows


DRAWS, KEYS, WIDTH = 100_000, 5, 3
SEED = 11


def rows(count: int, seed: int, width: int = WIDTH) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=dice, dtype=torch.float64)


KEY, VALUE = rows(KEYS, 2), rows(KEYS, 3)


def drawn(made: Hard | GumbelHard, count: int = DRAWS) -> Trace:
    """As many draws as there are queries: all the same query, at different places."""
    trace: Trace = made(rows(1, 1).expand(count, WIDTH), KEY, VALUE)
    return trace


def extra(trace: Trace, name: str) -> Tensor:
    return next(one.tensor for one in trace.extras if one.name == name)


def soft() -> Trace:
    trace: Trace = ScaledDotProduct()(rows(1, 1), KEY, VALUE)
    return trace


# The noise


def test_noise_is_gumbel_noise() -> None:
    sample = gumbel_noise(SEED, 400, 250).flatten().numpy()
    assert stats.kstest(sample, "gumbel_r").pvalue > 0.01


def test_neighbouring_places_and_seeds_have_nothing_in_common() -> None:
    one = gumbel_noise(SEED, 200, 200)
    for other in (gumbel_noise(SEED + 1, 200, 200), one.roll(1, 0), one.roll(1, 1), one.T):
        together = torch.corrcoef(torch.stack((one.flatten(), other.flatten())))[0, 1]
        assert abs(float(together)) < 0.02


def test_noise_belongs_to_its_place() -> None:
    whole = gumbel_noise(SEED, 9, 7)
    assert torch.equal(gumbel_noise(SEED, 2, 4, first=5), whole[5:7, :4])
    assert torch.equal(whole, gumbel_noise(SEED, 9, 7))
    assert not torch.equal(whole, gumbel_noise(SEED + 1, 9, 7))


def test_every_member_of_a_batch_draws_with_the_same_noise() -> None:
    given = inputs("hard")
    twice = [torch.stack((part[0], part[0])) for part in given]
    first, second = Hard(SEED)(*twice).weights
    assert torch.equal(first, second)


# Draws


def test_a_draw_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores 1, 0 and 3 with noise 1, 2.5 and 9 make 2, 2.5 and 12; the last may not be seen."""

    def noise(seed: int, queries: int, keys: int, first: int) -> Tensor:
        assert (seed, queries, keys, first) == (4, 1, 3, 0)
        return torch.tensor([[1.0, 2.5, 9.0]])

    monkeypatch.setattr(module, "gumbel_noise", noise)
    query, key, value = torch.ones(1, 1), torch.tensor([[1.0], [0.0], [3.0]]), torch.eye(3) * 7
    trace = Hard(4)(query, key, value, torch.tensor([[True, True, False]]))
    assert trace.weights.tolist() == [[[0, 1, 0]]]
    assert trace.context.tolist() == [[0, 7, 0]]
    whole = math.e + 1
    assert extra(trace, "probabilities").tolist() == [
        [[pytest.approx(math.e / whole), pytest.approx(1 / whole), 0]]
    ]
    assert extra(trace, "log_probability").tolist() == [[pytest.approx(-math.log(whole))]]
    assert extra(trace, "noise").tolist() == [[[1, 2.5, 9]]]


@pytest.mark.parametrize("made", [Hard(SEED), GumbelHard(SEED, 0.3)])
def test_weights_are_all_or_nothing_exactly(made: Hard | GumbelHard) -> None:
    query, key = rows(1, 1).float().expand(1000, WIDTH), KEY.float()
    assert made(query, key).weights.unique().tolist() == [0, 1]


@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
def test_keys_are_drawn_as_often_as_the_softmax_says(temperature: float) -> None:
    made = Hard(SEED)
    made.temperature = temperature
    trace = drawn(made)
    expected = torch.softmax(soft().scores / temperature, -1).flatten()
    counts = trace.weights[0].sum(0)
    torch.testing.assert_close(extra(trace, "probabilities")[0, 0], expected)
    assert stats.chisquare(counts.numpy(), (expected * DRAWS).numpy()).pvalue > 0.01


@pytest.mark.parametrize("temperature", [0.1, 1.0, 10.0])
def test_the_straight_through_draw_does_not_depend_on_the_temperature(temperature: float) -> None:
    trace = drawn(GumbelHard(SEED, temperature))
    expected = soft().weights.flatten()
    assert stats.chisquare(
        trace.weights[0].sum(0).numpy(), (expected * DRAWS).numpy()
    ).pvalue > 0.01  # fmt: skip
    assert torch.equal(trace.weights, drawn(Hard(SEED)).weights)


@pytest.mark.parametrize("made", [Hard(SEED), GumbelHard(SEED, 0.5)])
def test_on_average_hard_attention_takes_what_soft_attention_takes(made: Hard | GumbelHard) -> None:
    context = drawn(made).context
    error = (context.mean(0) - soft().context[0]) / (context.std(0) / math.sqrt(DRAWS))
    assert error.abs().max() < 3  # standard errors


def test_cold_draws_take_the_best_key() -> None:
    made = Hard(SEED)
    made.temperature = 1e-4
    weights = drawn(made, 50).weights[0]
    assert torch.equal(weights, one_hot(soft().scores[0], torch.tensor(True)).expand(50, KEYS))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_log_probability_is_that_of_the_drawn_key_and_zero_where_there_was_none(
    temperature: float,
) -> None:
    made, given = Hard(SEED), inputs("hard")
    made.temperature = temperature
    query = given.query.clone().requires_grad_()
    trace = made(query, given.key, given.value, given.allowed)
    chances = (extra(trace, "probabilities") * trace.weights).sum(-1)
    expected = torch.where(trace.allowed.any(-1), chances.log(), 0.0)
    found = extra(trace, "log_probability")
    torch.testing.assert_close(found, expected)
    assert (found < 0).any()
    (pull,) = torch.autograd.grad(found.sum(), query)
    assert bool(torch.isfinite(pull).all())
    assert (pull[:, 2] == 0).all()  # it may look at nothing


@pytest.mark.parametrize("temperature", [0.3, 3.0])
def test_the_chances_of_a_straight_through_draw_do_not_depend_on_the_temperature(
    temperature: float,
) -> None:
    given = inputs("gumbel")
    trace = GumbelHard(SEED, temperature)(*given)
    torch.testing.assert_close(extra(trace, "probabilities"), ScaledDotProduct()(*given).weights)


def test_a_key_that_was_almost_impossible_has_a_finite_log_probability() -> None:
    scores = torch.tensor([[2000.0, 0.0]], requires_grad=True)
    second, every = torch.tensor([[0.0, 1.0]]), torch.tensor([[True, True]])
    found = Hard().log_probability(scores, second, every)
    torch.autograd.backward(found.sum())
    assert found.item() == -2000
    assert scores.grad is not None
    assert scores.grad.tolist() == [[-1, 1]]


# Learning by trial


def reward(context: Tensor) -> Tensor:
    """(..., width) to (...): some number far from 0, and not linear in what was taken."""
    return 2 + context.sin().square().sum(-1)


def estimates(baseline: float, query: Tensor) -> Tensor:
    """(draw, width): the estimated gradient of the expected reward by the query, draw by draw."""
    query = query.expand(DRAWS, WIDTH).clone().requires_grad_()
    trace = Hard(SEED)(query, KEY, VALUE)
    log_probability = extra(trace, "log_probability")[0]
    gain = reinforce(log_probability, reward(trace.context), baseline) * DRAWS
    return torch.autograd.grad(gain, query)[0]


def exact(query: Tensor) -> tuple[float, Tensor]:
    """The expected reward, summed over every key, and its gradient by the query."""
    query = query.clone().requires_grad_()
    chances = ScaledDotProduct()(query, KEY, VALUE).weights[0, 0]
    expected = (chances * reward(VALUE)).sum()
    return float(expected.detach()), torch.autograd.grad(expected, query)[0][0]


@pytest.mark.parametrize("usual", [False, True])
def test_the_estimate_is_the_gradient_on_average_with_and_without_a_baseline(usual: bool) -> None:
    query = rows(1, 1)
    expected, gradient = exact(query)
    found = estimates(expected if usual else 0.0, query)
    error = (found.mean(0) - gradient) / (found.std(0) / math.sqrt(DRAWS))
    assert error.abs().max() < 3  # standard errors
    assert gradient.norm() > 20 * found.std(0).max() / math.sqrt(DRAWS)  # not lost in the noise


def test_a_baseline_makes_estimates_agree_more() -> None:
    query = rows(1, 1)
    without, with_one = estimates(0.0, query), estimates(exact(query)[0], query)
    assert with_one.var(0).sum() < 0.5 * without.var(0).sum()


def test_the_reward_itself_learns_and_the_baseline_does_not() -> None:
    """One sample by hand: the gradients are 1, weight · (reward − baseline), 0 and λ_e."""
    log_probability, gained, usual, spread = (
        torch.tensor([number], requires_grad=True) for number in (-2.0, 5.0, 3.0, 0.7)
    )
    climbed = reinforce(
        log_probability, gained, usual, weight=10.0, entropy=spread, entropy_weight=0.25
    )
    pulls = torch.autograd.grad(
        climbed, (log_probability, gained, usual, spread), allow_unused=True
    )
    assert [None if pull is None else pull.item() for pull in pulls] == [20, 1, None, 0.25]


def test_samples_are_averaged() -> None:
    log_probability = torch.zeros(4, requires_grad=True)
    torch.autograd.backward(reinforce(log_probability, torch.tensor([4.0, 8, 0, -4])))
    assert log_probability.grad is not None
    assert log_probability.grad.tolist() == [1, 2, 0, -1]


def test_the_running_baseline_moves_a_tenth_of_the_way() -> None:
    assert running_baseline(2.0, torch.tensor([3.0, 5.0])) == pytest.approx(2.2)


def test_climbing_finds_the_best_key() -> None:
    """From even chances, by trial alone, one draw in every step."""
    scores, usual = nn.Parameter(torch.zeros(1, KEYS)), 0.0
    gains, every = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0]), torch.ones(1, KEYS, dtype=torch.bool)
    for step in range(300):
        noise = gumbel_noise(SEED, 1, KEYS, first=step).float()
        picked = one_hot(scores.detach() + noise, every)
        log_probability = Hard().log_probability(scores, picked, every)
        gained = (picked * gains).sum(-1)
        (pull,) = torch.autograd.grad(reinforce(log_probability, gained, usual), scores)
        scores.data += 0.5 * pull
        usual = running_baseline(usual, gained)
    assert torch.softmax(scores, -1)[0, 2] > 0.9


# Straight through


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_straight_through_equals_torchs(
    temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same noise, same draw, same gradient."""
    noise = gumbel_noise(SEED, 4, KEYS)

    def exponential(self: Tensor) -> Tensor:
        return self.copy_(torch.exp(-noise))  # torch takes −log of it

    query, other = (rows(4, 5).requires_grad_() for _ in range(2))
    trace = GumbelHard(SEED, temperature)(query, KEY, VALUE)
    with monkeypatch.context() as patch:
        patch.setattr(Tensor, "exponential_", exponential)
        scores = other @ KEY.T / math.sqrt(WIDTH)
        theirs = nn.functional.gumbel_softmax(scores, temperature, hard=True)
    torch.testing.assert_close(trace.weights[0], theirs)
    pull = rows(4, 7)
    torch.autograd.backward(trace.context, pull)
    torch.autograd.backward(theirs @ VALUE, pull)
    assert query.grad is not None
    torch.testing.assert_close(query.grad, other.grad)
    assert query.grad.norm() > 0


def test_the_gradient_is_that_of_the_soft_look() -> None:
    given = inputs("gumbel")
    leaves = [given.query.clone().requires_grad_() for _ in range(2)]
    made = GumbelHard(SEED, 0.7)
    hard = made(leaves[0], given.key, given.value, given.allowed).weights
    relaxed = extra(made(leaves[1], given.key, given.value, given.allowed), "relaxed")
    pull = torch.randn(hard.shape, dtype=hard.dtype, generator=torch.Generator().manual_seed(3))
    for weights in (hard, relaxed):
        torch.autograd.backward(weights, pull)
    assert leaves[0].grad is not None
    torch.testing.assert_close(leaves[0].grad, leaves[1].grad)


def test_the_colder_the_soft_look_the_nearer_it_is_to_the_draw() -> None:
    given = inputs("gumbel")

    def far(temperature: float) -> float:
        trace = GumbelHard(SEED, temperature)(*given)
        return float((extra(trace, "relaxed") - trace.weights).abs().max())

    distances = [far(temperature) for temperature in (5.0, 1.0, 0.2, 0.01)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.01


def bias(temperature: float) -> float:
    """How far the mean estimate is from the gradient of the expected reward."""
    query = rows(1, 1)
    many = query.expand(DRAWS, WIDTH).clone().requires_grad_()
    gained = reward(GumbelHard(SEED, temperature)(many, KEY, VALUE).context).sum()
    found = torch.autograd.grad(gained, many)[0].mean(0)
    return float((found - exact(query)[1]).norm())


def test_the_straight_through_estimate_is_not_quite_the_gradient() -> None:
    _, gradient = exact(rows(1, 1))
    assert bias(5.0) > 0.1 * gradient.norm()


# Refusals


@pytest.mark.parametrize("made", [Hard, GumbelHard])
def test_a_negative_seed_is_refused(made: type[Hard]) -> None:
    with pytest.raises(ShapeError, match="use a whole number from 0"):
        made(-1)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_a_temperature_that_does_not_divide_is_refused(temperature: float) -> None:
    with pytest.raises(ShapeError, match="use more than 0"):
        GumbelHard(0, temperature)


def test_other_widths_and_uneven_samples_are_refused() -> None:
    with pytest.raises(ShapeError, match="same width"):
        Hard()(rows(2, 1), rows(2, 1, width=4))
    with pytest.raises(ShapeError, match="each sample needs one of both"):
        reinforce(torch.zeros(3), torch.zeros(2))


def test_another_draw_is_another_seed() -> None:
    assert Hard.of_width(4, draw=7).seed == GumbelHard.of_width(4, draw=7).seed == 7

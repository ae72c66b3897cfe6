"""Dynamic routing between capsules, held to its procedure and to its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.routing import Routing, squash
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.capture import editing
from attention_core.watching.edit import Edit
from tests.mechanisms.arithmetic import logits, softmax
from tests.mechanisms.builder import QUERIES, Array, by_hand
from tests.mechanisms.inputs import inputs, made


def routed(votes: Array, logits: Array, allowed: Array, rounds: int) -> tuple[Array, Array]:
    """Procedure 1 of Sabour et al. 2017, capsule by capsule.

    votes    (input i, output j, width)
    logits   (input i, output j): b as it starts, zeros in the paper
    returns  v (output j, width), and the last c (input i, output j)
    """
    inputs, outputs, width = votes.shape
    b, c, v = logits.copy(), np.zeros((inputs, outputs)), np.zeros((outputs, width))
    for _ in range(rounds):
        for i in range(inputs):  # line 4
            c[i, allowed[i]] = softmax(b[i, allowed[i]])
        for j in range(outputs):  # lines 5 and 6
            s = sum((c[i, j] * votes[i, j] for i in range(inputs)), np.zeros(width))
            norm = math.sqrt(sum(number**2 for number in s))
            v[j] = norm**2 / (1 + norm**2) * s / norm if norm else 0
        for i in range(inputs):  # line 7
            for j in range(outputs):
                b[i, j] += sum(votes[i, j] * v[j])
    return v, c


@by_hand(
    "routing",
    lambda: Routing(13, 13, QUERIES, 3),
    query=13,
    key=13,
    value=13,
    together=True,
    numbered=True,
)
def routing_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, Routing)
    matrices = m.transformation.detach().numpy()
    votes = np.array([[matrices[j] @ u for j in range(len(query))] for u in value])
    return routed(votes, logits(query, key).T, allowed.T, m.rounds)[0]


INPUTS, OUTPUTS, WIDTH, WIDER = 11, 5, 8, 16
"""Capsules of 8 numbers routed to capsules of 16, as in the paper."""


def rows(count: int, width: int, seed: int) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=dice, dtype=torch.float64)


def capsules(rounds: int, strength: float = 0.3) -> Routing:
    mechanism = Routing(WIDTH, WIDER, OUTPUTS, rounds).double()
    drawn = strength * rows(OUTPUTS * WIDER, WIDTH, 5)
    mechanism.transformation.data = drawn.view(OUTPUTS, WIDER, WIDTH)
    return mechanism


NOBODY = torch.zeros(OUTPUTS, 3, dtype=torch.float64)
"""Queries of zeros: nothing but the capsules decides."""


def paper(mechanism: Routing, value: Tensor) -> Trace:
    trace: Trace = mechanism(NOBODY, torch.zeros(len(value), 3).double(), value)
    return trace


def extra(trace: Trace, name: str) -> Tensor:
    return next(one.tensor for one in trace.extras if one.name == name)


def test_squashing_by_hand() -> None:
    """Length 1 becomes ½, 3 becomes 0.9, 0 stays."""
    found = squash(torch.tensor([[1.0, 0.0], [0.0, -3.0], [0.0, 0.0], [0.6, 0.8]]))
    assert found.flatten().tolist() == pytest.approx([0.5, 0, 0, -0.9, 0, 0, 0.3, 0.4])


def test_two_rounds_by_hand() -> None:
    """Inputs 1 and 2 vote 1 for output 1 and 2 against; nobody votes for output 2.

    At first each sends half of itself: s = 1.5, v = 2.25 / 3.25 = 9 / 13. Agreement is 9 / 13 and
    18 / 13 for output 1, and 0 for output 2.
    """
    mechanism = Routing(1, 1, 2, 2).double()
    mechanism.transformation.data = torch.tensor([[[1.0]], [[0.0]]]).double()
    value, blank = torch.tensor([[1.0], [2.0]]).double(), torch.zeros(2, 1).double()
    trace = mechanism(blank, blank, value)
    first, second = (math.exp(agreed) / (math.exp(agreed) + 1) for agreed in (9 / 13, 18 / 13))
    assert extra(trace, "round 1").tolist() == [[[0.5, 0.5], [0.5, 0.5]]]
    assert trace.scores[0].tolist() == [[pytest.approx(9 / 13), pytest.approx(18 / 13)], [0, 0]]
    assert trace.weights[0].tolist() == [
        pytest.approx([first, second]), pytest.approx([1 - first, 1 - second]),
    ]  # fmt: skip
    s = first + 2 * second
    length = pytest.approx(s**2 / (1 + s**2))
    assert trace.context.flatten().tolist() == [length, 0]
    assert extra(trace, "length").tolist() == [[length, 0]]


@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_queries_of_zeros_are_the_papers_procedure(rounds: int) -> None:
    mechanism, value = capsules(rounds), rows(INPUTS, WIDTH, 7)
    votes = np.einsum("jdc,ic->ijd", mechanism.transformation.detach().numpy(), value.numpy())
    start = np.zeros((INPUTS, OUTPUTS))
    output, coefficients = routed(votes, start, np.ones((INPUTS, OUTPUTS), dtype=bool), rounds)
    trace = paper(mechanism, value)
    np.testing.assert_allclose(trace.context.detach().numpy(), output, atol=1e-13)
    np.testing.assert_allclose(trace.weights[0].detach().numpy().T, coefficients, atol=1e-13)


def test_one_round_takes_the_mean_vote() -> None:
    mechanism, value = capsules(1), rows(INPUTS, WIDTH, 7)
    votes = torch.einsum("jdc,ic->jid", mechanism.transformation, value)
    torch.testing.assert_close(
        paper(mechanism, value).context, squash(votes.sum(1) / OUTPUTS)
    )  # fmt: skip


def test_every_round_shares_every_input_among_the_outputs() -> None:
    trace = paper(capsules(4), rows(INPUTS, WIDTH, 7))
    for place in range(1, 5):
        film = extra(trace, f"round {place}")
        assert film.shape == (1, OUTPUTS, INPUTS)
        torch.testing.assert_close(film.sum(-2), torch.ones(1, INPUTS).double())
    assert (extra(trace, "round 1") == 1 / OUTPUTS).all()
    assert torch.equal(extra(trace, "round 4"), trace.weights)


def test_the_rounds_of_a_longer_routing_begin_as_those_of_a_shorter_one() -> None:
    value = rows(INPUTS, WIDTH, 7)
    short, long = paper(capsules(2), value), paper(capsules(5), value)
    assert torch.equal(short.weights, extra(long, "round 2"))


def test_inputs_make_up_their_minds_with_every_round() -> None:
    trace = paper(capsules(6), rows(INPUTS, WIDTH, 7))
    films = [extra(trace, f"round {place}") for place in range(1, 7)]
    entropies = [-(film * film.log()).sum(-2).mean().item() for film in films]
    assert entropies == sorted(entropies, reverse=True)
    assert entropies[0] == pytest.approx(math.log(OUTPUTS))
    assert entropies[-1] < 0.9 * entropies[0]


def test_an_output_is_shorter_than_one_and_points_where_its_votes_do() -> None:
    mechanism, value = capsules(3, strength=2.0), rows(INPUTS, WIDTH, 7)
    trace = paper(mechanism, value)
    votes = torch.einsum("jdc,ic->jid", mechanism.transformation, value)
    sums = (trace.weights[0].unsqueeze(-1) * votes).sum(1)
    length = trace.context.norm(dim=-1)
    torch.testing.assert_close(trace.context / length[:, None], sums / sums.norm(dim=-1)[:, None])
    torch.testing.assert_close(extra(trace, "length")[0], length)
    assert length.min() > 0
    assert length.max() < 1


def test_parts_that_agree_win_over_parts_that_do_not() -> None:
    """All inputs vote alike for output 1, and each its own way for output 2."""
    mechanism = Routing(4, 4, 2, 3).double()
    mechanism.transformation.data = torch.stack((torch.zeros(4, 4), torch.eye(4))).double()
    mechanism.transformation.data[0, 0] = 1
    trace = mechanism(NOBODY[:2], torch.zeros(4, 3).double(), torch.eye(4).double())
    assert (trace.weights[0, 0] > 0.5).all()
    assert extra(trace, "length")[0, 0] > extra(trace, "length")[0, 1]


def test_queries_and_keys_say_where_routing_starts() -> None:
    query, key = rows(OUTPUTS, 3, 8), rows(INPUTS, 3, 9)
    trace = capsules(3)(query, key, rows(INPUTS, WIDTH, 7))
    expected = torch.softmax(query @ key.T / math.sqrt(3), 0)
    torch.testing.assert_close(extra(trace, "round 1")[0], expected)


def test_temperature_divides_the_logits_in_every_round() -> None:
    """Cold routing decides: what each input agrees with most gets nearly all of it."""
    value = rows(INPUTS, WIDTH, 7)
    mechanism = capsules(2)
    plain = paper(mechanism, value)
    mechanism.temperature = 0.25
    trace = paper(mechanism, value)
    torch.testing.assert_close(trace.scores, plain.scores)  # the first round is even anyway
    torch.testing.assert_close(trace.weights, torch.softmax(trace.scores / 0.25, -2))
    assert not torch.allclose(trace.weights, plain.weights)


def test_what_is_not_allowed_gets_nothing_in_any_round() -> None:
    given = inputs("routing")
    trace = made("routing")(*given)
    for place in range(1, 4):
        film = extra(trace, f"round {place}")
        assert (film[~trace.allowed.expand_as(film)] == 0).all()


def test_what_is_taken_is_what_the_check_of_a_captured_matrix_says() -> None:
    mechanism, given = made("routing"), inputs("routing")
    trace = mechanism(*given)
    torch.testing.assert_close(trace.context, mechanism.take(trace.weights, trace.values))


def test_an_edit_changes_the_last_round_and_leaves_the_film_as_it_was() -> None:
    mechanism, value = capsules(3), rows(INPUTS, WIDTH, 7)
    plain = paper(mechanism, value)
    with editing({mechanism: [Edit("here", "zero", queries=(1,))]}):
        key, every = torch.zeros(INPUTS, 3).double(), torch.ones(OUTPUTS, INPUTS).bool()
        changed = mechanism.attend(NOBODY, key, value, every)
    assert torch.equal(extra(changed, "round 3"), plain.weights)
    assert (changed.context[1] == 0).all()
    assert torch.equal(changed.context[[0, 2, 3, 4]], plain.context[[0, 2, 3, 4]])
    assert extra(changed, "length")[0, 1] == 0


def test_later_positions_have_the_matrices_of_their_place() -> None:
    """A single output takes every input whole; the third one through the third matrix."""
    mechanism, value = capsules(1), rows(INPUTS, WIDTH, 7)
    key, every = torch.zeros(INPUTS, 3).double(), torch.ones(1, INPUTS, dtype=torch.bool)
    trace = mechanism.attend(NOBODY[:1], key, value, every, first=2)
    expected = squash(mechanism.transformation[2] @ value.sum(0))
    torch.testing.assert_close(trace.context[0], expected)


def test_what_cannot_be_routed_is_refused() -> None:
    for outputs, rounds in ((0, 3), (5, 0), (5, -1)):
        with pytest.raises(ShapeError, match="use at least 1 of both"):
            Routing(WIDTH, WIDER, outputs, rounds)
    value = rows(INPUTS, WIDTH, 7)
    with pytest.raises(ShapeError, match="There are 6 queries but only 5 output capsules"):
        capsules(3)(rows(6, 3, 1), rows(INPUTS, 3, 2), value)
    with pytest.raises(ShapeError, match="same width"):
        capsules(3)(rows(5, 3, 1), rows(INPUTS, 4, 2), value)
    with pytest.raises(ShapeError, match="The value is 9 wide"):
        capsules(3)(rows(5, 3, 1), rows(INPUTS, 3, 2), rows(INPUTS, 9, 7))

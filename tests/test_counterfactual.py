"""Other weights, other answers: distances by hand and by scipy, the search against a known best."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from scipy.spatial.distance import jensenshannon
from torch import Tensor

from attention_core.errors import AttentionError, Superseded
from attention_core.numbers.attribution import ALL, Knobs
from attention_core.numbers.attribution.planted import counted
from attention_core.numbers.counterfactual import (
    LARGEST,
    adversary,
    jensen_shannon,
    shaken,
    shuffled,
    total_variation,
)
from models.ours.translator.reader import load_translator
from models.ours.translator.rows import Looking
from models.ours.translator.vocabulary import START_ID

SHARES = some.lists(some.floats(0.01, 1.0), min_size=4, max_size=4)


def row(numbers: list[float]) -> Tensor:
    found = torch.tensor(numbers, dtype=torch.float64)
    return found / found.sum()


@given(SHARES, SHARES)
def test_the_divergence_is_scipys(one: list[float], other: list[float]) -> None:
    left, right = row(one), row(other)
    wanted = jensenshannon(left.numpy(), right.numpy()) ** 2
    assert float(jensen_shannon(left, right)) == pytest.approx(wanted, abs=1e-9)
    assert 0 <= float(jensen_shannon(left, right)) <= LARGEST + 1e-12


def test_distances_at_their_ends() -> None:
    one, other = torch.eye(2, dtype=torch.float64)
    assert float(jensen_shannon(one, other)) == pytest.approx(math.log(2))
    assert float(total_variation(one, other)) == 1
    assert float(jensen_shannon(one, one)) == float(total_variation(one, one)) == 0
    assert float(total_variation(row([3, 1]), row([1, 1]))) == pytest.approx(0.25)


def test_shuffled_rows_hold_the_same_weights_in_many_orders() -> None:
    given = row([1.0, 2.0, 3.0, 4.0])
    found = shuffled(given, 40)
    assert torch.equal(found, shuffled(given, 40))
    assert torch.equal(found.sort(-1).values, given.sort().values.expand(40, -1))
    assert len({tuple(one) for one in found.tolist()}) > 10


def said(rows: Tensor) -> Tensor:
    """A model that knows only how much of the look is on the first key."""
    first = rows[:, :1]
    return torch.cat([first, 1 - first], -1)


def test_what_the_answer_hangs_on_is_found() -> None:
    given = row([0.7, 0.1, 0.1, 0.1])
    moved = shaken(said, given, 50)
    assert set((moved * 10).round().tolist()) == {0.0, 6.0}
    found = adversary(said, given, steps=300)
    # The first weight must stay; the rest may move to one key: that is the farthest row.
    best = jensen_shannon(torch.tensor([0.7, 0.3, 0.0, 0.0], dtype=torch.float64), given)
    assert found.change <= 0.01
    assert float(found.row[0]) == pytest.approx(0.7, abs=0.011)
    assert float(found.row.sum()) == pytest.approx(1)
    assert 0.9 * float(best) <= found.apart <= 1.15 * float(best)
    assert found.apart == pytest.approx(float(jensen_shannon(found.row, given)))


def test_where_nothing_hangs_on_the_weights_they_go_anywhere() -> None:
    given = row([0.97, 0.01, 0.01, 0.01])
    found = adversary(lambda rows: torch.ones_like(rows[:, :2]) / 2 + 0 * rows[:, :2], given)
    assert found.apart > 0.9 * LARGEST
    assert found.change == 0


def test_where_everything_hangs_on_them_the_row_itself_is_the_answer() -> None:
    found = adversary(lambda rows: rows, row([0.25, 0.25, 0.25, 0.25]), least=0.0)
    assert (found.apart, found.row.tolist()) == (0.0, [0.25] * 4)


def test_one_word_has_no_other_look_and_nobody_waits_for_nothing() -> None:
    with pytest.raises(AttentionError, match="Of one word"):
        adversary(said, torch.ones(1))
    with pytest.raises(Superseded):
        adversary(said, row([0.5, 0.5]), cancelled=lambda: True)


@pytest.mark.parametrize("name", ["bahdanau-en-fr", "luong-dot-en-fr"])
def test_its_own_row_is_its_own_answer_and_another_is_another_context(name: str) -> None:
    reader = load_translator(name)
    looking = Looking(reader, "The cat sees a dog.")
    axis, pieces, _target, ids = reader.pieces(
        "The cat sees a dog.", reader.translate("The cat sees a dog.").text
    )
    source, given = torch.tensor([pieces]), torch.tensor([[START_ID, *ids[:-1]]])
    with torch.no_grad():
        logits = reader.network.follow(source, given).logits
    assert looking.rows.shape == (len(ids), len(axis.tokens))
    torch.testing.assert_close(looking.rows.sum(-1), torch.ones(len(ids)), rtol=0, atol=1e-5)
    for step in (0, 2, len(ids) - 1):
        own = looking.answer(step)(looking.rows[step][None])[0]
        torch.testing.assert_close(own, logits[0, step].softmax(-1), rtol=1e-3, atol=1e-5)
    rows = torch.eye(len(axis.tokens))
    each = looking.answer(2)(rows)
    alone = torch.stack([looking.answer(2)(one[None])[0] for one in rows])
    torch.testing.assert_close(each, alone, rtol=1e-3, atol=1e-5)
    assert float(total_variation(each[0], each[2])) > 0.01


def test_the_gradient_of_the_row_is_the_slope_of_the_answer() -> None:
    looking = Looking(load_translator("bahdanau-en-fr"), "The cat sees a dog.")
    looking.reader = copy.deepcopy(looking.reader)  # in double, and nobody else's
    looking.reader.network.double()
    answer, start = looking.answer(1), looking.rows[1].double()
    word = int(answer(start[None])[0].argmax())
    given = start.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(answer(given[None])[0, word], given)
    step = torch.zeros_like(start)
    step[0], step[1] = 1e-5, -1e-5
    with torch.no_grad():
        up, down = (answer((start + side * step)[None])[0, word] for side in (1, -1))
    slope = float((up - down) / 2e-5)
    assert float(gradient[0] - gradient[1]) == pytest.approx(slope, rel=1e-4)


def test_a_translator_that_looks_many_times_is_not_asked() -> None:
    with pytest.raises(AttentionError, match="recurrent translator"):
        Looking(load_translator("transformer-en-fr"), "The cat sees a dog.")


def test_the_planted_model_is_right_and_its_attention_even() -> None:
    worth = {"good": 1.0, "bad": -1.0}
    output = counted(worth, ["a", "bad", "good", "good", "film"])
    assert output.value == pytest.approx(1.0)
    assert len(set(ALL["attention"].of(output).scores.tolist())) == 1
    wanted = torch.tensor([0.0, -1.0, 1.0, 1.0, 0.0], dtype=torch.float64)
    for name in ("attention-gradient", "gradient", "integrated", "leave-one-out"):
        found = ALL[name].of(output, Knobs(steps=3)).scores
        torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-7)

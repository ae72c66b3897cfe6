"""Words that go together, Shapley values and flow as shares: brute force over subsets, captum's own
exact values, networkx, and sums by hand.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from itertools import combinations
from math import factorial
from typing import Any

import networkx as nx
import pytest
import torch
from torch import Tensor

from attention_core.axes.patches import patches
from attention_core.axes.tokens import TextAxis, Token, spaced
from attention_core.errors import AttentionError, Superseded
from attention_core.numbers.attribution import ALL, Knobs, Layer, Output
from attention_core.numbers.attribution.flow import flow
from attention_core.numbers.attribution.groups import blocks, parted, parts
from attention_core.numbers.attribution.planted import planted
from attention_core.numbers.attribution.shapley import orders, spread
from attention_core.numbers.rollout import rollout
from models.families import fake
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.loading.checkpoint import Checkpoint

SINGLE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-6}
"""Captum adds up in single precision."""


def tangled(words: int, seed: int = 0) -> Output:
    """An output in which every word hangs on every other, of vectors of width 3."""
    dice = torch.Generator().manual_seed(seed)
    given = torch.randn(words, 3, generator=dice, dtype=torch.float64)
    mixing = torch.randn(3 * words, 8, generator=dice, dtype=torch.float64)
    told = torch.randn(8, generator=dice, dtype=torch.float64)
    return Output(
        spaced(" ".join("abcdefgh"[:words])), given, torch.zeros_like(given) - 0.3,
        torch.full((words,), 1 / words, dtype=torch.float64),
        lambda vectors: torch.tanh(vectors.flatten(1) @ mixing) @ told, model="tangled",
    )  # fmt: skip


def brute(output: Output, groups: list[tuple[int, ...]]) -> list[float]:
    """Shapley 1953: over all subsets, each weighed by how many orders have it first."""
    count = len(groups)

    def worth(there: tuple[int, ...]) -> float:
        vectors = output.blank.clone()
        for player in there:
            places = list(groups[player])
            vectors[places] = output.given[places]
        with torch.no_grad():
            return float(output.answer(vectors[None])[0])

    found = []
    for player in range(count):
        rest, total = [one for one in range(count) if one != player], 0.0
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            total += weight * sum(
                worth((*there, player)) - worth(there) for there in combinations(rest, size)
            )
        found.append(total)
    return found


@pytest.mark.parametrize("words", [2, 4, 6])
def test_in_all_orders_they_are_those_of_brute_force_and_of_captum(words: int) -> None:
    output = tangled(words)
    found = ALL["shapley"].of(output, Knobs(samples=factorial(words)))
    wanted = torch.tensor(brute(output, [(one,) for one in range(words)])).double()
    torch.testing.assert_close(found.scores, wanted, **SINGLE)
    captum = import_module("captum.attr")
    mask = torch.arange(words)[None, :, None]
    exact = captum.ShapleyValues(output.answer).attribute(
        output.given[None], output.blank[None], feature_mask=mask
    )
    torch.testing.assert_close(found.scores, exact[0, :, 0].double(), **SINGLE)
    assert "they are exact" in found.notes[0]


@pytest.mark.parametrize("samples", [1, 6, 16, 101])
def test_they_add_up_whatever_the_orders(samples: int) -> None:
    output = tangled(6)
    found = ALL["shapley"].of(output, Knobs(samples=samples))
    with torch.no_grad():
        ends = output.answer(torch.stack([output.given, output.blank]))
    assert found.claimed == pytest.approx(float(ends[0] - ends[1]), abs=1e-9)
    assert found.missing == pytest.approx(0.0, abs=1e-5)


def test_a_word_that_nothing_hangs_on_gets_nothing_and_equal_words_the_same() -> None:
    output = tangled(5)
    answer, given = output.answer, output.given.clone()
    given[3] = given[1]

    def alike(vectors: Tensor) -> Tensor:
        """Words 1 and 3 count by their sum only, word 2 not at all."""
        changed = vectors.clone()
        changed[:, 1] = changed[:, 3] = vectors[:, 1] + vectors[:, 3]
        changed[:, 2] = 0.7
        return answer(changed)

    found = ALL["shapley"].of(replace(output, given=given, answer=alike), Knobs(samples=120))
    assert float(found.scores[2]) == pytest.approx(0.0, abs=1e-9)
    assert float(found.scores[1]) == pytest.approx(float(found.scores[3]), abs=1e-6)
    some = ALL["shapley"].of(replace(output, given=given, answer=alike), Knobs(samples=7))
    assert float(some.scores[2]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_by_chance_they_lie_within_what_is_said(seed: int) -> None:
    output = tangled(6, seed)
    wanted = torch.tensor(brute(output, [(one,) for one in range(6)])).double()
    few, many = (ALL["shapley"].of(output, Knobs(samples=n)) for n in (16, 512))
    apart = [float((one.scores - wanted).abs().max()) for one in (few, many)]
    said = [float(one.notes[0].values["spread"]) for one in (few, many)]  # type: ignore[arg-type]
    assert said[1] < said[0]
    assert apart[1] <= 2 * said[1]  # twice a 95 % interval, for the worst of six
    assert apart[1] < apart[0]
    again = ALL["shapley"].of(output, Knobs(samples=16))
    assert torch.equal(again.scores, few.scores)


def test_the_spread_is_that_of_pairs_of_orders_by_hand() -> None:
    come = [(0, 1), (1, 0), (0, 1), (1, 0)]
    rows = torch.tensor([[1.0, 3.0], [5.0, 3.0], [2.0, 3.0], [0.0, 3.0]], dtype=torch.float64)
    # player 0 gains 1, −2, 2, 3, in pairs −.5 and 2.5; player 1 gains 2, 5, 1, 0: 3.5 and .5
    wanted = 1.96 * (2 * 1.5**2) ** 0.5 / 2**0.5
    assert spread(rows, 0.0, come) == pytest.approx(wanted)
    assert spread(rows[:2], 0.0, come[:2]) != spread(rows[:2], 0.0, come[:2])  # NaN
    two = ALL["shapley"].of(tangled(6), Knobs(samples=2))
    assert "do not say how well" in two.notes[0]


@pytest.mark.parametrize(("players", "samples"), [(3, 4), (6, 9), (9, 64), (1, 5)])
def test_orders_are_of_all_players_and_come_with_their_reverse(players: int, samples: int) -> None:
    made = orders(players, samples)
    assert all(sorted(one) == list(range(players)) for one in made)
    assert len(made) == (1 if players == 1 else samples)
    for one, other in zip(made[::2], made[1::2], strict=False):
        assert one == other[::-1]


def test_the_pieces_of_a_word_come_together_and_share_what_it_is_worth() -> None:
    output = tangled(5)
    axis = TextAxis("text", "cats ran on", (
        Token("cat", 0, 3), Token("s", 3, 4), Token("ran", 5, 8), Token("on", 9, 11),
        Token("</s>", 11, 11, special=True),
    ))  # fmt: skip
    blank = output.blank.clone()
    blank[4] = output.given[4]
    output = replace(output, axis=axis, blank=blank)
    found = ALL["shapley"].of(output, Knobs(samples=6)).scores
    worth = brute(output, [(0, 1), (2,), (3,)])
    wanted = torch.tensor([worth[0] / 2, worth[0] / 2, worth[1], worth[2], 0.0]).double()
    torch.testing.assert_close(found, wanted, **SINGLE)
    chosen = ALL["shapley"].of(output, Knobs(samples=2, groups=((0, 1, 3),))).scores
    worth = brute(output, [(0, 1, 3), (2,)])
    assert chosen[[0, 1, 3]].tolist() == pytest.approx([worth[0] / 3] * 3, abs=1e-6)


def test_too_many_orders_or_words_are_said_and_nobody_waits_for_the_end() -> None:
    for knobs in (Knobs(samples=5000), Knobs(samples=8, groups=((0, 1), (1, 2)))):
        with pytest.raises(AttentionError):
            ALL["shapley"].of(tangled(4), knobs)
    with pytest.raises(AttentionError, match="choose in how many orders"):
        ALL["shapley"].of(tangled(4), Knobs(samples=0))
    long = replace(tangled(2), axis=spaced(" ".join(["a"] * 65)))
    given = torch.ones(65, 1, dtype=torch.float64)
    long = replace(long, given=given, blank=given * 0, answer=lambda one: one.sum((1, 2)))
    with pytest.raises(AttentionError, match="at most 64 words"):
        ALL["shapley"].of(long)
    asked = [0]

    def tired() -> bool:
        asked[0] += 1
        return asked[0] > 3

    with pytest.raises(Superseded):
        ALL["shapley"].of(replace(tangled(6), cancelled=tired))


# Groups


def test_parts_of_a_sentence_end_with_their_marks() -> None:
    axis = spaced("It rained , so ( they say ) we stayed ... ! Good")
    assert parts(axis) == ((0, 1, 2), (3, 4, 5, 6, 7, 8, 9, 10, 11), (12,))
    chinese = TextAxis("text", "雨，停。", tuple(
        Token(one, at, at + 1) for at, one in enumerate("雨，停。")
    ))  # fmt: skip
    assert parts(chinese) == ((0, 1), (2, 3))
    special = replace(axis, tokens=(replace(axis.tokens[0], special=True), *axis.tokens[1:]))
    assert parts(special)[0] == (1, 2)


def test_blocks_cover_every_patch_once() -> None:
    axis = patches(5, 7, 70, 50, before=("[CLS]",))
    made = blocks(axis, 3)
    assert sorted(place for one in made for place in one) == list(range(1, 36))
    assert len(made) == 2 * 3
    assert made[0] == (1, 2, 3, 8, 9, 10, 15, 16, 17)
    assert blocks(axis, 9) == (tuple(range(1, 36)),)


def test_what_is_in_no_group_stands_alone_and_what_is_in_two_is_refused() -> None:
    output = tangled(5)
    assert parted(output, ((3, 1),)) == ((0,), (2,), (3, 1), (4,))
    assert parted(output, ()) == ((0,), (1,), (2,), (3,), (4,))
    for wrong in (((0, 1), (1, 2)), ((7,),), ((0, 0),), ((-1,),)):
        with pytest.raises(AttentionError, match="stand in one group only"):
            parted(output, wrong)
    first, *rest = spaced("a b c d e").tokens
    axis = TextAxis("text", "a b c d e", (replace(first, special=True), *rest))
    special = replace(output, axis=axis)
    assert parted(special, ((0, 1), (2, 3))) == ((1,), (2, 3), (4,))


def test_a_group_left_out_is_the_model_without_all_of_it() -> None:
    asker = Asker(Reader("fake", Checkpoint(fake.model().double(), fake.tokenizer())))
    output = asker.output("the cat sat on the mat.", Wanted("similarity", other="a dog"))
    groups = ((1, 2), (4, 5, 6))
    found = ALL["leave-group-out"].of(output, Knobs(groups=groups)).scores
    for group in (*groups, (3,), (7,)):
        changed = output.given.clone()
        changed[list(group)] = output.blank[list(group)]
        with torch.no_grad():
            both = output.answer(torch.stack([output.given, changed]))
        for place in group:
            assert float(found[place]) == pytest.approx(float(both[0] - both[1]), abs=1e-12)
    assert float(found[0]) == float(found[-1]) == 0.0
    alone = ALL["leave-one-out"].of(output).scores
    assert float(found[3]) == float(alone[3])


def test_words_that_say_the_same_hide_each_other_alone_and_not_together() -> None:
    given = torch.tensor([[2.0], [2.0], [1.0]], dtype=torch.float64)
    output = Output(
        spaced("not never good"), given, torch.zeros_like(given), torch.ones(3).double() / 3,
        lambda vectors: vectors[:, :2, 0].amax(1) + vectors[:, 2, 0],
    )  # fmt: skip
    assert ALL["leave-one-out"].of(output).scores.tolist() == [0.0, 0.0, 1.0]
    found = ALL["leave-group-out"].of(output, Knobs(groups=((0, 1),))).scores
    assert found.tolist() == [2.0, 2.0, 1.0]
    assert ALL["shapley"].of(output, Knobs(samples=6)).scores.tolist() == [1.0, 1.0, 1.0]


def test_where_each_group_is_one_token_that_is_said() -> None:
    with pytest.raises(AttentionError, match="what leaving one out shows"):
        ALL["leave-group-out"].of(planted())
    whole = ALL["leave-group-out"].of(planted(), Knobs(groups=((0, 1),)))
    assert whole.scores.tolist() == [1.75, 1.75]


# Flow as shares


def looking(seed: int, sharp: float = 4.0, depth: int = 3, count: int = 4) -> Output:
    dice = torch.Generator().manual_seed(seed)
    made = sharp * torch.randn(depth, 2, count, count, generator=dice, dtype=torch.float64)
    given = torch.ones(count, 1, dtype=torch.float64)
    return Output(
        spaced("a b c d"), given, given * 0, torch.eye(count, dtype=torch.float64)[2],
        lambda vectors: vectors.sum((1, 2)), lambda: tuple(map(Layer, made.softmax(-1))), "looking",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_flow_as_shares_is_the_authors_row_by_networkx(seed: int) -> None:
    output = looking(seed)
    graph = nx.DiGraph()
    for level, layer in enumerate(output.layers):
        step = 0.5 * torch.eye(4, dtype=torch.float64) + 0.5 * layer.weights.mean(0)
        for query in range(4):
            for key in range(4):
                graph.add_edge((level + 1, query), (level, key), capacity=float(step[query, key]))
    row = [float(nx.maximum_flow_value(graph, (3, 2), (0, target))) for target in range(4)]
    found = ALL["flow"].of(output, Knobs(shares=True))
    wanted = torch.tensor(row) / sum(row)
    torch.testing.assert_close(found.scores, wanted.double(), rtol=1e-6, atol=1e-7)
    assert float(found.scores.sum()) == pytest.approx(1.0, abs=1e-12)
    assert "shares that add up to 1" in found.notes[0]
    raw = ALL["flow"].of(output)
    assert torch.equal(raw.scores, flow([one.weights for one in output.layers], output.reads))
    assert "as it is" in raw.notes[0]


def test_only_as_it_is_flow_is_never_less_than_the_rollout() -> None:
    fell = 0
    for seed in range(8):
        output = looking(seed)
        rolled = output.reads @ rollout([one.weights for one in output.layers])
        raw, shared = (ALL["flow"].of(output, Knobs(shares=one)).scores for one in (False, True))
        assert bool((raw >= rolled - 1e-6).all())
        fell += int(bool((shared < rolled - 1e-3).any()))
    assert fell > 0

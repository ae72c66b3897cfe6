"""Patterns of pairs against sums by hand and loops, and heads in the order of a question."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from scipy.spatial.distance import jensenshannon

from attention_core.errors import ShapeError
from attention_core.numbers.patterns import PATTERNS, between, even, likeness, on
from models.store import shelf
from pages.explore.parts import ranking
from pages.showing.readings import Part, part

WORDS = ["A", "dog", "saw", "a", "dog", ".", "It", "ran", "."]
TEXT = "The animal didn't cross the street because it was too tired."


def pairs(name: str, words: list[str]) -> set[tuple[int, int]]:
    return {(row, column) for row, column in PATTERNS[name].pairs(words).nonzero().tolist()}


def test_each_habit_is_what_its_name_says() -> None:
    every = range(len(WORDS))
    assert pairs("previous", WORDS) == {(at, at - 1) for at in every if at > 0}
    assert pairs("next", WORDS) == {(at, at + 1) for at in every if at < 8}
    assert pairs("itself", WORDS) == {(at, at) for at in every}
    assert pairs("first", WORDS) == {(at, 0) for at in every}
    assert pairs("same", WORDS) == {(0, 3), (3, 0), (1, 4), (4, 1), (5, 8), (8, 5)}
    assert pairs("after_same", WORDS) == {(3, 1), (4, 2), (8, 6)}
    first, second = set(range(6)), {6, 7, 8}
    assert pairs("sentence", WORDS) == {
        (row, column) for side in (first, second) for row in side for column in side
    }


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("words", [[], ["one"], ["one", "."], ["no", "end", "here"]])
def test_a_short_text_has_pairs_within_it(name: str, words: list[str]) -> None:
    found = PATTERNS[name].pairs(words)
    assert found.shape == (len(words), len(words))
    assert found.dtype == torch.bool


def test_one_sentence_says_nothing_of_sentences() -> None:
    assert not pairs("sentence", ["It", "ran", "."])


@given(
    some.integers(1, 6), some.integers(1, 6), some.randoms(use_true_random=False), some.booleans()
)
def test_a_score_is_the_mean_over_words_that_have_a_pair(
    rows: int, columns: int, dice: some.DrawFn, empty: bool
) -> None:
    seed = dice.randint(0, 10_000)  # type: ignore[attr-defined]
    make = torch.Generator().manual_seed(seed)
    weights = torch.rand(2, rows, columns, generator=make, dtype=torch.float64).softmax(-1)
    wanted = torch.rand(rows, columns, generator=make) > (2 if empty else 0.6)
    asked = [row for row in range(rows) if any(wanted[row].tolist())]
    found = on(weights, wanted)
    for head in range(2):
        sums = [
            math.fsum(
                float(weights[head, row, column])
                for column in range(columns)
                if bool(wanted[row, column])
            )
            for row in asked
        ]
        if asked:
            assert float(found[head]) == pytest.approx(math.fsum(sums) / len(sums), abs=1e-12)
        else:
            assert found[head].isnan()


def test_from_words_to_words_is_a_block() -> None:
    wanted = between([1, 2], [0, 3], (4, 5))
    assert wanted.nonzero().tolist() == [[1, 0], [1, 3], [2, 0], [2, 3]]
    with pytest.raises(ShapeError, match="choose the words again"):
        between([4], [0], (4, 5))
    with pytest.raises(ShapeError, match="choose the words again"):
        between([0], [5], (4, 5))


def test_an_even_look_shares_alike_among_what_it_may_see() -> None:
    causal = torch.ones(3, 3).tril().bool()
    assert even(causal, PATTERNS["previous"].pairs(["a", "b", "c"])) == pytest.approx(
        (1 / 2 + 1 / 3) / 2
    )
    assert even(torch.ones(2, 4).bool(), between([0], [1, 2], (2, 4))) == pytest.approx(0.5)


def test_likeness_is_one_minus_the_divergence_that_scipy_knows() -> None:
    make = torch.Generator().manual_seed(5)
    weights = torch.rand(3, 4, 6, generator=make, dtype=torch.float64).softmax(-1)
    found = likeness(weights, weights[1])
    for head in range(3):
        apart = jensenshannon(weights[head].numpy(), weights[1].numpy(), base=2, axis=-1) ** 2
        assert float(found[head]) == pytest.approx(1 - float(np.mean(apart)), abs=1e-9)
    assert float(found[1]) == pytest.approx(1, abs=1e-12)
    opposite = torch.eye(2, dtype=torch.float64)
    assert likeness(opposite[None], opposite.flip(0))[0] == pytest.approx(0, abs=1e-9)


@pytest.fixture(scope="module")
def minilm() -> Part:
    return part(shelf.load("minilm").read(TEXT).sites)  # type: ignore[attr-defined]


def test_heads_stand_in_the_order_of_what_one_word_gives_another(minilm: Part) -> None:
    rows, columns = ranking.rows(minilm), ranking.columns(minilm)
    here, there = ranking.start(minilm)
    assert (rows[here], columns[there]) == ("it", "animal")
    found = ranking.between(minilm, [here], [there])
    site, head = minilm.sites[3], 1
    token = {one.text: at for at, one in enumerate(site.queries.tokens)}
    weight = float(site.weights([head])[0, token["it"], token["animal"]])
    assert float(found.scores.values[3, head]) == pytest.approx(weight, abs=1e-6)
    scores = [float(found.scores.values[place]) for place in found.ordered]
    assert scores == sorted(scores, reverse=True)
    assert sorted(found.ordered) == minilm.heads
    assert found.even == pytest.approx(1 / len(columns))


def test_special_tokens_are_not_asked_for_habits(minilm: Part) -> None:
    found = ranking.habit(minilm, "itself")
    seen = ranking.seen(minilm, 0)
    own = [at for at, row in enumerate(seen.rows) if not row.special]
    wanted = float(np.mean([seen.weights[2, at, at] for at in own]))
    assert float(found.scores.values[0, 2]) == pytest.approx(wanted, abs=1e-6)


def test_a_special_token_that_looks_at_the_first_is_no_habit(minilm: Part) -> None:
    found = ranking.habit(minilm, "first")
    seen = ranking.seen(minilm, 4)
    own = [at for at, row in enumerate(seen.rows) if not row.special]
    wanted = float(np.mean([seen.weights[5, at, 0] for at in own]))
    assert float(found.scores.values[4, 5]) == pytest.approx(wanted, abs=1e-6)


def test_a_head_is_not_ranked_among_those_that_are_like_it(minilm: Part) -> None:
    found = ranking.like(minilm, 3, 1)
    assert (3, 1) not in found.ordered
    assert len(found.ordered) == len(minilm.heads) - 1
    assert float(found.scores.values[3, 1]) == pytest.approx(1, abs=1e-6)
    assert found.even is None

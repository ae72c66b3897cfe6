"""One stretch of time for each word, against every way there is; order against scipy's Kendall."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
import torch
from scipy.stats import kendalltau

from attention_core.errors import ShapeError
from attention_core.numbers.alignment.segments import in_order, segments


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def worth(weights: torch.Tensor, found: tuple[tuple[int, int], ...]) -> float:
    return sum(float(weights[query, start:end].sum()) for query, (start, end) in enumerate(found))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 3), (3, 7), (4, 9)])
def test_no_other_way_is_worth_more(size: tuple[int, int], seed: int) -> None:
    weights = random(*size, seed=seed)
    queries, frames = size
    found = segments(weights)
    assert found[0][0] == 0
    assert found[-1][1] == frames
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert all(start < end for start, end in found)
    ways = [
        tuple(zip((0, *cuts), (*cuts, frames), strict=True))
        for cuts in combinations(range(1, frames), queries - 1)
    ]
    assert worth(weights, found) == pytest.approx(
        max(worth(weights, way) for way in ways), abs=1e-12
    )


def test_a_step_of_one_lies_where_the_blocks_meet() -> None:
    weights = torch.zeros(3, 30)
    for query, (start, end) in enumerate(((0, 4), (4, 21), (21, 30))):
        weights[query, start:end] = 1
    assert segments(weights) == ((0, 4), (4, 21), (21, 30))


@pytest.mark.parametrize("size", [(0, 3), (4, 3)])
def test_what_has_no_way_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match="each needs one of its own"):
        segments(torch.zeros(size))


def test_order_is_kendalls() -> None:
    weights = random(5, 9, 14)
    middles = (weights * torch.arange(14)).sum(-1) / weights.sum(-1)
    wanted = [(kendalltau(range(9), one.numpy()).statistic + 1) / 2 for one in middles]
    assert in_order(weights).tolist() == pytest.approx(wanted, abs=1e-6)


def test_order_of_a_head_that_looks_ahead_step_by_step_is_whole() -> None:
    straight = torch.eye(6)
    given = torch.stack([straight, straight.flip(0), torch.ones(6, 6)])
    assert in_order(given).tolist() == [1.0, 0.0, 0.5]


def test_queries_that_look_nowhere_say_nothing() -> None:
    weights = torch.eye(4)
    weights[2] = 0
    assert in_order(weights[None]).tolist() == [1.0]
    assert torch.isnan(in_order(torch.zeros(1, 3, 3))).all()

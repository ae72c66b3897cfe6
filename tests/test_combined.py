"""Two maps over one picture: areas by pooling, agreement by hand and at its ends."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from attention_core.numbers.combined import fitted, mean, product, shared, spearman

RANDOM = torch.rand(6, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_coarser_cells_are_means_and_finer_ones_are_copies() -> None:
    wanted = avg_pool2d(RANDOM[None, None], (2, 3))[0, 0]
    torch.testing.assert_close(fitted(RANDOM, (3, 3)), wanted)
    copied = interpolate(RANDOM[None, None], (12, 18), mode="nearest")[0, 0]
    torch.testing.assert_close(fitted(RANDOM, (12, 18)), copied)
    assert torch.equal(fitted(RANDOM, (6, 9)), RANDOM)


@pytest.mark.parametrize("grid", [(1, 1), (4, 7), (7, 4), (13, 11)])
def test_the_mean_of_a_map_stays(grid: tuple[int, int]) -> None:
    assert float(fitted(RANDOM, grid).mean()) == pytest.approx(float(RANDOM.mean()))


def test_a_product_is_strong_in_both_and_a_mean_in_either() -> None:
    one, other = torch.tensor([[2.0, 4.0], [0.0, 0.0]]), torch.tensor([[5.0, 0.0], [5.0, 0.0]])
    assert product(one, other).tolist() == [[0.5, 0.0], [0.0, 0.0]]
    assert mean(one, other).tolist() == [[0.75, 0.5], [0.5, 0.0]]
    assert product(one, torch.zeros(2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert torch.equal(product(3 * one, other), product(one, other))


def test_agreement_at_its_ends() -> None:
    rising = torch.arange(20.0).reshape(4, 5)
    assert spearman(rising, rising**2) == pytest.approx(1)
    assert spearman(rising, -rising) == pytest.approx(-1)
    assert math.isnan(spearman(rising, torch.ones(4, 5)))
    assert shared(rising, rising) == 1
    assert shared(rising, -rising) == 0
    assert shared(rising, rising.roll(1), 0.15) == pytest.approx(2 / 4)  # 3 each, 2 of both

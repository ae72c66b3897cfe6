"""Rollout against the sum over all paths, components against another decomposition."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import torch

from attention_core.errors import ShapeError
from attention_core.numbers.components import alike, components
from attention_core.numbers.rollout import FUSIONS, Fusion, rollout


def layers(count: int, heads: int, places: int, seed: int = 0) -> list[torch.Tensor]:
    dice = torch.Generator().manual_seed(seed)
    made = torch.rand(count, heads, places, places, generator=dice, dtype=torch.float64)
    return list(torch.softmax(3 * made, -1))


def by_paths(given: list[torch.Tensor], residual: float) -> Any:
    """Every way from a place at the top to one at the bottom, one after the other."""
    steps = []
    for layer in given:
        joined = layer.numpy().mean(0)
        steps.append(residual * np.eye(len(joined)) + (1 - residual) * joined)
    places = range(len(steps[0]))
    total = np.zeros_like(steps[0])
    for path in product(places, repeat=len(steps) + 1):
        weight = 1.0
        for number, (lower, upper) in enumerate(pairwise(path)):
            weight *= steps[number][upper, lower]
        total[path[-1], path[0]] += weight
    return total


@pytest.mark.parametrize("residual", [0.0, 0.3, 0.5])
def test_rollout_is_the_sum_over_all_paths(residual: float) -> None:
    given = layers(3, 2, 4)
    found = rollout(given, residual)
    np.testing.assert_allclose(found.numpy(), by_paths(given, residual), rtol=0, atol=1e-14)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_rows_of_a_rollout_sum_to_one(fusion: Fusion) -> None:
    found = rollout(layers(4, 3, 5), 0.5, fusion)
    assert float((found.sum(-1) - 1).abs().max()) < 1e-14
    assert bool((found >= 0).all())


def test_attention_to_itself_alone_stays_so() -> None:
    same = torch.eye(4).expand(2, 4, 4)
    assert torch.equal(rollout([same, same]), torch.eye(4))


def test_without_a_residual_a_uniform_top_is_the_mean_of_what_lies_below() -> None:
    below = layers(1, 2, 4)[0]
    uniform = torch.full((1, 4, 4), 0.25, dtype=torch.float64)
    found = rollout([below, uniform], residual=0.0)
    torch.testing.assert_close(found[2], below.mean(0).mean(0), rtol=0, atol=1e-15)


@pytest.mark.parametrize("given", [[], [torch.rand(2, 3, 4)], [torch.rand(3, 3)]])
def test_what_leads_elsewhere_is_refused(given: list[torch.Tensor]) -> None:
    with pytest.raises(ShapeError, match="rollout"):
        rollout(given)


def test_components_are_those_of_the_covariance() -> None:
    dice = torch.Generator().manual_seed(1)
    features = torch.randn(40, 6, generator=dice) * torch.tensor([5.0, 3, 2, 1, 0.5, 0.1])
    centred = (features - features.mean(0)).double().numpy()
    _values, vectors = np.linalg.eigh(centred.T @ centred)
    found = components(features, 3).double().numpy()
    for number in range(3):
        wanted = centred @ vectors[:, -1 - number]
        wanted = (wanted - wanted.min()) / (wanted.max() - wanted.min())
        ways = (found[:, number] - wanted, 1 - found[:, number] - wanted)
        assert min(np.abs(way).max() for way in ways) < 1e-6


def test_the_place_farthest_from_the_middle_is_above_it() -> None:
    features = torch.randn(9, 4, generator=torch.Generator().manual_seed(2))
    for given in (features, -features):
        centred = given - given.mean(0)
        first = components(given)[:, 0]
        zero = torch.linalg.svd(centred).U[:, 0]
        far = int(zero.abs().argmax())
        assert float(first[far]) == 1.0


def test_what_is_all_alike_has_no_components() -> None:
    assert torch.equal(components(torch.ones(5, 3)), torch.full((5, 3), 0.5))
    assert components(torch.randn(5, 2)).shape == (5, 3)


def test_alike_is_the_cosine() -> None:
    one, other = torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0], [-3.0, -4.0], [0.0, 0.0]])
    torch.testing.assert_close(alike(one, other), torch.tensor([[0.96, -1.0, 0.0]]))

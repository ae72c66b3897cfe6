"""How alike heads look, and where that puts them: against scipy, scikit-learn and loops."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.spatial.distance import jensenshannon
from sklearn.manifold import ClassicalMDS
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.numbers.kinship import Kinship, divergences, plane
from attention_core.numbers.means import Means
from attention_core.numbers.named import Named


def looks(heads: int, tokens: int, seed: int) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(heads, tokens, tokens, generator=dice, dtype=torch.float64)).softmax(-1)


def test_distances_are_the_squares_of_scipys_averaged_over_tokens() -> None:
    one, other = looks(4, 5, 1), looks(4, 7, 2)
    found = Kinship()
    found.add(one)
    found.add(other)
    for first in range(4):
        for second in range(4):
            terms = [
                float(jensenshannon(text[first, row], text[second, row], 2)) ** 2
                for text in (one, other)
                for row in range(text.shape[1])
            ]
            assert float(found.distances()[first, second]) == pytest.approx(
                sum(0 if math.isnan(term) else term for term in terms) / 12, abs=1e-12
            )


def test_distances_are_symmetric_zero_from_a_head_to_itself_and_one_bit_at_most() -> None:
    found = divergences(looks(6, 9, 3))
    torch.testing.assert_close(found, found.T)
    assert found.diagonal().abs().max() < 1e-12
    assert 0 < float(found.max()) < 1
    apart = torch.stack([torch.eye(4), torch.eye(4).roll(1, 1)]).double()
    assert float(divergences(apart)[0, 1]) == 1.0


def test_points_are_those_of_scikit_learn_up_to_their_signs() -> None:
    distances = divergences(looks(9, 12, 4))
    points, shown = plane(distances)
    wanted = torch.from_numpy(
        ClassicalMDS(n_components=2, metric="precomputed").fit_transform(distances.numpy())
    )
    turn = torch.sign((points * wanted).sum(0))
    torch.testing.assert_close(points, wanted * turn, atol=1e-9, rtol=0)
    assert 0 < shown < 1


def test_points_of_a_plane_come_back_with_all_their_distances() -> None:
    placed = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [1.0, 1.0]], dtype=torch.float64)
    points, shown = plane(torch.cdist(placed, placed))
    torch.testing.assert_close(torch.cdist(points, points), torch.cdist(placed, placed))
    assert shown == pytest.approx(1.0)
    largest = points.gather(0, points.abs().argmax(0, keepdim=True))
    assert (largest > 0).all()


def test_one_head_or_heads_all_alike_are_points_at_the_middle() -> None:
    assert plane(torch.zeros(1, 1))[0].tolist() == [[0.0, 0.0]]
    points, shown = plane(torch.zeros(3, 3))
    assert points.abs().max() == 0
    assert shown == 1.0
    assert Kinship().distances().shape == (0, 0)


def test_heads_of_another_model_are_refused() -> None:
    found = Kinship()
    found.add(looks(2, 3, 1))
    with pytest.raises(ShapeError, match="3 heads but those before it had 2"):
        found.add(looks(3, 3, 1))


def test_means_are_over_the_texts_that_have_a_number() -> None:
    means = Means()
    axes = ("layer", "head")
    for row in ([[1.0, math.nan]], [[2.0, math.nan]], [[6.0, math.nan]]):
        means.add({"a": Named(torch.tensor(row), axes, "bits")})
    means.add({"b": Named(torch.tensor([[0.5, 0.25]]), axes)})
    found = means.table()
    assert found["a"].values[0, 0] == 3.0
    assert found["a"].unit == "bits"
    assert bool(found["a"].values[0, 1].isnan())
    assert found["b"].values.tolist() == [[0.5, 0.25]]

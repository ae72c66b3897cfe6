"""Views that are kept: each is the one that would be made now, and they are bounded by size."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import ref

import numpy as np
import pytest
import torch
from torch import Tensor

from attention_core.axes.tokens import spaced
from attention_core.numbers.named import Named
from attention_core.pictures import views
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, Site
from pages.showing import kept
from pages.showing.kept import Views

TITLES = ("distance", "spread")
NAME = "layer {layer} · head {head}"


@dataclass
class Counting:
    """Weights that count how often they were asked for. matrix (head, query, key)"""

    matrix: Tensor
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def weights(self, heads: Sequence[int], queries: slice) -> Tensor:
        self.asked.append(tuple(heads))
        return self.matrix[list(heads), queries]

    def allowed(self) -> Tensor:
        return torch.ones(self.matrix.shape[1:], dtype=torch.bool)


def site(seed: int = 0, heads: int = 3) -> Site:
    axis = spaced("a b c d")
    drawn = torch.rand(heads, 4, 4, generator=torch.Generator().manual_seed(seed)).softmax(-1)
    place = (Place("encoder", seed),)
    return Site(place, heads, axis, axis, Counting(drawn), Integrity(0.0, 0.0))


def asked(one: Site) -> list[tuple[int, ...]]:
    assert isinstance(one.source, Counting)
    return one.source.asked


def test_another_head_of_a_layer_makes_its_own_view_and_leaves_that_of_all_heads() -> None:
    one, seen = site(), Views()
    for head in (0, 1, 0):
        every = seen.view(one, None, "tokens", "shown")
        np.testing.assert_array_equal(every.weights, views.view(site()).weights)
        alone = seen.view(one, [head], "tokens", "shown")
        np.testing.assert_array_equal(alone.weights, views.view(site(), [head]).weights)
    assert asked(one) == [(0, 1, 2), (0,), (1,)]


def test_grain_special_tokens_and_step_are_not_mixed_up() -> None:
    one, seen = site(), Views()
    for _twice in range(2):
        for grain in ("tokens", "words"):
            for specials in ("shown", "hidden", "renormalised"):
                for shift in (0, 1):
                    found = seen.view(one, [1], grain, specials, shift)
                    made = views.view(site(), [1], grain, specials, shift)
                    assert (found.grain, found.specials) == (grain, specials)
                    np.testing.assert_array_equal(found.weights, made.weights)


def test_a_site_at_the_place_of_one_that_is_gone_shows_its_own_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An address in memory is given again; the same `id` is said of two sites here."""
    seen = Views()
    monkeypatch.setattr(kept, "id", lambda _one: 1, raising=False)
    first, second = site(1), site(2)
    seen.view(first, None, "tokens", "shown")
    found = seen.view(second, None, "tokens", "shown")
    np.testing.assert_array_equal(found.weights, views.view(site(2)).weights)


def test_what_is_kept_is_bounded_and_keeps_no_reading_alive() -> None:
    size = site().heads * 4 * 4 * 4 + 4 * 4
    seen = Views(2 * size)
    first, second, third = site(1), site(2), site(3)
    for one in (first, second, first, third, first, second):
        seen.view(one, None, "tokens", "shown")
    assert [len(asked(one)) for one in (first, second, third)] == [1, 2, 1]
    large = site(4, heads=9)
    for _twice in range(2):
        seen.view(large, None, "tokens", "shown")
    assert len(asked(large)) == 2

    gone = ref(first)
    del first, one
    gc.collect()
    assert gone() is None


def test_nobody_can_change_what_others_see() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Views().view(site(), None, "tokens", "shown").weights[0, 0, 0] = 1


def test_the_map_of_heads_is_made_once_for_the_same_numbers_and_anew_for_others() -> None:
    across = Named(torch.tensor([[1.0, 2.0], [3.0, float("nan")]]), ("layer", "head"))
    upwards = Named(torch.tensor([[0.5, 1.5], [2.5, 3.5]]), ("layer", "head"))
    first = kept.heads_map(across, upwards, TITLES, NAME, "light")
    assert list(first.data[0].x) == [1, 2, 3]
    same = Named(upwards.values.clone(), upwards.axes)
    assert kept.heads_map(same, same, TITLES, NAME, "light") is kept.heads_map(
        upwards, upwards, TITLES, NAME, "light"
    )
    assert kept.heads_map(upwards, across, TITLES, NAME, "light") is not first
    assert kept.heads_map(across, upwards, TITLES, NAME, "dark") != first

"""What was seen of a model: sites by name and kind, several of them as one, their overview."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from attention_core.errors import AttentionError
from attention_core.watching import record
from attention_core.watching.place import Place
from attention_core.watching.record import (
    AttentionRecord,
    Integrity,
    QueryKey,
    Site,
    Stored,
    together,
)
from tests.sample import Matrix, axis, site

THREE = axis("[CLS] cats [SEP]")
FIRST: list[Matrix] = [
    [[0.5, 0.5, 0], [0, 1, 0], [0.25, 0.25, 0.5]],
    [[1, 0, 0], [0, 0, 1], [0, 0, 1]],
]
SECOND: list[Matrix] = [[[0, 0, 1], [0.5, 0.5, 0], [1, 0, 0]]]


def layers(*gaps: tuple[float, float | None]) -> tuple[Site, Site]:
    """Two heads and one head, in layers 0 and 1, each on an axis of its own."""
    one, other = site(FIRST, THREE), site(SECOND, axis("[CLS] dogs [SEP]"))
    places = (Place.of_kind("encoder", 0),), (Place.of_kind("encoder", 1),)
    sure = [Integrity(*gap) for gap in gaps or ((0.0, 0.0), (0.0, 0.0))]
    return (
        replace(one, places=places[0], integrity=sure[0]),
        replace(other, places=places[1], integrity=sure[1]),
    )


def test_several_layers_as_one_head_are_the_mean_of_all_their_heads() -> None:
    """By hand: the sum of three heads, divided by three."""
    both = together(layers())
    expected = torch.tensor([[[1.5, 0.5, 1], [0.5, 1.5, 1], [1.25, 0.25, 1.5]]]) / 3
    torch.testing.assert_close(both.weights(), expected)
    torch.testing.assert_close(both.weights([0, 0], slice(1, 3)), expected[[0, 0], 1:3])
    assert (both.heads, both.name, both.layer) == (1, "encoder.0+encoder.1", 1)
    assert both.place == Place.of_kind("encoder", 1)
    assert both.queries is both.keys
    assert both.queries.text == "dogs"


def test_three_layers_as_one_stand_on_the_axes_of_the_last() -> None:
    one, other = layers()
    assert together([one, other, one]).queries.text == "cats"
    assert together([other, other, one]).queries.text == "cats"
    assert together([one, one, other]).queries.text == "dogs"


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        (((0.1, 0.2), (0.3, 0.4)), (0.3, 0.4)),
        (((0.3, 0.4), (0.1, 0.2)), (0.3, 0.4)),
        (((0.1, None), (0.3, 0.4)), (0.3, None)),
        (((0.1, 0.2), (0.3, None)), (0.3, None)),
        (((0.1, None), (0.3, None)), (0.3, None)),
    ],
)
def test_several_layers_as_one_are_as_sure_as_the_least_of_them(
    gaps: tuple[tuple[float, float | None], ...], expected: tuple[float, float | None]
) -> None:
    found = together(layers(*gaps)).integrity
    assert (found.rows, found.output) == expected


def test_a_mean_may_look_where_one_of_its_layers_may() -> None:
    masks = [[[True, False], [False, False]], [[False, False], [True, False]]]
    two = axis("[CLS] cats")
    sites = [site([[[1.0, 0.0], [1.0, 0.0]]], two, allowed=mask) for mask in masks]
    for order in (sites, sites[::-1]):
        assert together(order).allowed().tolist() == [[True, False], [True, False]]


@pytest.mark.parametrize("at_once", [1, 9, 18, 1 << 20])
def test_the_overview_keeps_the_largest_weight_of_every_part(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three rows and two columns, one picture each: rows and columns 0–1 and 1–2 overlap."""
    monkeypatch.setattr(record, "AT_ONCE", at_once)
    made = site(FIRST, THREE)
    assert made.overview(3).tolist() == FIRST
    assert made.overview(9).tolist() == FIRST
    assert made.overview(2).tolist() == [[[1, 1], [1, 1]], [[1, 1], [0, 1]]]
    assert made.overview(1).tolist() == [[[1]], [[1]]]
    wide = site([[[0.1, 0.2, 0.7]]], axis("[CLS]"), THREE)
    assert wide.overview(2).shape == (1, 1, 2)
    assert site([[[0.1], [0.2], [0.7]]], THREE, axis("[CLS]")).overview(2).shape == (1, 2, 1)


def test_sites_are_found_by_name_and_by_kind() -> None:
    cross = site(SECOND, THREE, kind="cross")
    record = AttentionRecord("made", (*layers(), cross), (THREE,))
    assert record.kinds == ("encoder", "cross")
    assert [one.name for one in record.of("encoder")] == ["encoder.0", "encoder.1"]
    assert record.of("cross") == (cross,)
    assert record.of("decoder") == ()
    assert record.site("cross.0") is cross
    with pytest.raises(AttentionError, match=r"no site “encoder\.7”; .* encoder\.1, cross\.0"):
        record.site("encoder.7")


def test_queries_look_at_every_key_unless_something_forbids_it() -> None:
    dice = torch.Generator().manual_seed(5)
    query, key = (torch.randn(1, 3, 4, generator=dice, dtype=torch.float64) for _ in range(2))
    made = QueryKey(query, key, 0.5)
    expected = torch.softmax(query @ key.mT / 2, -1)
    torch.testing.assert_close(made.weights([0], slice(None)), expected.float())
    assert made.allowed().all()
    assert Stored(expected).allowed().all()

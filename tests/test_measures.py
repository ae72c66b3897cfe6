"""Numbers about heads, each on a matrix small enough to work out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from attention_core import finding
from attention_core.axes.axis import Axis
from attention_core.axes.frames import frames, spoken
from attention_core.axes.patches import patches
from attention_core.errors import Superseded
from attention_core.files.formats.csv_table import as_csv
from attention_core.numbers import labels, measures
from attention_core.numbers.measures import Measure, measure
from attention_core.pictures.views import overview, view
from attention_core.watching.place import Place, places
from attention_core.watching.record import Integrity, Site, Stored
from tests.sample import Matrix, axis, site

PLAIN = "a b c d"
EYE: Matrix = torch.eye(4).tolist()
UNIFORM: Matrix = torch.full((4, 4), 0.25).tolist()
NEXT: Matrix = torch.eye(4).roll(1, 1).tolist()  # the last token wraps round to the first
PREVIOUS: Matrix = torch.eye(4).roll(-1, 1).tolist()


def of(name: str, *heads: Matrix, pieces: str = PLAIN, kind: str = "encoder") -> list[float]:
    measure = measures.ALL[name]
    found: list[float] = measure.of(site(list(heads), axis(pieces), kind=kind)).values.tolist()
    return found


def test_entropy_is_the_number_of_bits_that_a_look_leaves_open() -> None:
    halves: Matrix = [[0.5, 0.5, 0, 0]] * 4
    quarters: Matrix = [[0.5, 0.25, 0.25, 0]] * 4
    assert of("entropy", UNIFORM, EYE, halves, quarters) == pytest.approx([2.0, 0.0, 1.0, 1.5])
    assert f"{of('entropy', EYE)[0]:.2f}" == "0.00"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_uniform_look_at_n_keys_has_log2_n_bits(size: int) -> None:
    uniform: Matrix = torch.full((size, size), 1 / size).tolist()
    pieces = " ".join("abcdefg"[n % 7] for n in range(size))
    assert of("entropy", uniform, pieces=pieces) == pytest.approx([math.log2(size)], abs=1e-6)


def test_entropy_of_a_query_that_may_look_at_nothing_is_zero() -> None:
    assert of("entropy", [[0.0] * 4] * 4) == [0.0]


def test_gini_is_zero_for_all_alike_and_nears_one_for_a_single_key() -> None:
    """1 − 2 Σ share · (N − k + ½) / N over shares from the smallest, N = 4.

    For 0, ¼, ¼, ½ that is 1 − 2 (¼ · 2½ + ¼ · 1½ + ½ · ½) / 4 = 1 − 2.5 / 4 = 0.375.
    """
    halves: Matrix = [[0.5, 0.5, 0, 0]] * 4
    uneven: Matrix = [[0.25, 0, 0.5, 0.25]] * 4
    mixed: Matrix = [[0.25] * 4, [0, 1, 0, 0], [0.5, 0, 0.5, 0], [0.25, 0, 0.5, 0.25]]
    assert of("gini", UNIFORM, EYE, halves, uneven, mixed) == pytest.approx([
        0.0, 0.75, 0.5, 0.375, (0 + 0.75 + 0.5 + 0.375) / 4,
    ])  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_gini_of_a_look_at_one_of_n_keys_is_one_less_one_nth(size: int) -> None:
    pieces = " ".join("abcdefg"[n % 7] for n in range(size))
    uniform: Matrix = torch.full((size, size), 1 / size).tolist()
    assert f"{of('gini', uniform, pieces=pieces)[0]:.2f}" == "0.00"
    assert of("gini", torch.eye(size).tolist(), pieces=pieces) == pytest.approx([1 - 1 / size])


def test_gini_is_half_the_mean_difference_of_two_keys_over_the_mean_key() -> None:
    """The definition that economists use, one pair after the other."""
    weights = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(3)).softmax(-1)
    rows = weights.tolist()
    slow = [
        sum(abs(one - other) for row in head for one in row for other in row) / (2 * 4 * 4)
        for head in rows
    ]
    assert of("gini", *rows) == pytest.approx(slow, abs=1e-6)


def test_gini_does_not_ask_what_a_row_sums_to() -> None:
    assert of("gini", [[0.25, 0.125, 0.125, 0]] * 4, [[0.0] * 4] * 4) == pytest.approx([0.375, 0])


def test_distance_is_counted_in_tokens() -> None:
    to_first: Matrix = [[1, 0, 0, 0]] * 4
    assert of("distance", EYE, NEXT, to_first, UNIFORM) == pytest.approx([
        0.0, (1 + 1 + 1 + 3) / 4, (0 + 1 + 2 + 3) / 4, (6 + 4 + 4 + 6) / 16,
    ])  # fmt: skip


def test_shares_on_neighbours_count_only_tokens_that_have_one() -> None:
    assert of("on_itself", EYE, UNIFORM, NEXT) == pytest.approx([1.0, 0.25, 0.0])
    assert of("on_next", NEXT, EYE, UNIFORM) == pytest.approx([1.0, 0.0, 0.25])
    assert of("on_previous", PREVIOUS, NEXT, UNIFORM) == pytest.approx([1.0, 0.0, 0.25])


def test_the_share_on_specials_is_what_lands_on_tokens_the_model_added() -> None:
    looks: Matrix = [[0, 1, 0, 0], [0.5, 0, 0, 0.25], [0, 0.5, 0.5, 0], [0, 0, 1, 0]]
    assert of("on_specials", looks, EYE, pieces="[CLS] b c [SEP]") == pytest.approx([0.375, 0.0])
    assert of("on_specials", UNIFORM) == [0.0]


def test_only_the_readers_own_tokens_count_as_looking() -> None:
    """[CLS] and [SEP] look everywhere here; that says nothing about the text."""
    looks: Matrix = [[0.25] * 4, [0, 1, 0, 0], [0, 0, 1, 0], [0.25] * 4]
    pieces = "[CLS] b c [SEP]"
    assert of("entropy", looks, pieces=pieces) == [0.0]
    assert of("gini", looks, pieces=pieces) == [0.75]
    assert of("distance", looks, pieces=pieces) == [0.0]
    assert of("on_itself", looks, pieces=pieces) == [1.0]
    assert of("on_next", NEXT, looks, pieces=pieces) == [1.0, 0.0]


def test_a_text_of_specials_alone_still_has_numbers() -> None:
    assert of("entropy", [[0.5, 0.5], [0.5, 0.5]], pieces="[CLS] [SEP]") == pytest.approx([1.0])


@pytest.mark.parametrize("name", ["distance", "on_previous", "on_itself", "on_next"])
def test_places_in_two_different_texts_are_not_compared(name: str) -> None:
    assert all(map(math.isnan, of(name, UNIFORM, EYE, kind="cross")))


def test_one_token_has_no_neighbour_and_no_distance() -> None:
    one: Matrix = [[1.0]]
    assert of("on_next", one, pieces="a") == of("on_previous", one, pieces="a") == [0.0]
    assert of("distance", one, pieces="a") == of("entropy", one, pieces="a") == [0.0]


def sites() -> tuple[Site, ...]:
    return tuple(site([EYE, UNIFORM, NEXT], axis(PLAIN)) for _ in range(2))


def test_the_table_holds_every_measure_of_every_head() -> None:
    table = measures.table(sites())
    assert list(table) == list(measures.ALL)
    for name, one in measures.ALL.items():
        assert table[name].values.shape == (2, 3)
        assert table[name].axes == ("layer", "head")
        assert torch.equal(table[name].values[0], one.of(sites()[0]).values)


def test_every_measure_but_a_share_has_a_unit() -> None:
    for one in measures.ALL.values():
        shares = torch.cat([one.of(read).values for read in sites()])
        assert one.unit or (shares.min() >= 0 and shares.max() <= 1)


def test_layers_may_have_different_numbers_of_heads() -> None:
    ragged = (site([EYE, UNIFORM], axis(PLAIN)), site([NEXT, EYE, UNIFORM, EYE], axis(PLAIN)))
    for found in measures.table(ragged).values():
        assert found.values.shape == (2, 4)
        assert found.values[0].isnan().tolist() == [False, False, True, True]
        assert not found.values[1].isnan().any()


def test_the_weights_of_a_head_are_made_once_for_all_measures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    whole = Site.weights

    def counted(
        self: Site, heads: Sequence[int] | None = None, queries: slice = slice(None)
    ) -> Tensor:
        made.extend(heads or ())
        return whole(self, heads, queries)

    monkeypatch.setattr(Site, "weights", counted)
    measures.table(sites())
    assert made == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("tile", [1, 16, 33])
def test_a_long_text_is_measured_a_few_heads_at_a_time(
    tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measures.table(sites())
    monkeypatch.setattr(measure, "TILE", tile)
    for name, found in measures.table(sites()).items():
        assert torch.equal(found.values, whole[name].values)


def test_measuring_stops_at_the_next_heads_once_nobody_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure, "TILE", 1)
    answers = [False, False, True]
    with pytest.raises(Superseded):
        measures.table(sites(), lambda: answers.pop(0))
    assert answers == []
    with pytest.raises(Superseded):
        overview(sites(), 4, lambda: True)


@pytest.mark.parametrize("tile", [1, 50, 60, 1 << 20])
def test_layers_that_are_read_together_have_the_numbers_of_each_alone(
    tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = torch.Generator().manual_seed(7)
    one, other = axis("[CLS] a b a [SEP]"), axis("a , [SEP] b c")
    every = [*measures.ALL.values(), *(one for one in labels.ALL.values() if not one.repeats)]

    def layer(number: int, heads: int, along: Axis, kind: str) -> Site[Any]:
        weights = torch.rand(heads, 5, 5, generator=make, dtype=torch.float64).softmax(-1)
        place = places(f"{kind}.{number}")
        return Site(place, heads, along, along, Stored(weights), Integrity(0, 0))

    mixed = (
        layer(0, 3, one, "encoder"), layer(1, 5, one, "encoder"), layer(2, 1, other, "encoder"),
        layer(3, 2, one, "encoder"), layer(4, 4, one, "cross"), layer(5, 2, one, "encoder"),
    )  # fmt: skip
    alone = [{one.name: one.of(layer) for one in every} for layer in mixed]
    monkeypatch.setattr(measure, "TILE", tile)
    for name, found in measure.table(mixed, every).items():
        for number, row in enumerate(alone):
            heads = mixed[number].heads
            torch.testing.assert_close(
                found.values[number, :heads], row[name].values.to(found.values),
                rtol=1e-6, atol=1e-7, equal_nan=True,
            )  # fmt: skip
            assert bool(found.values[number, heads:].isnan().all())


def test_no_more_heads_are_read_at_once_than_there_is_room_for() -> None:
    layers = [site([EYE] * heads, axis(PLAIN)) for heads in (3, 1, 7, 2)]
    some = list(measure._few(layers, 4))
    assert [sum(map(len, (heads for _site, heads in few))) for few in some] == [4, 4, 4, 1]
    read = [(layers.index(layer), head) for few in some for layer, heads in few for head in heads]
    assert read == [(at, head) for at, layer in enumerate(layers) for head in range(layer.heads)]


def over(along: Axis, weights: Tensor, stack: str) -> Site[Any]:
    return Site(
        (Place(stack, 0),), len(weights), along, along, Stored(weights), Integrity(0.0, None)
    )


def test_a_picture_is_measured_in_patches_and_a_sound_in_seconds() -> None:
    """Each place looks at the one across the corner, or at the one two frames on."""
    picture = patches(2, 2, 60, 40, before=("[CLS]",))
    across = torch.eye(5)[[0, 4, 3, 2, 1]][None]
    seen = measures.table([over(picture, across, "vision")])
    assert seen["distance"].unit == "patches"
    assert seen["distance"].values.tolist() == [[1.0]]
    assert seen["on_specials"].values.tolist() == [[0.0]]
    heard = measures.table([over(frames(6, 0.25), torch.eye(6).roll(2, 1)[None], "audio")])
    assert heard["distance"].unit == "seconds"
    assert heard["distance"].values.item() == pytest.approx((4 * 0.5 + 2 * 1.0) / 6)


def test_a_picture_and_a_sound_are_views_like_any_text() -> None:
    picture = patches(1, 4, 80, 20, before=("[CLS]",), regions=(0, 0, 1, 1))
    seen = view(over(picture, torch.full((1, 5, 5), 0.2), "vision"), None, "words", "hidden")
    assert [row.text for row in seen.rows] == ["1, 1", "1, 3"]
    assert seen.weights.tolist() == [[[pytest.approx(0.4)] * 2] * 2]
    assert seen.kept == pytest.approx(0.8)
    words = spoken(frames(4, 0.5), [("two", 0, 1), ("words", 1, 2)])
    heard = view(over(words, torch.eye(4)[None], "audio"), None, "words")
    assert [row.text for row in heard.rows] == ["two", "words"]
    assert heard.weights.tolist() == [[[1.0, 0.0], [0.0, 1.0]]]
    assert as_csv(heard).decode("utf-8-sig").splitlines()[1] == "1,1,two,1,two,1,1"


def test_what_is_added_is_a_file_or_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Measure("mine", "mine", "One for every head.", 5, lambda r: torch.ones(len(r.weights)))

    class Point:
        def load(self) -> Measure:
            return mine

    monkeypatch.setattr(
        finding, "entry_points", lambda group: [Point()] * (group == measures.GROUP)
    )
    assert next(iter(measures.registered())) == "mine"
    assert set(measures.registered()) == {"mine", *measures.ALL}

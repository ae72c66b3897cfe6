"""Numbers about heads, each on a matrix small enough to work out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from attention_core.numbers import measures
from attention_core.watching.record import Site
from tests.sample import Matrix, axis, site

PLAIN = "a b c d"
EYE: Matrix = torch.eye(4).tolist()
UNIFORM: Matrix = torch.full((4, 4), 0.25).tolist()
NEXT: Matrix = torch.eye(4).roll(1, 1).tolist()  # the last token wraps round to the first
PREVIOUS: Matrix = torch.eye(4).roll(-1, 1).tolist()


def of(name: str, *heads: Matrix, pieces: str = PLAIN, kind: str = "encoder") -> list[float]:
    measure = next(measure for measure in measures.ALL if measure.name == name)
    found: list[float] = measure.of(site(list(heads), axis(pieces), kind=kind)).tolist()
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
    assert list(table) == [measure.name for measure in measures.ALL]
    for measure in measures.ALL:
        assert table[measure.name].shape == (2, 3)
        assert torch.equal(table[measure.name][0], measure.of(sites()[0]))


def test_every_measure_but_a_share_has_a_unit() -> None:
    for measure in measures.ALL:
        shares = torch.cat([measure.of(read) for read in sites()])
        assert measure.unit or (shares.min() >= 0 and shares.max() <= 1)

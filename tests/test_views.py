"""What a picture shows: merged, stripped, renormalised, and captions true of the numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from attention_core.errors import ShapeError
from attention_core.pictures.views import Cell, View, overview, view
from attention_core.watching.record import AttentionRecord, Integrity, QueryKey
from pages.showing import sentences
from tests.sample import Matrix, axis, site

WEIGHTS: Matrix = [
    [0.50, 0.20, 0.10, 0.15, 0.05],
    [0.10, 0.20, 0.20, 0.40, 0.10],
    [0.30, 0.10, 0.20, 0.10, 0.30],
    [0.25, 0.30, 0.05, 0.15, 0.25],
    [0.00, 0.00, 0.00, 0.00, 1.00],
]
BACK = [row[::-1] for row in WEIGHTS]
PIECES = "[CLS] un ##kind cats [SEP]"


def pictured(**choices: object) -> View:
    return view(site([WEIGHTS, BACK], axis(PIECES)), **choices)  # type: ignore[arg-type]


def close(found: NDArray[np.float32], expected: object) -> None:
    np.testing.assert_allclose(found, np.array(expected), atol=1e-6)


def test_without_choices_everything_is_shown_as_it_is() -> None:
    seen = pictured()
    close(seen.weights, [WEIGHTS, BACK])
    assert seen.heads == (0, 1)
    assert [token.text for token in seen.rows] == ["[CLS]", "un", "kind", "cats", "[SEP]"]
    assert seen.rows == seen.columns
    assert seen.allowed.all()
    assert seen.kept == 1.0
    assert seen.one_text
    assert seen.weights.dtype == np.float32
    assert seen.row_places == seen.column_places == ((0,), (1,), (2,), (3,), (4,))


def test_only_the_heads_asked_for_are_shown_in_that_order() -> None:
    close(pictured(heads=[1]).weights, [BACK])
    close(pictured(heads=[1, 0]).weights, [BACK, WEIGHTS])


@pytest.mark.parametrize("heads", [[], [2], [-1], [0, 7]])
def test_heads_that_are_not_there_are_refused(heads: list[int]) -> None:
    with pytest.raises(ShapeError, match="choose at least one from 0 to 1"):
        pictured(heads=heads)


def test_words_add_what_is_looked_at_and_average_what_looks() -> None:
    seen = pictured(heads=[0], grain="words")
    assert [token.text for token in seen.rows] == ["[CLS]", "unkind", "cats", "[SEP]"]
    close(seen.weights[0][0], [0.5, 0.3, 0.15, 0.05])
    close(seen.weights[0][1], [0.2, 0.35, 0.25, 0.2])
    close(seen.weights.sum(-1), np.ones((1, 4)))
    assert seen.column_places == ((0,), (1, 2), (3,), (4,))


def test_hidden_specials_leave_the_other_weights_alone() -> None:
    seen = pictured(heads=[0], specials="hidden")
    assert [token.text for token in seen.rows] == ["un", "kind", "cats"]
    close(seen.weights, [[[0.2, 0.2, 0.4], [0.1, 0.2, 0.1], [0.3, 0.05, 0.15]]])
    assert seen.row_places == ((1,), (2,), (3,))


def test_the_kept_share_is_that_of_the_shown_rows_before_renormalising() -> None:
    share = (0.8 + 0.4 + 0.5) / 3
    assert pictured(heads=[0], specials="hidden").kept == pytest.approx(share)
    assert pictured(heads=[0], specials="renormalised").kept == pytest.approx(share)
    words = (0.6 + 0.5) / 2
    assert pictured(heads=[0], grain="words", specials="hidden").kept == pytest.approx(words)


def test_renormalised_rows_sum_to_one_and_keep_their_proportions() -> None:
    hidden = pictured(specials="hidden").weights
    seen = pictured(specials="renormalised").weights
    close(seen.sum(-1), np.ones((2, 3)))
    close(seen / seen[..., :1], hidden / hidden[..., :1])


def test_a_row_with_nothing_left_stays_empty_when_renormalised() -> None:
    looks: Matrix = [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]
    seen = view(site([looks], axis("[CLS] a b")), specials="renormalised")
    close(seen.weights, [[[0, 0], [0.5, 0.5]]])


def test_words_and_hiding_go_together() -> None:
    seen = pictured(heads=[0], grain="words", specials="renormalised")
    close(seen.weights, [[[0.35 / 0.6, 0.25 / 0.6], [0.35 / 0.5, 0.15 / 0.5]]])


def test_a_text_of_specials_alone_is_shown_all_the_same() -> None:
    seen = view(site([[[0.5, 0.5], [0.5, 0.5]]], axis("[CLS] [SEP]")), specials="hidden")
    assert len(seen.rows) == 2


def test_forbidden_cells_stay_forbidden_and_a_word_may_look_where_any_piece_may() -> None:
    causal = np.tri(5, dtype=bool)
    weights = (causal / causal.sum(1, keepdims=True)).tolist()
    read = site([weights], axis(PIECES), allowed=causal.tolist(), kind="decoder")
    assert (view(read).allowed == causal).all()
    assert (view(read, grain="words").allowed == np.tri(4, dtype=bool)).all()
    assert (view(read, specials="hidden").allowed == np.tri(3, dtype=bool)).all()


def test_one_piece_that_may_look_lets_its_word_look() -> None:
    allowed = np.ones((5, 5), dtype=bool)
    allowed[1, 3] = allowed[3, 2] = allowed[0, 1:3] = False
    seen = view(site([WEIGHTS], axis(PIECES), allowed=allowed.tolist()), grain="words")
    assert seen.allowed[1, 2]
    assert seen.allowed[2, 1]
    assert not seen.allowed[0, 1]


def test_two_texts_are_told_from_one() -> None:
    crossed = site([WEIGHTS[:2]], axis("je dors"), axis(PIECES), kind="cross")
    seen = view(crossed, grain="words", specials="hidden")
    assert not seen.one_text
    assert [token.text for token in seen.rows] == ["je", "dors"]
    assert [token.text for token in seen.columns] == ["unkind", "cats"]
    close(seen.weights, [[[0.3, 0.15], [0.4, 0.4]]])


def test_a_view_changes_nothing_in_the_record() -> None:
    read = site([WEIGHTS], axis(PIECES))
    before = read.weights().clone()
    seen = view(read, specials="renormalised")
    seen.telling()
    seen.weights[:] = 7
    view(read).weights[:] = 7
    assert torch.equal(read.weights(), before)


def test_looking_for_captions_changes_nothing_in_the_view() -> None:
    seen, other = pictured(), np.array(BACK, dtype=np.float32)
    seen.telling()
    seen.telling(other)
    seen.strongest(1, other)
    close(seen.weights, [WEIGHTS, BACK])
    close(other, BACK)


def test_the_mean_is_over_heads() -> None:
    close(pictured().mean, (np.array(WEIGHTS) + np.array(BACK)) / 2)
    close(pictured(heads=[1]).mean, BACK)


def test_some_heads_of_a_view_are_those_heads() -> None:
    close(pictured(heads=[1, 0]).only([0]).weights, [WEIGHTS])
    assert pictured(heads=[1, 0]).only([0]).heads == (0,)


def test_the_beginning_of_a_view_is_its_first_rows_and_columns() -> None:
    start = pictured().beginning(2)
    close(start.weights, np.array([WEIGHTS, BACK])[:, :2, :2])
    assert [token.text for token in start.rows] == ["[CLS]", "un"]
    assert start.allowed.shape == (2, 2)
    assert start.column_places == ((0,), (1,))


def test_a_token_is_found_in_the_word_that_holds_it() -> None:
    seen = pictured(grain="words", specials="hidden")
    assert [seen.row_of(place) for place in range(5)] == [None, 0, 0, 1, None]
    assert [seen.column_of(place) for place in range(5)] == [None, 0, 0, 1, None]


def test_the_strongest_look_of_a_row_is_its_largest_weight() -> None:
    seen = pictured(heads=[0])
    for row, expected in enumerate([0, 3, 0, 1, 4]):
        look = seen.strongest(row)
        assert (look.row, look.column) == (row, expected)
        assert look.weight == pytest.approx(max(WEIGHTS[row]))
    assert seen.strongest(1, np.array(BACK, dtype=np.float32)).column == 1


def test_the_telling_look_goes_from_one_own_word_to_another() -> None:
    """0.50 and 1.00 are on specials; the largest of what remains is un → cats."""
    look = pictured(heads=[0]).telling()
    assert look is not None
    assert look == Cell(1, 3, float(np.float32(0.4)))


def test_the_telling_look_is_the_same_cell_however_the_specials_are_shown() -> None:
    hidden = pictured(heads=[0], specials="hidden").telling()
    assert hidden is not None
    assert hidden == Cell(0, 2, float(np.float32(0.4)))


def test_a_word_that_looks_at_itself_tells_nothing() -> None:
    looks: Matrix = [[0.9, 0.1], [0.2, 0.8]]
    look = view(site([looks], axis("two words"))).telling()
    assert look is not None
    assert (look.row, look.column) == (1, 0)


def test_across_two_texts_the_same_place_is_another_word() -> None:
    looks: Matrix = [[0.9, 0.1], [0.2, 0.8]]
    look = view(site([looks], axis("deux mots"), axis("two words"), kind="cross")).telling()
    assert look is not None
    assert (look.row, look.column) == (0, 0)


def test_one_word_alone_has_no_telling_look() -> None:
    assert view(site([[[1.0]]], axis("alone"))).telling() is None
    assert pictured(heads=[0]).beginning(1).telling() is None


def test_the_telling_look_of_a_given_matrix_is_that_matrixs() -> None:
    look = pictured(heads=[0]).telling(np.array(BACK, dtype=np.float32))
    assert look is not None
    assert look == Cell(1, 2, float(np.float32(0.2)))


def record(length: int, heads: int = 3) -> AttentionRecord:
    torch.manual_seed(length)
    tokens = axis(" ".join(f"w{n}" for n in range(length)))
    weights = torch.rand(heads, length, length).softmax(-1) * 0.01
    for head in range(heads):
        weights[head, (7 * head + 3) % length, (5 * head + 1) % length] = 0.9
    return AttentionRecord("model", (site(weights.tolist(), tokens),), (tokens,))


@pytest.mark.parametrize("length", [5, 13, 16, 37, 64])
def test_a_thumbnail_keeps_the_peak_of_every_head_in_its_place(length: int) -> None:
    size = 16
    pictures = overview(record(length).of("encoder"), size)
    assert [picture.shape for picture in pictures] == [(3, size, size)]
    assert pictures[0].dtype == np.uint8
    for head in range(3):
        row, column = (7 * head + 3) % length, (5 * head + 1) % length
        bright = np.argwhere(pictures[0][head] == 255)
        nearest = np.abs(bright * length / size - [row, column]).max(1).min()
        assert nearest <= max(1.0, length / size)


def test_a_thin_line_survives_shrinking() -> None:
    tokens = axis("a b c d")
    looks: Matrix = [[0.8, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0.4, 0.4], [0, 0, 0.4, 0.4]]
    read = AttentionRecord("model", (site([looks], tokens),), (tokens,))
    assert [one.tolist() for one in overview(read.of("encoder"), 2)] == [[[[255, 0], [0, 128]]]]


def test_every_head_is_scaled_to_its_own_peak() -> None:
    faint = [[0.02, 0.01], [0.0, 0.005]]
    tokens = axis("a b")
    sites = (site([faint, [[1.0, 0.0], [0.5, 0.5]]], tokens),)
    pictures = overview(AttentionRecord("model", sites, (tokens,)).of("encoder"), 2)
    assert [one.tolist() for one in pictures] == [[[[255, 128], [0, 64]], [[255, 0], [128, 128]]]]


def test_an_overview_shows_one_kind_only() -> None:
    tokens = axis("a b")
    ones: Matrix = [[1.0, 0.0], [0.0, 1.0]]
    sites = (site([ones], tokens), site([ones, ones], tokens, kind="decoder"))
    pictures = overview(AttentionRecord("model", sites, (tokens,)).of("decoder"), 2)
    assert [picture.shape for picture in pictures] == [(2, 2, 2)]


def test_layers_may_have_different_numbers_of_heads() -> None:
    tokens = axis("a b")
    ones: Matrix = [[1.0, 0.0], [0.0, 1.0]]
    pictures = overview([site([ones] * heads, tokens) for heads in (2, 4)], 2)
    assert [picture.shape for picture in pictures] == [(2, 2, 2), (4, 2, 2)]


def test_a_shift_shows_each_row_with_the_look_of_a_later_step() -> None:
    plain, later = pictured(heads=[0]), pictured(heads=[0], shift=1)
    close(later.weights[0, :-1], plain.weights[0, 1:])
    close(later.weights[0, -1], plain.weights[0, -1])  # the last step has none after it
    close(pictured(heads=[0], shift=-1).weights[0, 1:], plain.weights[0, :-1])


# --- attention sinks ---


def with_sink(score: float = 0.0) -> View:
    return sunk(score, "shown")


def sunk(score: float, specials: str, grain: str = "tokens") -> View:
    """Queries of zeros: each head spreads evenly, and its sink has e to the score of a key's 1."""
    line = axis(PIECES)
    source = QueryKey(
        torch.zeros(2, 5, 3), torch.zeros(2, 5, 3), 1.0, sinks=torch.tensor([score, -torch.inf])
    )
    looking = replace(
        site([WEIGHTS, BACK], line), queries=line, keys=line, source=source,
        integrity=Integrity(0.0, 0.0),
    )  # fmt: skip
    return view(looking, None, grain, specials)  # type: ignore[arg-type]


def test_what_a_sink_takes_is_a_column_of_its_own() -> None:
    seen = with_sink(score=math.log(3))
    close(seen.weights[0], [[1 / 8] * 5 + [3 / 8]] * 5)
    close(seen.weights[1], [[1 / 5] * 5 + [0]] * 5)
    close(seen.weights.sum(-1), np.ones((2, 5)))
    assert seen.columns[-1].text == "∅"
    assert [token.text for token in seen.columns[:-1]] == [token.text for token in seen.rows]
    assert seen.allowed.shape == (5, 6)
    assert seen.allowed.all()
    assert seen.sink == pytest.approx(3 / 16)
    assert (seen.column_of(5), seen.column_places[-1]) == (5, (5,))


def test_a_sink_stays_apart_from_words_and_hides_with_special_tokens() -> None:
    words = sunk(math.log(3), "shown", "words")
    close(words.weights[0], [[1 / 8, 2 / 8, 1 / 8, 1 / 8, 3 / 8]] * 4)
    assert [token.text for token in words.columns] == ["[CLS]", "unkind", "cats", "[SEP]", "∅"]
    hidden = sunk(math.log(3), "hidden")
    assert "∅" not in [token.text for token in hidden.columns]
    assert hidden.sink == pytest.approx(3 / 16)
    assert hidden.kept == pytest.approx((3 / 8 + 3 / 5) / 2)
    close(sunk(math.log(3), "renormalised").weights, np.full((2, 3, 3), 1 / 3))


def test_a_sink_is_named_with_its_share() -> None:
    said = "the model's attention sink (∅) takes 19 % of the attention and gives nothing"
    for specials in ("shown", "hidden", "renormalised"):
        caption = unescape(sentences.shown(sunk(math.log(3), specials)))
        assert said in caption
    assert "every row adds up to 1" in sentences.shown(with_sink())
    assert "sink" not in sentences.shown(pictured())
    assert pictured().sink is None

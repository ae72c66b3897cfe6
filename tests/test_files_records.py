"""Attention of other programs as a record: its axes, its weights, what is said of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from attention_core.files.judging import on_its_side, told
from attention_core.files.reading import axis, imported, record, turned
from attention_core.numbers.alignment import Link
from attention_core.pictures.views import view
from tests.foreign_files import one, tokens_of


def test_a_record_has_one_site_with_the_imported_weights_and_is_never_verified() -> None:
    weights = np.random.default_rng(4).dirichlet(np.ones(3), (5, 2)).astype(np.float32)
    found = imported(["a", "b", "c"], ["x", "y"], weights)
    made = record(found, "marian")
    (only,) = made.sites
    assert (made.model, only.name, only.kind, only.heads) == ("marian", "cross.0", "cross", 5)
    assert torch.equal(only.weights(), torch.from_numpy(weights))
    assert (only.queries.name, only.keys.name) == ("target", "source")
    assert [token.text for token in only.keys.tokens] == ["a", "b", "c"]
    assert made.axes == (only.keys, only.queries)
    assert only.integrity.output is None
    assert only.integrity.rows < 1e-6
    assert not only.integrity.verified
    assert view(only, grain="words").weights.shape == (5, 2, 3)


def test_a_record_says_how_far_its_rows_are_from_one() -> None:
    made = record(imported(["a", "b"], ["x", "y"], np.array([[0.5, 0.75], [0, 0]])))
    assert made.sites[0].integrity.rows == pytest.approx(0.25)
    assert len(made.notes) == 1


@pytest.mark.parametrize(
    ("tokens", "text", "shown"),
    [
        ("the house .", "the house .", "the|house|."),
        ("Net@@ any@@ ah@@ u wins", "Netanyahu wins", "Net|any|ah|u|wins"),
        ("un ##believ ##able cats", "unbelievable cats", "un|believ|able|cats"),
        ("▁un believ able ▁cats", "unbelievable cats", "un|believ|able|cats"),
        ("I ￭' ￭m 20￭ th", "I'm 20th", "I|'|m|20|th"),
        ("▁我 们 ▁ 好", "我们 好", "我|们|␣|好"),
        ("## @@ ￭ #", "## @@ ￭ #", "##|@@|￭|#"),
        ("a</s> </s> <unk>", "a</s> <unk>", "a</s>|</s>|<unk>"),
        ("Hello Ġwor ld ĠcafÃ©", "Hello world café", "Hello|wor|ld|café"),
        ("<|endoftext|> Ġthe Ġ Ġ Ċ", "the   ", "<|endoftext|>|the|␣|␣|␣"),
        ("Ġæ Ī ĳ Ġthe", "我 the", "⟨E6⟩|⟨88⟩|我|the"),
        ("ĠÐ nothing", "\\xd0nothing", "⟨D0⟩|\\xd0nothing"),
        ("Ġk我 caf", "Ġk我 caf", "Ġk我|caf"),
        ("▁caf <0xC3> <0xA9> s ▁x", "cafés x", "caf|⟨C3⟩|é|s|x"),
        ("un believ able</w> cat s </w> x</w>", "unbelievable cats x", "un|believ|able|cat|s|␣|x"),
        ("[CLS] un ##able [SEP]", "unable", "[CLS]|un|able|[SEP]"),
    ],
)
def test_tokens_are_shown_without_marks_and_stand_where_the_text_has_them(
    tokens: str, text: str, shown: str
) -> None:
    made = axis("source", tokens.split())
    assert made.text == text
    assert "|".join(token.text for token in made.tokens) == shown
    assert [token.piece for token in made.tokens] == tokens.split()
    for token in made.tokens:
        if token.start < token.end and token.text != "␣":
            assert made.text[token.start : token.end] == token.text


def test_the_pieces_of_a_word_are_merged_and_special_tokens_stand_alone() -> None:
    made = axis("target", ["Net@@", "any@@", "ah@@", "u", "wins", "</s>"])
    assert made.groups == ((0, 1, 2, 3), (4,), (5,))
    assert [token.special for token in made.tokens] == [False] * 5 + [True]


@settings(max_examples=200, deadline=None)
@given(
    some.lists(some.text(alphabet="ab▁#@￭ \u200d\x00我\ud800", max_size=6), min_size=1, max_size=8)
)
def test_any_tokens_make_an_axis_whose_places_lie_in_its_text(tokens: list[str]) -> None:
    found = imported(tokens, ["x"], np.ones((1, len(tokens))))
    made = record(found).axes[0]
    assert len(made) == len(tokens)
    made.text.encode()
    assert all(0 <= t.start <= t.end <= len(made.text) for t in made.tokens)
    assert sorted(place for group in made.groups for place in group) == list(range(len(tokens)))


def test_what_comes_in_is_not_changed() -> None:
    weights: NDArray[np.float32] = np.array([[0.5, 0.5]], dtype=np.float32)
    made = imported(["a", "b"], ["x"], weights)
    made.weights[0, 0, 0] = 1
    assert weights.tolist() == [[0.5, 0.5]]


def test_rows_that_do_not_sum_to_one_are_kept_with_a_note() -> None:
    weights = np.array([[0.5, 0.25], [0, 0], [2, 1], [0.5, 0.25]])
    found = imported(["a", "b"], ["w", "x", "y", "z"], weights, number=7)
    assert found.weights.tolist() == [weights.tolist()]
    (note,) = found.notes
    assert "In sentence 7, 3 rows" in note
    assert "between 0.75 and 3" in note
    assert note.values["rows"] == 3


SIDEWAYS = np.array([[0.7, 0.2, 0.5], [0.3, 0.8, 0.5]])


def test_columns_that_sum_to_one_are_said_and_can_be_made_rows() -> None:
    found = imported(["a", "b", "c"], ["x", "y"], SIDEWAYS, number=3)
    (note,) = found.notes
    assert note.startswith("In sentence 3 the columns of weights sum to 1, not the rows")
    other = turned(found)
    assert (*tokens_of(other), other.number) == (("x", "y"), ("a", "b", "c"), 3)
    assert (other.weights[0] == SIDEWAYS.T.astype(np.float32)).all()
    assert not any("columns" in note for note in other.notes)
    assert found.weights.shape == (1, 2, 3)


@pytest.mark.parametrize("weights", [np.eye(2), [[0.5, 0.5], [0.5, 0.5]], SIDEWAYS.T])
def test_rows_that_sum_to_one_lie_on_no_side(weights: NDArray[np.float64]) -> None:
    assert not on_its_side(np.asarray(weights)[None])


def test_equal_weights_are_said_and_no_link_is_drawn_from_them() -> None:
    weights = np.array([[0.3333, 0.3334, 0.3333], [0, 0, 0], [0.2, 0.3, 0.5]])
    (note,) = imported(["a", "b", "c"], ["x", "y", "z"], weights).notes
    assert "all weights are equal in 1 of 3 rows" in note
    links = [Link(0, 0), Link(1, 0), Link(2, 1), Link(1, 2)]
    assert told(links, weights) == [Link(2, 1), Link(1, 2)]
    assert imported(["a"], ["x", "y"], np.ones((2, 1))).notes == ()


def test_rows_that_sum_to_less_than_one_may_have_looked_at_tokens_that_are_left_out() -> None:
    (note,) = one(b",the,cat\nle,0.7,0.1\nchat,0.2,0.8\n", "csv").notes
    assert "1 rows of weights sum to less than 1, to between 0.8 and 0.8: what is missing" in note
    (note,) = one(b",the,cat\nle,0.9,0.3\nchat,0.2,0.8\n", "csv").notes
    assert "do not sum to 1 but to between 1.2 and 1.2" in note

"""Texts from right to left: found out, and laid out so that every number stays with its words."""

from __future__ import annotations

import numpy as np
import pytest

from attention_core.files.reading import imported, record
from attention_core.numbers.alignment import Link, extract
from attention_core.pictures.reading_order import mirrored, mirrored_links, right_to_left
from attention_core.pictures.views import view

WEIGHTS = np.array([[0.7, 0.2, 0.1], [0.05, 0.15, 0.8]])


@pytest.mark.parametrize(
    ("text", "backwards"),
    [
        ("أحب تعلم الآلة", True), ("אני אוהב PyTorch ולומד", True), ("سلام ۱۲۳", True),
        ("I love learning", False), ("我爱学习", False), ("the word שלום means peace", False),
        ("123 .", False), ("", False),
    ],
)  # fmt: skip
def test_the_direction_is_that_of_most_letters(text: str, backwards: bool) -> None:
    assert right_to_left(text) is backwards


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("columns", [False, True])
def test_a_mirrored_picture_holds_the_same_weights_at_the_same_words(
    rows: bool, columns: bool
) -> None:
    whole = view(record(imported(["a", "b", "c"], ["x", "y"], WEIGHTS)).sites[0])
    drawn = mirrored(whole, rows, columns)
    assert [row.text for row in drawn.rows] == (["y", "x"] if rows else ["x", "y"])
    assert "".join(column.text for column in drawn.columns) == ("cba" if columns else "abc")
    for row in range(2):
        for column in range(3):
            there, beside = drawn.row_of(row), drawn.column_of(column)
            assert there is not None
            assert beside is not None
            assert drawn.mean[there, beside] == whole.mean[row, column]
            assert mirrored_links([Link(column, row)], whole, rows, columns) == [
                Link(beside, there)
            ]
    assert mirrored(drawn, rows, columns).weights.tolist() == whole.weights.tolist()


def test_links_follow_their_words_into_the_mirror() -> None:
    whole = view(record(imported(["a", "b", "c"], ["x", "y"], WEIGHTS)).sites[0])
    found = extract(whole.mean, "argmax", 0.0)
    turned = extract(mirrored(whole, True, True).mean, "argmax", 0.0)
    assert sorted(mirrored_links(found, whole, True, True)) == sorted(turned)

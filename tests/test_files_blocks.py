"""Nematus and OpenNMT-py: a block of rows for each sentence."""

from __future__ import annotations

import pytest

from attention_core.files.reading import read
from tests.foreign_files import HOUSE, ROWS, block, cells, one, tokens_of


@pytest.mark.parametrize(
    "head",
    [
        "0 ||| das Haus ||| 0 ||| the house ||| 3 3",
        " 1 ||| das Haus  ||| -0.5 ||| the house ||| 3 ||| 3",
        "0 ||| das Haus </s> ||| 0 ||| the house </s> ||| 0 0",
    ],
)
def test_blocks_of_nematus_are_read_with_or_without_named_ends(head: str) -> None:
    found = one(block(head), "nematus")
    assert tokens_of(found) == HOUSE
    assert found.weights.tolist() == [ROWS]


def test_blocks_follow_each_other_with_or_without_an_empty_line() -> None:
    text = block("0 ||| ja ||| 0 ||| yes ||| 2 2", [[1, 0], [0, 1]])
    found = read((text + "\r\n" + text + text).encode(), "nematus")
    assert [sentence.number for sentence in found] == [1, 2, 3]
    assert all(sentence.target == ("ja", "</s>") for sentence in found)


LONG = (("wonderful", "house"), ("wunderschönes", "Haus", "</s>"))
LONG_ROWS = [[0.75, 0.25], [0.125, 0.875], [0.375, 0.625]]


def test_opennmts_table_is_read_and_its_cut_words_are_said() -> None:
    found = one(cells(LONG[1], LONG_ROWS, LONG[0]), "opennmt")
    assert tokens_of(found) == (("wonderf", "house"), ("wunderschö", "Haus", "</s>"))
    assert found.weights.tolist() == [LONG_ROWS]
    assert "--verbose" in found.notes[0]


def test_opennmts_log_gives_the_words_whole_and_several_sentences() -> None:
    log = (
        "[2019-04-04 10:00:00,123 INFO] \n"
        f"SENT 1: {list(LONG[0])!r}\n"
        "PRED 1: wunderschönes Haus\nPRED SCORE: -0.5000\n\n"
        "[2019-04-04 10:00:00,124 INFO] " + cells(LONG[1], LONG_ROWS, LONG[0]) + "\n"
        "[2019-04-04 10:00:00,125 INFO] \n"
        "SENT 2: ['it', \"can't\"]\nPRED 2: nein\nPRED SCORE: -0.1\n\n"
        + cells(["nein", "</s>"], [[0.5, 0.5], [0, 1]], ["it", "can't"])
        + "PRED AVG SCORE: -0.2, PRED PPL: 1.2\n"
    )
    first, second = read(log.encode(), "opennmt")
    assert tokens_of(first) == LONG
    assert first.weights.tolist() == [LONG_ROWS]
    assert first.notes == ()
    assert tokens_of(second) == (("it", "can't"), ("nein", "</s>"))


def test_opennmts_tables_may_follow_without_any_other_line() -> None:
    table = cells(HOUSE[1], ROWS, HOUSE[0])
    found = read((table + table).encode(), "opennmt")
    assert [tokens_of(sentence) for sentence in found] == [HOUSE, HOUSE]
    assert found[1].weights.tolist() == [ROWS]


def test_a_target_word_that_reads_like_the_log_stays_a_row() -> None:
    words = ["PREDICTIONS", "SENTIMENTAL", "PRED", "</s>"]
    found = one(cells(words, [[1.0]] * 4, ["a"]), "opennmt")
    assert found.target == ("PREDICTION", "SENTIMENTA", "PRED", "</s>")


def test_a_log_line_that_is_no_list_of_words_is_passed_over() -> None:
    for spoken in ("[['a']]", "__import__('os')", "[" * 5000, "['a', 1]", "['\\x']"):
        text = f"SENT 1: {spoken}\n" + cells(["x"], [[1.0]], ["a"])
        assert one(text, "opennmt").source == ("a",)

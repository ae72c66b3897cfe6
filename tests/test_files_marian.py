"""Marian, its scorer, Sockeye and fairseq: a line for each sentence."""

from __future__ import annotations

import pytest

from attention_core.errors import TextError
from attention_core.files.reading import read
from tests.foreign_files import HOUSE, ROWS, SOFT, detected, one, tokens_of


def test_marians_soft_alignment_is_read_with_the_ends_of_both_sentences() -> None:
    found = one(f"das Haus ||| {SOFT}\n", "marian", "the house\n")
    assert tokens_of(found) == HOUSE
    assert found.weights.tolist() == [ROWS]


def test_marians_lists_of_the_best_name_their_source_by_number() -> None:
    text = (
        "0 ||| das ||| 0.5,0.5 0.5,0.5 ||| F0= -1 ||| -1\n"
        "0 ||| ein Haus ||| 0.5,0.5 0.5,0.5 0,1 ||| F0= -2 ||| -2\n"
        "1 ||| ja ||| 0.5,0.5 0.5,0.5 ||| F0= -1 ||| -1\n"
    )
    found = read(text.encode(), "marian", "the\nyes\n")
    assert [sentence.source[0] for sentence in found] == ["the", "the", "yes"]
    assert [sentence.target[:-1] for sentence in found] == [("das",), ("ein", "Haus"), ("ja",)]


def test_marians_hard_links_share_a_target_words_weight() -> None:
    found = one("das Haus ||| 0-0 0-1 1-1 2-2", "marian", "the house")
    assert tokens_of(found) == HOUSE
    assert found.weights.tolist() == [[[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]]]
    without_ends = one("das Haus ||| 1-0", "marian", "the house")
    assert tokens_of(without_ends) == (("the", "house"), ("das", "Haus"))
    assert without_ends.weights.tolist() == [[[0, 1], [0, 0]]]
    assert without_ends.notes == ()


def test_marians_sources_are_numbered_where_they_are_not_given() -> None:
    found = one(f"das Haus ||| {SOFT}", "marian")
    assert found.source == ("1", "2", "3")
    assert "add the file that was translated" in found.notes[0]


@pytest.mark.parametrize("sources", ["the house\n", "the house </s>\n", ""])
def test_zeros_that_fill_up_rows_of_older_marian_are_left_out(sources: str) -> None:
    padded = SOFT.replace(" ", ",0,0 ") + ",0,0"
    found = one(f"das Haus ||| {padded}\n", "marian", sources)
    assert found.source[:1] == ("the",) if sources else ("1", "2", "3")
    assert found.weights[:, :, :3].tolist() == [ROWS]
    assert not found.weights[:, :, 3:].any()
    assert len(found.source) == (4 if "</s>" in sources else 3)


def test_marians_scorer_takes_the_words_of_both_sides_from_the_reader() -> None:
    found = one(f"-1.250000 ||| {SOFT}\n", "marian-scorer", "the house\tdas Haus\n")
    assert tokens_of(found) == HOUSE
    assert (found.weights.tolist(), found.notes) == ([ROWS], ())
    bare = one(f"-1.250000 ||| {SOFT}\n", "marian-scorer")
    assert tokens_of(bare) == (("1", "2", "3"), ("1", "2", "3"))
    assert "holds no words" in bare.notes[0]
    with pytest.raises(TextError, match="Line 2 has no alignment after a score"):
        read(b"-1.250000 ||| 0-0\n-1.500000\n", "marian-scorer")


def test_a_translation_that_is_a_number_is_not_a_score() -> None:
    assert detected(b"5 ||| 0.5,0.5 0,1\n") == "marian"
    assert detected(b"-5.000000 ||| 0-0\n-2.000000 ||| 1-1\n") == "marian-scorer"


def test_sockeyes_links_are_read_with_their_translation() -> None:
    first, second = read(b"das Haus\t0-0 1-0 1-1\nja\t\n", "sockeye", "the house\nyes\n")
    assert tokens_of(first) == (("the", "house"), ("das", "Haus"))
    assert first.weights.tolist() == [[[0.5, 0.5], [0, 1]]]
    assert (tokens_of(second), second.weights.tolist()) == ((("yes",), ("ja",)), [[[0]]])
    with pytest.raises(TextError, match="Line 1 has no links such as 0-0"):
        read(b"das Haus\tthe house\n", "sockeye")


def test_fairseqs_alignments_are_read_for_every_translation() -> None:
    text = (
        "2024-01-01 | INFO | loading\nS-7\tthe house\nT-7\tdas Haus\nH-7\t-0.3\tdas Haus\n"
        f"D-7\t-0.3\tDas Haus\nP-7\t-0.1 -0.2\nA-7\t{SOFT}\nH-7\t-0.5\tein Haus\nA-7\t1-1 0-0\n"
    )
    first, second = read(text.encode(), "fairseq")
    assert tokens_of(first) == HOUSE
    assert first.weights.tolist() == [ROWS]
    assert tokens_of(second) == (("the", "house"), ("ein", "Haus"))
    assert second.weights.tolist() == [[[1, 0], [0, 1]]]


def test_fairseqs_output_without_alignments_says_how_to_get_them() -> None:
    text = b"S-0\tthe house\nH-0\t-0.3\tdas Haus\n"
    assert detected(text) == "fairseq"
    with pytest.raises(TextError, match="--print-alignment soft"):
        read(text, "fairseq")
    with pytest.raises(TextError, match="Line 1 aligns sentence 3, but no line H-3"):
        read(b"A-3\t0-0\n", "fairseq")

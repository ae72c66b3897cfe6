"""Links of the shared task of NAACL 2003: a sentence's number, two places from 1, sure or not."""

from __future__ import annotations

import hypothesis.strategies as some
import pytest
from hypothesis import given, settings

from attention_core.errors import TextError, TooLong
from attention_core.files.corpus import read
from attention_core.files.format import Reading
from attention_core.files.formats.naacl import FORMAT, from_naacl, naacl, recognised
from attention_core.numbers.alignment import AlignedPair, Gold, Link, scores

SOURCE = b"<s snum=0017> hear , hear ! </s>\n<s snum=0018> They had gone . </s>\n"
TARGET = b"<s snum=0017> bravo ! </s>\n<s snum=0018> Ils etaient alles . </s>\n"
LINKS = b"0018 1 1 S\n0018 2 2 P\n0018 3 3\n0018 4 4 S 0.9\n0017 4 2 S\n0017 1 1 P\n0017 3 1 P\n"


def gold(sure: list[tuple[int, int]], possible: list[tuple[int, int]]) -> Gold:
    return Gold(frozenset(Link(*one) for one in sure), frozenset(Link(*one) for one in possible))


def test_positions_count_from_one_and_a_link_without_a_letter_is_sure() -> None:
    """Sentences of the task's guidelines; which link stands on which line says nothing."""
    first, second = from_naacl(SOURCE, TARGET, LINKS).rows
    assert (first.source, first.target) == ("hear , hear !", "bravo !")
    assert first.aligned is not None
    assert first.aligned.source == ("hear", ",", "hear", "!")
    assert first.aligned.gold == gold([(3, 1)], [(0, 0), (2, 0)])
    assert second.aligned is not None
    assert second.aligned.gold == gold([(0, 0), (2, 2), (3, 3)], [(1, 1)])


def test_the_error_rate_is_that_of_the_task() -> None:
    """Found 1-1, 2-2 and 1-2: AER is 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|) = 1 − (1 + 2) / (3 + 3).

    P holds S: that is 1-1, 3-3 and 4-4, and 2-2.
    """
    (pair,) = from_naacl(SOURCE, TARGET, LINKS).rows[1:]
    assert pair.aligned is not None
    found = scores([([Link(0, 0), Link(1, 1), Link(0, 1)], pair.aligned.gold)])
    assert found.error_rate == pytest.approx(0.5)


def test_zeros_before_a_number_say_nothing_and_lines_are_numbers_where_there_are_none() -> None:
    found = from_naacl(b"a b\nc\n", b"x\ny z\n", b"0002 1 2 S\n1 2 1 P\n02 1 1 S\n")
    assert [pair.aligned and pair.aligned.gold for pair in found.rows] == [
        gold([], [(1, 0)]), gold([(0, 1), (0, 0)], []),
    ]  # fmt: skip


def test_a_pair_that_no_line_names_was_linked_by_nobody() -> None:
    found = from_naacl(b"a\nb\n", b"x\ny\n", b"2 1 1 S\n")
    assert [pair.aligned is None for pair in found.rows] == [True, False]
    assert from_naacl(b"a\nb\n", b"x\ny\n").linked == 0


def test_a_word_that_is_linked_to_none_has_no_link() -> None:
    (pair,) = from_naacl(b"a b\n", b"x\n", b"1 1 1 S\n1 2 0 S\n").rows
    assert pair.aligned is not None
    assert pair.aligned.gold == gold([(0, 0)], [])


def test_what_is_sure_and_possible_is_sure() -> None:
    (pair,) = from_naacl(b"a\n", b"x\n", b"1 1 1 P\n1 1 1 S\n").rows
    assert pair.aligned is not None
    assert pair.aligned.gold == gold([(0, 0)], [])


def test_numbers_are_written_with_four_digits_in_order() -> None:
    pairs = [AlignedPair(("a", "b"), ("x",), gold([(1, 0)], [(0, 0)])),
             AlignedPair(("c",), ("y",), gold([(0, 0)], []))]  # fmt: skip
    assert naacl(pairs) == "0001 1 1 P\n0001 2 1 S\n0002 1 1 S\n"


places = some.tuples(some.integers(0, 4), some.integers(0, 4))


@settings(deadline=None)
@given(some.lists(some.tuples(some.sets(places, min_size=1), some.sets(places)), min_size=1))
def test_what_is_written_is_read_again(each: list[tuple[set[tuple[int, int]], ...]]) -> None:
    golds = [gold([*sure], [*(possible - sure)]) for sure, possible in each]
    words = ("a",) * 5
    text = b"a a a a a\n" * len(golds)
    written = naacl(AlignedPair(words, words, one) for one in golds)
    found = from_naacl(text, text, written.encode()).rows
    assert [pair.aligned and pair.aligned.gold for pair in found] == golds


@pytest.mark.parametrize(
    ("links", "said"),
    [
        (b"1 1\n", "Line 1 has “1 1” where a link should stand"),
        (b"1 1 1 S\n\n1 1-1 S\n", "Line 3 has “1 1-1 S”"),
        (b"1 1 1 X\n", "where a link should stand"),
        (b"1 3 1 S\n", "Line 1 links source word 3 and target word 1, counted from 1"),
        (b"1 1 2 S\n", "its sentences have 2 and 1 words"),
        (b"1 1 1 S\n7 1 1 S\n", "Line 2 of the links is of sentence 7"),
    ],
)
def test_bad_links_say_where_they_are_bad(links: bytes, said: str) -> None:
    with pytest.raises(TextError) as caught:
        from_naacl(b"a b\n", b"x\n", links)
    assert said in str(caught.value)


def test_files_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(TextError, match="Sentence 2 stands in one file only"):
        from_naacl(b"a\nb\n", b"x\n")
    with pytest.raises(TextError, match="Sentence 1 stands in one file only"):
        from_naacl(SOURCE, b"x\ny\n")
    twice = SOURCE.replace(b"0018", b"17")
    with pytest.raises(TextError, match="Line 2 is no sentence with a number of its own"):
        from_naacl(twice, TARGET)
    with pytest.raises(TextError, match="Line 3 is no sentence with a number of its own"):
        from_naacl(SOURCE + b"and more\n", TARGET)


def test_too_many_pairs_are_refused_or_cut_with_their_links() -> None:
    text = b"a\n" * 10_001
    with pytest.raises(TooLong):
        from_naacl(text, text)
    found = from_naacl(text, text, b"10001 1 1 S\n1 1 1 S\n", cut=True)
    assert (len(found), found.linked) == (10_000, 1)


def test_only_what_says_sure_or_possible_is_recognised() -> None:
    assert recognised(b"\n18 1 1\n18 2 2 P\n")
    assert not recognised(b"18 1 1\n18 2 2\n")
    assert not recognised(b"")
    assert not recognised(b"1 1 1 S\n1 1 1 S and more\n")


def test_the_page_reads_it_and_says_nothing_of_counting() -> None:
    """Links that never name a first word are right where words count from 1."""
    found = read("naacl", [SOURCE, TARGET, b"18 2 2 S\n"], Reading(direction="target-source"))
    assert (found.notes, found.linked) == ((), 1)
    assert FORMAT.ways == ("in", "out")

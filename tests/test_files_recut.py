"""Links carried from the words of a file to those that a page cuts: none is lost, none invented."""

from __future__ import annotations

import pytest

from attention_core.axes.text import readable
from attention_core.axes.words import word_spans
from attention_core.errors import TextError
from attention_core.files.recut import MOST, carried, parts
from attention_core.numbers.alignment import AlignedPair, Gold, Link


def recut(
    source: str, target: str, sure: set[Link], possible: frozenset[Link] = frozenset()
) -> Gold:
    pair = AlignedPair(
        tuple(source.split(" ")), tuple(target.split(" ")), Gold(frozenset(sure), possible)
    )
    texts = readable(source), readable(target)
    return carried(pair, (word_spans(texts[0], "en"), word_spans(texts[1], "fr")), texts)


def test_words_that_are_cut_alike_keep_their_links() -> None:
    links = {Link(0, 0), Link(1, 1), Link(2, 3)}
    assert recut("I am cold", "je suis très froid", links).sure == links


def test_a_link_goes_to_every_part_of_its_word() -> None:
    gold = recut("I 'm cold", "J'ai froid", {Link(1, 0), Link(2, 1)}, frozenset({Link(0, 0)}))
    assert gold.sure == {Link(1, 0), Link(1, 1), Link(2, 0), Link(2, 1), Link(3, 2)}
    assert gold.possible == {Link(0, 0), Link(0, 1)}


def test_words_that_the_page_joins_keep_one_link() -> None:
    gold = recut("do n't go", "va", {Link(0, 0)}, frozenset({Link(1, 0)}))
    assert Link(0, 0) in gold.sure
    assert not gold.sure & gold.possible


def test_letters_with_marks_apart_and_words_of_blanks_are_found() -> None:
    gold = recut(
        "the summer", "un e\u0301te\u0301 \u3000 10\u00a0000", {Link(1, 1), Link(0, 3), Link(0, 2)}
    )
    assert gold.sure == {Link(1, 1), Link(0, 2), Link(0, 3)}


def test_a_word_that_is_not_in_its_sentence_is_named() -> None:
    with pytest.raises(TextError, match="its word “dogs” is not in the sentence"):
        parts(["the", "dogs"], [(0, 3)], "the cat")


def test_more_links_than_an_address_holds_are_refused() -> None:
    side = "我" * 30
    with pytest.raises(TextError, match=f"there would be 900 of them, and at most {MOST}"):
        recut(side, side, {Link(0, 0)})

"""A file of pairs as a reader brings it: what is tidied, and what is said of it."""

from __future__ import annotations

import unicodedata

import pytest

from attention_core.errors import AttentionError
from attention_core.files.corpus import ESCAPES, read, unescaped
from attention_core.files.format import Reading


def test_signs_that_moses_escapes_are_undone_in_words_and_texts_and_said() -> None:
    found = read("table", [b"I &apos;m cold .\tJ&apos; ai froid .\t0-0 1-1 2-2 3-3\n"])
    (pair,) = found.rows
    assert (pair.source, pair.target) == ("I 'm cold .", "J' ai froid .")
    assert pair.aligned is not None
    assert pair.aligned.source == ("I", "'m", "cold", ".")
    assert pair.aligned.texts == ("I 'm cold .", "J' ai froid .")
    assert len(pair.aligned.gold.sure) == 4
    (note,) = found.notes
    assert "In 1 of 1 pairs signs are escaped" in note


def test_every_sign_of_moses_is_undone_once() -> None:
    assert unescaped("".join(ESCAPES)) == "".join(ESCAPES.values())
    assert unescaped("&amp;apos; &amp;lt;") == "&apos; &lt;"
    assert unescaped("R & D; AT&T") == "R & D; AT&T"


def test_nothing_is_said_of_a_plain_file() -> None:
    assert read("table", ["a cat\tun été\t0-0\n".encode()]).notes == ()


def test_letters_and_marks_apart_are_said() -> None:
    apart = unicodedata.normalize("NFD", "summer\tété\n")
    (note,) = read("table", [apart.encode()]).notes
    assert "In 1 of 1 pairs a letter and its mark" in note


@pytest.mark.parametrize(
    ("links", "said"),
    [("1-1 2-2", True), ("1-1 2p2", True), ("0-1 2-2", False), ("1-0", False), ("1p0 2-2", False)],
)
def test_links_that_never_name_a_first_word_seem_to_count_from_one(links: str, said: bool) -> None:
    data = f"a b c\tx y z\t{links}\na b c\tx y z\t2-2\n".encode()
    assert [("seem to count words from 1" in note) for note in read("table", [data]).notes] == (
        [True] if said else []
    )
    if said:
        assert read("table", [data], Reading(first=1)).notes == ()


def test_links_of_json_lines_count_from_zero_whatever_they_name() -> None:
    line = b'{"src": ["a", "b"], "tgt": ["x", "y"], "sure": [[1, 1]]}\n'
    assert read("json", [line]).notes == ()


def test_an_assumed_coding_is_said_once_for_all_files() -> None:
    sides = ["l'été".encode("cp1252"), "à côté".encode("cp1252"), None]
    (note,) = read("texts", sides).notes
    assert "Windows-1252" in note


def test_a_format_without_pairs_names_those_that_there_are() -> None:
    with pytest.raises(AttentionError, match="“npz” is no format that pairs are read from"):
        read("npz", [b""])

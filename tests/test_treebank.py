"""Treebanks in the CoNLL-U format: read whole, read with broken lines, and refused."""

from __future__ import annotations

import gzip
from typing import Final

import pytest

from attention_core.errors import TextError
from attention_core.files import plain
from attention_core.files.treebank import LONGEST, treebank
from attention_core.numbers.syntax import ROOT
from models.corpora import treebanks

Row = tuple[str, str, str, str]


def lines(*rows: Row | tuple[str, str, str, str, str]) -> str:
    """Lines of number, form, head, relation and, where given, the last column."""
    return "".join(
        "\t".join([row[0], row[1], "_", "_", "_", "_", row[2], row[3], "_", *(row[4:] or ("_",))])
        + "\n"
        for row in rows
    )


GOOD: Final = lines(("1", "Dogs", "2", "nsubj"), ("2", "bark", "0", "root", "SpaceAfter=No"),
                    ("3", ".", "2", "punct"))  # fmt: skip


def refused(broken: str, *rest: str) -> list[str]:
    """What is said of a file with a good sentence and this one."""
    found = treebank("\n".join([GOOD, broken, *rest]).encode())
    assert len(found) == 1
    assert found.trees[0].text == "Dogs bark."
    return [str(note) for note in found.notes]


def test_blanks_stand_where_the_last_column_does_not_forbid_them() -> None:
    (tree,) = treebank(f"# sent_id = 1\n# text = something else\n{GOOD}".encode()).trees
    assert tree.text == "Dogs bark."
    assert tree.spans == ((0, 4), (5, 9), (9, 10))
    assert tree.heads == (1, ROOT, 1)
    assert tree.relations == ("nsubj", "root", "punct")


def test_a_contraction_is_written_once_and_its_words_share_it_or_part_it() -> None:
    french = lines(
        ("1", "Il", "2", "nsubj"), ("2", "mange", "0", "root"), ("3-4", "du", "_", "_"),
        ("3", "de", "5", "case"), ("4", "le", "5", "det"),
        ("5", "pain", "2", "obj", "SpaceAfter=No"), ("6", "!", "2", "punct"),
    )  # fmt: skip
    english = lines(
        ("1-2", "don't", "_", "_"), ("1", "do", "3", "aux"), ("2", "n't", "3", "advmod"),
        ("3", "go", "0", "root"),
    )  # fmt: skip
    one, other = treebank(f"{french}\n{english}".encode()).trees
    assert one.text == "Il mange du pain!"
    assert [one.text[start:end] for start, end in one.spans] == [
        "Il", "mange", "du", "du", "pain", "!",
    ]  # fmt: skip
    assert one.units == (0, 1, 2, 2, 4, 5)
    assert other.text == "don't go"
    assert [other.text[start:end] for start, end in other.spans] == ["do", "n't", "go"]


def test_empty_nodes_are_no_words() -> None:
    with_empty = lines(
        ("1", "Sue", "2", "nsubj"), ("2", "likes", "0", "root"), ("3", "tea", "2", "obj"),
        ("3.1", "likes", "_", "_"), ("4", "too", "2", "advmod"),
    )  # fmt: skip
    (tree,) = treebank(with_empty.encode()).trees
    assert tree.words == ("Sue", "likes", "tea", "too")
    assert tree.text == "Sue likes tea too"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("1\tDogs\t_\n", "Line 5: There are 3 columns and not 10"),
        (lines(("1", "Dogs", "2", "nsubj"), ("3", "bark", "0", "root")),
         "Line 6: The word is numbered 3, where 2 follows."),
        (lines(("1", "Dogs", "7", "nsubj"), ("2", "bark", "0", "root")),
         "Line 5: The head of word 1 is 7; it must be another word, 1 to 2, or 0."),
        (lines(("1", "Dogs", "1", "nsubj")), "Line 5: The head of word 1 is 1"),
        (lines(("1", "Dogs", "_", "nsubj")), "Line 5: The head of word 1 is _"),
        (lines(("1", "Dogs", "-2", "nsubj")), "Line 5: The head of word 1 is -2"),
        (lines(("1", "Dogs", "0", "_")), "Line 5: Word 1 has no relation."),
        (lines(("one", "Dogs", "0", "root")), "Line 5: The number of the word or of its head"),
        (lines(("1", "Dogs", "two", "root")), "Line 5: The number of the word or of its head"),
        (lines(("1", "a", "2", "dep"), ("2", "b", "1", "dep")), "hangs on itself by way of others"),
        (lines(("1-2", "a", "_", "_")), "Line 5: The sentence has 0 words"),
        (lines(("1", "Dogs", "0", "root", " ")), "Line 5: A column is empty; write _ for nothing."),
        (lines(("", "Dogs", "0", "root")), "Line 5: "),
        (lines(("1-9", "ab", "_", "_"), ("1", "a", "2", "dep"), ("2", "b", "0", "root")),
         "Line 5: The words 1 to 9 are not those that follow."),
        (lines(("1", "a", "2", "dep"), ("1-2", "ab", "_", "_"), ("2", "b", "0", "root")),
         "Line 6: The words 1 to 2 are not those that follow."),
        (lines(("1-2", "ab", "_", "_"), ("1", "a", "2", "dep"), ("2-3", "bc", "_", "_"),
               ("2", "b", "0", "root"), ("3", "c", "2", "dep")),
         "Line 7: The words 2 to 3 are not those that follow."),
        (lines(*((str(n), "a", str(n - 1), "dep") for n in range(1, LONGEST + 2))),
         f"Line 5: The sentence has {LONGEST + 1} words; 1 to {LONGEST} are read."),
    ],
)  # fmt: skip
def test_a_broken_sentence_is_left_out_and_said_with_its_line(broken: str, said: str) -> None:
    note, left_out = refused(broken)
    assert said in note
    assert left_out == "This sentence was left out."


def test_of_many_broken_sentences_the_first_are_named_and_all_are_counted() -> None:
    notes = refused("1\tDogs\n", *["1\tDogs\n"] * 6)
    assert len(notes) == 4
    assert notes[0].startswith("Line 5:")
    assert notes[-1].startswith("7 sentences were left out;")


def test_of_too_many_sentences_some_are_read_evenly_and_that_is_said() -> None:
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    text = "\n".join(lines(("1", word, "0", "root")) for word in words)
    found = treebank(text.encode(), most=4)
    assert [tree.text for tree in found.trees] == ["zero", "two", "five", "seven"]
    assert "This file has 10 sentences; 4 of them were read" in str(found.notes[0])
    assert treebank(text.encode(), most=10).notes == ()


def test_a_hundred_thousand_sentences_are_read_as_a_sample() -> None:
    found = treebank((f"{GOOD}\n" * 100_000).encode())
    assert len(found) == 5_000
    assert "100,000 sentences; 5,000 of them" in str(found.notes[0])


def test_a_packed_file_is_unpacked_and_a_damaged_one_is_said_to_be() -> None:
    assert treebank(gzip.compress(GOOD.encode())).trees == treebank(GOOD.encode()).trees
    with pytest.raises(TextError, match="packed file is damaged"):
        treebank(b"\x1f\x8b" + b"nonsense" * 9)


@pytest.mark.parametrize("data", [b"", b"\n\n# only = a comment\n\n"])
def test_a_file_without_sentences_is_refused(data: bytes) -> None:
    with pytest.raises(TextError, match="no sentence in this file"):
        treebank(data)


def test_a_file_in_which_all_sentences_are_broken_is_refused_with_the_first() -> None:
    with pytest.raises(TextError, match=r"^Line 2: There are 1 columns and not 10"):
        treebank(b"# a text\nOnce upon a time\n\nthere was\n")


def test_columns_that_are_not_asked_for_may_hold_anything() -> None:
    row = "1\ta\t_\t_\t_\t" + "a=b|" * 20_000 + "\t0\troot\t" + "1:a:" * 20_000 + "\t_\n"
    assert len(treebank(row.encode())) == 1


def test_a_treebank_crosses_a_process_as_it_is() -> None:
    data = f"{GOOD}\n1\tDogs\n".encode()
    there, here = plain.trees(plain.answering(), data), treebank(data)
    assert there == here
    assert there.unread == 1
    with pytest.raises(TextError, match="no sentence"):
        plain.trees(plain.answering(), b"")


def test_our_own_treebanks_are_the_same_at_every_call_and_have_no_sentence_twice() -> None:
    for name in treebanks.READY:
        bank = treebanks.ready(name)
        assert len({tree.text for tree in bank.trees}) == len(bank)
        assert all(tree.relations.count("root") == 1 for tree in bank.trees)

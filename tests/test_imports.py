"""Whatever the format: bad files say what is wrong, and none takes more than is allowed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from attention_core.errors import TextError, TooLong
from attention_core.files import aligned_lines, reading
from attention_core.files.formats.pharaoh import golds
from attention_core.files.reading import MOST_BYTES, imported, read
from tests.foreign_files import EXAMPLES, FORMATS, SOFT, one

WIDE = ("10\u00a0000", "euros\u3000")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("marian", "{} ||| 1,0 0,1"),
        ("nematus", "0 ||| {} ||| 0 ||| {} ||| 2 2\n1 0\n0 1\n"),
        ("opennmt", " " * 14 + "a b\n10\u00a0000 1 0\neuros\u3000 0 1"),
    ],
)
def test_spaces_other_than_blanks_stay_inside_words(form: str, text: str) -> None:
    words = " ".join(WIDE)
    assert one(text.format(words, words), form, words).target == WIDE


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("other", FORMATS)
def test_a_file_of_another_format_is_refused_in_a_sentence(form: str, other: str) -> None:
    if form == other:
        assert read(EXAMPLES[form], form)
        return
    with pytest.raises(TextError):
        read(EXAMPLES[other], form)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=40, deadline=None)
@given(place=some.floats(0, 1), length=some.integers(0, 9), put=some.binary(max_size=9))
def test_a_damaged_file_never_ends_in_anything_but_a_sentence(
    form: str, place: float, length: int, put: bytes
) -> None:
    data = EXAMPLES[form]
    at = int(place * len(data))
    try:
        found = read(data[:at] + put + data[at + length :], form, "the house")
    except TextError:
        return
    assert all(np.isfinite(sentence.weights).all() for sentence in found)


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("csv", "", "no attention"),
        ("csv", ",a,b\n", "0 target tokens"),
        ("csv", "a\nb\n", "0 source tokens"),
        ("csv", ",a,b\nx,1\n", "Line 2 has 2 cells"),
        ("csv", ",a\nx,much\n", "Line 2 has “much”"),
        ("csv", ",a\nx,\n", "Line 2 has “”"),
        ("csv", f",a\n{'x' * 200_000},1\n", "Line 2 is no row"),
        ("csv", f",a\n{'x' * 2_000},1\n", "more than 1000 characters"),
        ("csv", ",a,b\nx,nan,0.5\n", "weight nan in row 1, column 1"),
        ("csv", ",a,b\nx,1,0\ny,0.5,-0.5\n", "weight -0.5 in row 2, column 2"),
        ("csv", ",a,b\nx,1e999,0.5\n", "weight inf"),
        ("csv", ",a,b\nx,1e300,0.5\n", "weight inf"),
        ("marian", "das Haus", "Line 1 has no “|||”"),
        ("marian", "das ||| 0.5,x", "Line 1 has “x”"),
        ("marian", "das ||| 0.5,0.5 1", "rows of 1 and of 2 weights"),
        ("marian", "das ||| 1 1 1", "1 words but weights for 3"),
        ("marian", "das ||| 0-0 9-9", "1 words but weights for 10"),
        ("marian", "das ||| 999999-999999", "weights; at most"),
        ("nematus", "0.5 0.5", "Line 1 comes before any header"),
        ("nematus", "0 ||| a\n1\n", "has 2 parts"),
        ("nematus", "0 ||| a ||| 0 ||| b ||| 1 1\n", "0 rows follow"),
        ("nematus", "0 ||| a b c ||| 0 ||| b ||| 1 1\n1\n", "3 words but weights for 1"),
        ("nematus", "0 ||| a ||| 0 ||| b ||| 1 1\n1 2 3\n", "1 words but weights for 3"),
        ("opennmt", "nothing here", "no attention"),
        ("opennmt", " " * 14 + "a b\n x 0.5\n", "Line 2 has 1 weights"),
        ("opennmt", " " * 14 + "a b\n x 0.5 y\n", "Line 2 has “y”"),
        ("opennmt", " " * 14 + "a\n x *******nan\n", "weight nan"),
        ("opennmt", " " * 14 + "a\n", "0 target tokens"),
    ],
)
def test_bad_files_say_where_they_are_bad(form: str, text: str, said: str) -> None:
    with pytest.raises(TextError) as caught:
        read(text.encode(), form)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_source_file_of_another_length_is_refused() -> None:
    text = f"das Haus ||| {SOFT}\n".encode()
    with pytest.raises(TextError, match="has 2 lines but the attention is of 1 sentences"):
        read(text, "marian", "the house\nand more\n")
    with pytest.raises(TextError, match="has 1 lines but the attention is of 2 sentences"):
        read(text * 2, "marian", "the house\n")
    assert read(text, "marian", "the house\n\n\n")


def test_text_that_is_not_utf8_and_files_that_are_too_large_are_refused() -> None:
    with pytest.raises(TextError, match="Line 2 of this file is not UTF-8"):
        read(b",a\n\xff\xfe\xff\xfe,1\n", "csv")
    with pytest.raises(TextError, match="at most 20 MB"):
        read(b" " * (MOST_BYTES + 1), "csv")


def test_a_file_of_more_weights_than_can_be_held_is_refused_before_it_fills_the_memory() -> None:
    line = "x " * 1999 + "||| " + "1998-1998\n"
    with pytest.raises(TextError, match="The first 3 sentences of this file"):
        read(line.encode() * 100, "marian", ("y " * 1999 + "\n") * 100)


def test_a_sentence_of_too_many_weights_is_refused() -> None:
    wide = np.broadcast_to(np.float32(0), (2001, 2000))
    with pytest.raises(TextError, match="4002000 weights; at most 4000000"):
        imported(["s"] * 2000, ["t"] * 2001, wide)


MANY = {
    "csv": b",a\nb,1\n\n",
    "marian": b"b ||| 0-0\n",
    "marian-scorer": b"-1.000000 ||| 0-0\n",
    "sockeye": b"b\t0-0\n",
    "fairseq": b"S-0\ta\nH-0\t-1\tb\nA-0\t0-0\n",
    "nematus": b"0 ||| b ||| 0 ||| a ||| 1 1\n1\n",
}


@pytest.mark.parametrize("form", MANY)
def test_more_sentences_than_are_read_are_cut_only_when_the_reader_agrees(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (reading, aligned_lines):
        monkeypatch.setattr(module, "MOST_SENTENCES", 20)
    with pytest.raises(TooLong, match="more than 20 sentences"):
        read(MANY[form] * 21, form, "a\n" * 21)
    assert len(read(MANY[form] * 21, form, "a\n" * 21, cut=True)) == 20
    assert len(read(MANY[form] * 20, form, "a\n" * 20)) == 20


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("opennmt", " " * 12 + "a b\n" + "x " * 150_000),
        ("opennmt", "SENT 1: [" + "'a', " * 50_000 + "'a']\n"),
    ],
)
def test_a_line_longer_than_any_row_is_refused_before_it_is_cut_into_words(
    form: str, text: str
) -> None:
    with pytest.raises(TextError, match="characters; a row of words or weights has at most"):
        read(text.encode(), form)


def test_links_without_end_on_one_line_are_refused() -> None:
    with pytest.raises(TextError, match="Line 2 has 400,000 characters"):
        golds("0-0\n" + "0-0 " * 100_000)


def test_a_side_of_too_many_tokens_is_refused() -> None:
    with pytest.raises(TextError, match="at most 5000 on a side"):
        read(b"a ||| " + b"1," * 5_000 + b"1\n", "marian")

"""Files of pairs: what is read, what is kept though it cannot be read, and what is said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import pytest

from attention_core.errors import TextError, TooLong
from attention_core.files.format import Columns
from attention_core.files.formats.json_pairs import from_json
from attention_core.files.formats.table_pairs import from_table, recognised, table
from attention_core.files.formats.text_pairs import aligned_pairs, from_texts
from attention_core.files.pairs import MOST, MOST_BYTES, Pairs
from attention_core.numbers.alignment import Link
from models.corpora import pairs

LINES = "A cat.\tUn chat.\nA dog.\tUn chien.\n"


def texts(found: Pairs) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in found.rows]


@pytest.mark.parametrize("written", [
    LINES, LINES.rstrip(), LINES.replace("\n", "\r\n"), "\ufeff" + LINES, LINES + "\n\n",
    LINES.replace("\n", "\r"), "eng\tfra\n" + LINES, "Source\tTarget\n" + LINES,
    LINES.replace(".\n", ".\ttrain\n"),
])  # fmt: skip
def test_a_table_is_read_with_or_without_header_and_whatever_ends_its_lines(written: str) -> None:
    found = from_table(written.encode())
    assert texts(found) == [("A cat.", "Un chat."), ("A dog.", "Un chien.")]
    assert found.linked == 0


def test_two_files_are_read_side_by_side() -> None:
    assert texts(from_texts(b"A cat.\nA dog.\n", b"Un chat.\r\nUn chien.")) == texts(
        from_table(LINES.encode())
    )


@pytest.mark.parametrize("header", ["", "en\tfr\tlinks\n"])
def test_a_third_column_of_links_is_gold(header: str) -> None:
    table = header + "a cat\tun chat\t0-0 1-1\na dog\tun chien\t0p0\n"
    first, second = from_table(table.encode()).rows
    assert first.aligned is not None
    assert first.aligned.gold.sure == {Link(0, 0), Link(1, 1)}
    assert second.aligned is not None
    assert second.aligned.gold.possible == {Link(0, 0)}


SPACED = ("10\u00a0000 euros", "10\u202f000 euros\u3000", "\u3000 \u2009a\u2009")


@pytest.mark.parametrize("text", SPACED)
def test_words_of_linked_pairs_are_cut_at_blanks_alone(text: str) -> None:
    words = tuple(text.split(" "))
    table = from_table(f"{text}\ta\u00a0b\t1-0\n".encode()).rows[0].aligned
    side = from_texts(text.encode(), "a\u00a0b".encode(), b"1-0").rows[0].aligned
    (plain,) = aligned_pairs(text, "a\u00a0b", "1-0")
    for found in (table, side, plain):
        assert found is not None
        assert (found.source, found.target) == (words, ("a\u00a0b",))


@pytest.mark.parametrize(("row", "chosen"), [
    ("A cat sat.\tUn chat.", Columns(0, 1)),
    ("A cat sat.\tUn chat.\t0-0 1-1", Columns(0, 1, 2)),
    ("1.2514\tA cat sat.\tUn chat.", Columns(1, 2)),
    ("-0.3\t0-0 1-1\tA cat sat.\tUn chat.", Columns(2, 3, 1)),
    ("deu-17\tA cat sat.\t2024-01-05\tUn chat.\tde:3", Columns(1, 3)),
    ("train\tA cat sat.\tUn chat.\t99 %", Columns(1, 2)),
    ("A cat sat.\t1,5\t50%\tUn chat.\t", Columns(0, 3)),
    ("我们爱猫\t7\tUn chat.", Columns(0, 2)),
])  # fmt: skip
@pytest.mark.parametrize("header", [False, True])
def test_columns_of_numbers_names_and_labels_are_no_sentences(
    row: str, chosen: Columns, header: bool
) -> None:
    cells = row.split("\t")
    others = [row.replace("cat", animal).replace("chat", animal).replace("1.", digit)
              for animal, digit in (("dog", "2."), ("hen", "3."))]  # fmt: skip
    named = ["column"] * len(cells)
    named[chosen.source], named[chosen.target] = "Source", "Target"
    data = "\n".join([*(["\t".join(named)] if header else []), row, *others]).encode()
    assert table(data) == (tuple(named if header else cells), chosen)
    found = from_table(data)
    assert texts(found)[0] == (cells[chosen.source], cells[chosen.target])
    assert (len(found), found.linked) == (3, 3 if chosen.links >= 0 else 0)


def test_the_reader_may_name_other_columns() -> None:
    data = b"one\ttwo\t0-0\tthree\n"
    found = from_table(data, columns=Columns(3, 1, -1))
    assert (texts(found), found.linked) == ([("three", "two")], 0)
    with pytest.raises(TextError, match="Line 1 has “one” where a link should stand"):
        from_table(data, columns=Columns(1, 3, 0))


def test_numbers_are_never_followed_as_sentences() -> None:
    with pytest.raises(TextError, match=r"Column 1 holds numbers such as 1\.25, no sentences"):
        from_table(b"1.25\tUn chat.\n-3e-2\tUn chien.\n")


def test_many_links_in_one_cell_are_links() -> None:
    many = " ".join(["10-10"] * 1_000)
    side = " ".join(["a"] * 11)
    assert table(f"{side}\t{side}\t{many}\n".encode()).likely.links == 2
    assert from_table(f"{side}\t{side}\t{many}\n".encode()).linked == 1
    assert table(f"{side}\t{side}\t{'word ' * 1_000}\n".encode()).likely.links == -1


@pytest.mark.parametrize("cell", ["1" * 200_000 + "x", "1-111" * 40_000 + "x", "a1" * 100_000])
def test_long_cells_are_looked_at_in_no_time_to_speak_of(cell: str) -> None:
    assert table(f"a cat\tun chat\t{cell}\n".encode()).likely == (0, 1, -1)


def test_a_link_out_of_range_is_named_with_its_line_in_the_file() -> None:
    with pytest.raises(TextError, match="Line 3 links source word 5"):
        from_table(b"en\tfr\na cat\tun chat\t0-0\na dog\tun chien\t5-0\n")


def test_links_may_count_from_one_and_name_the_target_first() -> None:
    found = from_texts(b"a big cat", b"un chat", b"2-3", first=1, direction="target-source")
    assert found.rows[0].aligned is not None
    assert found.rows[0].aligned.gold.sure == {Link(2, 1)}


def test_unequal_numbers_of_lines_are_both_named() -> None:
    with pytest.raises(TextError, match="first file has 3 lines but the second 2"):
        from_texts(b"a\nb\nc\n", b"a\nb\n")
    with pytest.raises(TextError, match="links has 1 lines but there are 2"):
        from_texts(b"a\nb\n", b"a\nb\n", b"0-0\n")


def test_an_empty_side_and_a_line_without_a_tab_are_kept_as_rows() -> None:
    found = from_table(b"A cat.\t\n\tUn chien.\nlost\nA dog.\tUn chien.")
    assert texts(found) == [
        ("A cat.", ""),
        ("", "Un chien."),
        ("lost", ""),
        ("A dog.", "Un chien."),
    ]
    assert texts(from_texts(b"a\n\nc\n", b"x\ny\nz\n"))[1] == ("", "y")


def test_what_is_in_no_known_coding_is_named_with_its_line() -> None:
    with pytest.raises(TextError, match=r"Line 2 .* save the file as UTF-8"):
        from_table("a\tb\nда\tsummer\n".encode("koi8-r"))


def test_a_file_without_tabs_or_without_lines_says_what_is_needed() -> None:
    with pytest.raises(TextError, match="No line of this file has a tab"):
        from_table(b"just words\nand more\n")
    for nothing in (b"", b"\n \n\n", b"\xef\xbb\xbf"):
        with pytest.raises(TextError, match="empty"):
            from_table(nothing)
        with pytest.raises(TextError, match="empty"):
            from_texts(nothing, b"a")


def test_an_empty_last_line_counts_where_the_other_file_has_one() -> None:
    assert texts(from_texts(b"a\n\n", b"x\ny\n")) == [("a", "x"), ("", "y")]
    assert texts(from_texts(b"a\n\n\n", b"x\n")) == [("a", "x")]
    assert from_texts(b"a\nb\n", b"x\ny\n", b"0-0\n\n").linked == 2


def test_more_pairs_than_are_read_are_cut_only_when_the_reader_agrees() -> None:
    table = b"en\tfr\n" + b"a cat\tun chat\n" * (MOST + 1)
    with pytest.raises(TooLong, match="has 10,001 pairs; at most 10,000"):
        from_table(table)
    assert len(from_table(table, cut=True)) == MOST
    side = b"a cat\n" * (MOST + 5)
    linked = from_texts(side, side, b"0-0\n" * (MOST + 5), cut=True)
    assert len(linked) == linked.linked == MOST
    assert len(from_table(b"a cat\tun chat\n" * MOST)) == MOST


def test_a_file_that_is_too_large_is_not_even_decoded() -> None:
    with pytest.raises(TextError, match="20 MB are read"):
        from_table(b"\xff" * (MOST_BYTES + 1))


def test_json_lines_bring_their_links_and_texts() -> None:
    line = {"src": ["a", "cat"], "tgt": ["un", "chat"], "sure": [[1, 1]], "possible": [[0, 0]]}
    plain = from_json(json.dumps(line).encode()).rows[0]
    assert (plain.source, plain.target) == ("a cat", "un chat")
    raw = from_json(json.dumps({**line, "raw": ["A cat.", "Un chat."]}).encode()).rows[0]
    assert (raw.source, raw.target) == ("A cat.", "Un chat.")
    with pytest.raises(TextError, match="Line 3"):
        from_json(json.dumps(line).encode() + b"\n\n{\n")


def test_the_key_is_that_of_the_content() -> None:
    table, side = from_table(b"en\tfr\na\tb\n"), from_texts(b"a", b"b")
    assert table.key == side.key
    keys = {
        table.key, from_table(b"a\tc\n").key, from_table(b"a\tb\nc\td\n").key,
        from_table(b"a\tb\t0-0\n").key, from_table(b"a\tb\t0p0\n").key, from_table(b"b\ta\n").key,
    }  # fmt: skip
    assert len(keys) == 6


def test_our_own_lines_serve_both_directions() -> None:
    there, back = pairs.ready_classroom("en", "fr"), pairs.ready_classroom("fr", "en")
    assert there is not None
    assert back is not None
    assert texts(back) == [(target, source) for source, target in texts(there)]
    assert pairs.ready_classroom("de", "it") is None
    assert pairs.ready_gold("de", "it") is None
    linked, turned = pairs.ready_gold("en", "fr"), pairs.ready_gold("fr", "en")
    assert linked is not None
    assert turned is not None
    assert texts(turned) == [(target, source) for source, target in texts(linked)]
    assert linked.linked == turned.linked == len(linked)


SAID = (
    ("I have a cat.", "J'ai un chat."),
    ('He said "hello", twice; really.', "Il a dit « bonjour », deux fois ; vraiment."),
    ("We ate the soup.", "Nous avons mangé la soupe à l'œuf."),
)


def spreadsheet(mark: str, rows: Sequence[Sequence[str]] = SAID) -> str:
    """As Excel saves it: a cell with a mark or a quotation mark in it between quotation marks."""
    sink = io.StringIO()
    csv.writer(sink, delimiter=mark).writerows(rows)
    return sink.getvalue()


@pytest.mark.parametrize("mark", ["\t", ";", ","])
@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "cp1252"])
def test_what_a_spreadsheet_saves_is_read_as_it_was_typed(mark: str, coding: str) -> None:
    data = spreadsheet(mark).encode(coding)
    assert b"\r" in data
    assert recognised(data)
    assert texts(from_table(data)) == list(SAID)
    headed = spreadsheet(mark, [("Englisch", "Französisch", "links"), *((*r, "0-0") for r in SAID)])
    found = from_table(headed.encode(coding))
    assert texts(found) == list(SAID)
    numbered = spreadsheet(mark, [(str(place), *row) for place, row in enumerate(SAID)])
    found = from_table(numbered.encode(coding))
    assert texts(found) == list(SAID)


def test_a_line_end_within_a_cell_of_csv_is_a_blank() -> None:
    found = from_table(b'"one\r\ntwo";un deux\r\n\r\nthree;trois\r\n')
    assert texts(found) == [
        ("one two", "un deux"), ("", ""), ("three", "trois"),
    ]  # fmt: skip


def test_between_tabs_a_quotation_mark_is_a_token_where_no_spreadsheet_wrote_it() -> None:
    for cell in ('" Hi "', '"Hi" he said', '"', '"Hi ""you"" there'):
        found = from_table(f"{cell}\tbon\nyes\toui\n".encode())
        assert found.rows[0].source == cell


@pytest.mark.parametrize(
    "data",
    [
        b"Once, twice.\nOh, no.\n", b"one;two\nthree\n", b'a;"b\nc;d\n', b'{"a":"x","b":"y"}\n',
        b"alone\nand alone\n",
    ],
)  # fmt: skip
def test_lines_without_tabs_that_are_no_table_are_refused(data: bytes) -> None:
    assert not recognised(data)
    with pytest.raises(TextError, match="neither semicolons nor commas"):
        from_table(data)

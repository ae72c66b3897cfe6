"""Attention written by other programs comes in exactly, and bad files say what is wrong."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from attention_core import finding
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import AttentionError, TextError, TooLong
from attention_core.files import aligned_lines, formats, reading, registry
from attention_core.files.format import AttentionFormat
from attention_core.files.formats.csv_table import as_csv
from attention_core.files.formats.npz import as_npz
from attention_core.files.formats.pharaoh import golds
from attention_core.files.judging import on_its_side, told
from attention_core.files.reading import (
    MOST_BYTES,
    Imported,
    axis,
    imported,
    read,
    recognised,
    record,
    turned,
)
from attention_core.numbers.alignment import Link
from attention_core.pictures.views import view
from tests.sample import site

FORMATS = sorted(registry.attention())
HOUSE = (("the", "house", "</s>"), ("das", "Haus", "</s>"))
ROWS = [[0.75, 0.125, 0.125], [0.0625, 0.875, 0.0625], [0, 0.25, 0.75]]


def one(data: str | bytes, form: str, sources: str = "") -> Imported:
    (found,) = read(data.encode() if isinstance(data, str) else data, form, sources)
    return found


def tokens_of(found: Imported) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return found.source, found.target


# --- tables ---


@pytest.mark.parametrize(
    "text",
    [
        "x,the,house,</s>\ndas,.75,.125,.125\nHaus,.0625,.875,.0625\n</s>,0,.25,.75\n",
        ";the;house;</s>\r\ndas;0,75;0,125;0,125\r\nHaus;0,0625;0,875;0,0625\r\n</s>;0;0,25;0,75",
        "\tthe\thouse\t</s>\ndas\t75e-2\t.125\t.125\nHaus\t.0625\t.875\t.0625\n</s>\t0\t.25\t.75",
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_of_any_spreadsheet_gives_its_weights_exactly(text: str, coding: str) -> None:
    found = one(text.encode(coding), "csv")
    assert tokens_of(found) == HOUSE
    assert found.weights.tolist() == [ROWS]
    assert found.weights.dtype == np.float32
    assert found.notes == ()


def test_a_lone_quotation_mark_between_tabs_is_a_token() -> None:
    found = one('\t"\tHi\t"\n«\t1\t0\t0\n"Sa\t0\t1\t0\nlut"\t0\t0\t1\n', "csv")
    assert tokens_of(found) == (('"', "Hi", '"'), ("«", '"Sa', 'lut"'))
    first, second = read(b'\t"\tHi\t"\nx\t1\t0\t0\n\n\ta\n"\t1\n', "csv")
    assert tokens_of(first) == (('"', "Hi", '"'), ("x",))
    assert tokens_of(second) == (("a",), ('"',))


def test_quotation_marks_in_pairs_are_those_of_a_spreadsheet() -> None:
    found = one('\t"a\tb"\n"x ""y"""\t1\n', "csv")
    assert tokens_of(found) == (("a\tb",), ('x "y"',))


def test_tables_after_empty_lines_are_further_sentences() -> None:
    text = ',a,","\nx,0.5,0.5\n\n,,\n,b\ny,1\nz,1\n\n'
    first, second = read(text.encode(), "csv")
    assert (first.source, first.target, first.number) == (("a", ","), ("x",), 1)
    assert (second.source, second.target, second.number) == (("b",), ("y", "z"), 2)
    assert second.weights.tolist() == [[[1], [1]]]


AWKWARD = ["=1+1", "-3", "a,b", 'say "hi"', "été", "👩‍💻", "我", "</script>", "x\ny"]


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_what_we_export_is_read_back_exactly(form: str) -> None:
    weights = np.random.default_rng(2).dirichlet(np.ones(9), (3, 9)).astype(np.float32)
    tokens = tuple(Token(text, place, place + 1) for place, text in enumerate(AWKWARD))
    seen = view(site(weights.tolist(), TextAxis("text", "x" * 9, tokens)), heads=[2, 0, 1])
    found = one({"csv": as_csv, "npz": as_npz}[form](seen), form)
    assert tokens_of(found) == (tuple(AWKWARD), tuple(AWKWARD))
    order = [2, 0, 1] if form == "npz" else [0, 1, 2]
    assert (found.weights == weights[order]).all()


def test_our_export_without_some_of_its_lines_is_refused() -> None:
    whole = as_csv(view(site([[[0.5, 0.5]] * 2], TextAxis("text", "ab", (Token("a", 0, 1), Token("b", 1, 2)))))).decode()  # fmt: skip # noqa: E501
    with pytest.raises(TextError, match="lost some"):
        one("\n".join(whole.splitlines()[:-1]), "csv")
    with pytest.raises(TextError, match="other lines"):
        one(whole.replace("0.5", "half"), "csv")


def archive(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(("shape", "heads"), [((2, 3), 1), ((5, 2, 3), 5), ((7, 5, 2, 3), 35)])
def test_archives_of_one_head_many_and_layers_are_read(shape: tuple[int, ...], heads: int) -> None:
    weights = np.random.default_rng(1).dirichlet(np.ones(3), shape[:-1])
    found = one(archive(weights=weights, source=["a", "b", "c"], target=["x", "y"]), "npz")
    assert tokens_of(found) == (("a", "b", "c"), ("x", "y"))
    assert (found.weights == weights.reshape(heads, 2, 3).astype(np.float32)).all()


class Trap:
    """Unpickling it would fail the test."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return pytest.fail, ("An array was unpickled",)


GOOD = {"weights": np.eye(2), "source": ["a", "b"], "target": ["x", "y"]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weights": np.array([Trap()], dtype=object)}, "“weights” holds Python objects"),
        ({"source": np.array([Trap()], dtype=object)}, "“source” holds Python objects"),
        ({"weights": np.eye(2) > 0}, "needs numbers"),
        ({"weights": np.eye(2) * 1j}, "needs numbers"),
        ({"weights": np.ones(2)}, "2 to 4 dimensions"),
        ({"source": [1, 2]}, "list of strings"),
        ({"source": [["a", "b"]]}, "list of strings"),
        ({"source": ["a"]}, "1 source tokens, but its weights are 2 × 2"),
        ({"source": np.zeros(0, dtype="U1")}, "0 source tokens"),
    ],
)
def test_archives_of_something_else_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(TextError) as caught:
        one(archive(**{**GOOD, **changed}), "npz")
    assert said in str(caught.value)


def test_an_archive_without_tokens_names_what_it_has() -> None:
    with pytest.raises(TextError, match=r"has weights\.npy but no “target”"):
        one(archive(weights=np.eye(2)), "npz")


def packed(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("weights.npy", data)
    return out.getvalue()


def test_a_small_archive_that_would_unpack_to_a_large_array_is_not_unpacked() -> None:
    bomb = packed(bytes(MOST_BYTES + 1))
    assert len(bomb) < 100_000
    with pytest.raises(TextError, match="would take more than 20 MB"):
        one(bomb, "npz")


def test_an_archive_that_lies_about_its_size_takes_no_more_than_is_allowed() -> None:
    bomb = bytearray(packed(bytes(10 * MOST_BYTES)))
    held = bomb.rindex(b"PK\x01\x02")
    bomb[held + 24 : held + 28] = bomb[22:26] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    try:
        with pytest.raises(TextError):
            one(bytes(bomb), "npz")
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_numpy_never_writes_are_not_unpacked(way: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", way) as made:
        made.writestr("weights.npy", bytes(1000))
    with pytest.raises(TextError, match="no NumPy archive"):
        one(out.getvalue(), "npz")


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 2, 3), (2, 0, 2, 3)])
def test_a_dimension_without_a_place_is_said(shape: tuple[int, ...]) -> None:
    tokens = {"source": ["a", "b", "c"][: shape[-1]], "target": ["x", "y"][: shape[-2]]}
    with pytest.raises(TextError):
        one(archive(weights=np.zeros(shape), **tokens), "npz")
    with pytest.raises(TextError):
        one(json.dumps({"weights": np.zeros(shape).tolist(), **tokens}), "json")
    with pytest.raises(TextError):
        read(array(np.zeros(shape)), "npy")
    with pytest.raises(TextError, match="each dimension needs at least one place"):
        imported(["a"], ["x"], np.zeros((0, 1, 1)))


def test_an_array_that_promises_more_than_it_holds_is_refused() -> None:
    out = io.BytesIO()
    header = {"shape": (10**6, 10**6), "fortran_order": False, "descr": "<f8"}
    np.lib.format.write_array_header_1_0(out, header)
    with pytest.raises(TextError, match="cut off"):
        one(packed(out.getvalue()), "npz")


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive", packed(b"nonsense")])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(TextError):
        one(data, "npz")


def test_a_damaged_archive_is_refused() -> None:
    whole = archive(**GOOD)
    for place in range(0, len(whole), 7):
        damaged = whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]
        try:
            one(damaged, "npz")
        except TextError:
            continue


# --- Marian ---

SOFT = "0.75,0.125,0.125 0.0625,0.875,0.0625 0,0.25,0.75"


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


@pytest.mark.parametrize("sources", ["the house\n", "the house </s>\n", ""])
def test_zeros_that_fill_up_rows_of_older_marian_are_left_out(sources: str) -> None:
    padded = SOFT.replace(" ", ",0,0 ") + ",0,0"
    found = one(f"das Haus ||| {padded}\n", "marian", sources)
    assert found.source[:1] == ("the",) if sources else ("1", "2", "3")
    assert found.weights[:, :, :3].tolist() == [ROWS]
    assert not found.weights[:, :, 3:].any()
    assert len(found.source) == (4 if "</s>" in sources else 3)


# --- marian-scorer, Sockeye, fairseq, NumPy arrays ---


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


def array(weights: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array(weights))
    return out.getvalue()


def test_an_array_of_several_sentences_is_cut_to_their_words() -> None:
    whole = np.random.default_rng(3).dirichlet(np.ones(5), (2, 4)).astype(np.float32)
    first, second = read(array(whole), "npy", "the house\tdas Haus\nyes\tja\n")
    assert tokens_of(first) == HOUSE
    assert tokens_of(second) == (("yes", "</s>"), ("ja", "</s>"))
    assert (first.weights[0] == whole[0, :3, :3]).all()
    assert (second.weights[0] == whole[1, :2, :2]).all()
    assert one(array(whole[0]), "npy").source == ("1", "2", "3", "4", "5")


@pytest.mark.parametrize("wrong", [np.ones(3), np.ones((1, 1, 1, 1)), [["a"]], np.eye(2) > 0])
def test_an_array_of_something_else_is_refused(wrong: object) -> None:
    with pytest.raises(TextError, match="needs numbers in 2 or 3 dimensions"):
        read(array(wrong), "npy")


def test_an_array_of_python_objects_is_never_unpickled() -> None:
    with pytest.raises(TextError, match="holds Python objects"):
        read(array([Trap()]), "npy")


# --- Nematus and those that write like it ---


def block(head: str, rows: Sequence[Sequence[float]] = ROWS) -> str:
    return head + "\n" + "".join(" ".join(map(str, row)) + " \n" for row in rows)


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


# --- OpenNMT-py ---


def cells(words: Sequence[str], rows: Sequence[Sequence[float]], source: Sequence[str]) -> str:
    """The table as OpenNMT-py lays it out: 10 wide, cut words, a star before the largest."""
    lines = [" " * 11 + "".join(f"{word[:7]:>10} " for word in source)]
    for word, row in zip(words, rows, strict=True):
        made = [f"{weight:.7f}".rjust(10, "*" if weight == max(row) else " ") for weight in row]
        lines.append(f"{word[:10]:>10} " + "".join(f"{cell} " for cell in made))
    return "\n".join(lines) + "\n"


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


# --- whatever the format ---

EXAMPLES: dict[str, bytes] = {
    "csv": b",a,b\nx,0.5,0.5\ny,1,0\n",
    "npz": archive(**GOOD),
    "marian": f"das Haus ||| {SOFT}\n".encode(),
    "opennmt": cells(HOUSE[1], ROWS, HOUSE[0]).encode(),
    "json": b'{"weights": [[0.5, 0.5]], "queries": ["x"], "keys": ["a", "b"]}',
    "nematus": block("0 ||| das Haus ||| 0 ||| the house ||| 3 3").encode(),
    "marian-scorer": f"-1.250000 ||| {SOFT}\n".encode(),
    "fairseq": f"S-0\tthe house\nH-0\t-0.3\tdas Haus\nA-0\t{SOFT}\n".encode(),
    "sockeye": b"das Haus\t0-0 1-1\n",
    "npy": array(np.eye(2)),
}


def detected(data: bytes) -> str:
    return recognised(data).name


def test_every_format_is_told_from_the_others() -> None:
    assert set(EXAMPLES) == set(FORMATS)
    assert {form: detected(data) for form, data in EXAMPLES.items()} == {f: f for f in FORMATS}
    assert detected(b"\n\n" + EXAMPLES["nematus"]) == "nematus"
    assert detected(b"0 ||| a ||| 0-0 ||| F0= 1 ||| 1\n0 ||| b ||| 0-0 ||| F0= 1 ||| 1") == "marian"


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


# --- records ---


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


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Once upon a time, there was a cat.\nIt sat, and sat.\n",
        b"a cat ||| un chat\na dog ||| un chien\n",
        b"            deeply indented\nand no table\n",
    ],
)
def test_what_speaks_for_no_format_is_not_recognised_instead_of_guessed(data: bytes) -> None:
    with pytest.raises(TextError, match=r"None of the \d+ known formats recognises this file"):
        recognised(data)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"a cat\tun chat\t0-0 1-1\n", "holds pairs of sentences"),
        (b"<tmx><body></body></tmx>", "holds pairs of sentences"),
        (b'{"src": ["a"], "tgt": ["b"], "sure": [[0, 0]]}\n', "holds pairs of sentences"),
        (b"0-0 1-1\n", "holds links between words"),
    ],
)
def test_links_and_pairs_are_named_where_attention_is_asked_for(data: bytes, named: str) -> None:
    with pytest.raises(TextError, match=named):
        recognised(data)


def test_a_table_is_recognised_whatever_its_quotation_marks_are() -> None:
    assert detected(b',a,","\nx,0.5,0.5\n') == "csv"
    assert detected(b'\t"\tHi\t"\nx\t1\t0\t0\n') == "csv"
    assert detected(b",the,cat\nle,0.9\n") == "csv"


def test_recognising_looks_at_the_beginning_only() -> None:
    for form in registry.attention().values():
        assert form.recognise(EXAMPLES[form.name] + b"\n" * 200_000)
        assert not form.recognise(b"\n" * 200_000 + EXAMPLES[form.name])


def test_a_file_that_two_formats_recognise_is_left_to_the_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = registry.every()
    greedy = AttentionFormat(
        name="greedy", title="Greedy", endings=("x",), looks="Anything.",
        recognise=lambda _data: True, read=lambda _data, _sources: iter(()),
    )  # fmt: skip
    monkeypatch.setattr(registry, "every", lambda: (*every, greedy))
    with pytest.raises(TextError, match=r"More than one format recognises this file \(csv, greed"):
        recognised(EXAMPLES["csv"])


def test_a_format_of_an_installed_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = replace(registry.attention()["csv"], name="theirs", title="Theirs")

    class Point:
        def load(self) -> object:
            return theirs

    monkeypatch.setattr(
        finding, "entry_points", lambda group: [Point()] * (group == registry.GROUP)
    )
    found = registry.every.__wrapped__()
    assert theirs in found
    assert set(registry.every()) < set(found)


def test_two_formats_of_one_name_and_what_is_no_format_are_refused() -> None:
    csv_table = registry.attention()["csv"]
    with pytest.raises(AttentionError, match="two file formats with the name “csv”"):
        registry.checked([csv_table, replace(csv_table, title="Other")])
    with pytest.raises(AttentionError, match="“'csv'” is no file format"):
        registry.checked(["csv"])


def test_every_file_among_the_formats_holds_one() -> None:
    files = {path.stem for path in Path(formats.__file__ or "").parent.glob("[!_]*.py")}
    assert len(files) == len(registry.every())
    assert all(form.ways and form.endings and form.looks for form in registry.every())


LINKED = {
    "table": b"a cat\tun chat\t0-0 1-1\n",
    "json": b'{"src": ["a"], "tgt": ["b"], "sure": [[0, 0]]}\n',
    "naacl": b"0001 1 1 S\n0001 2 3 P\n",
}


def test_pairs_and_links_are_recognised_by_one_format_alone() -> None:
    every = {**LINKED, **{f"attention.{name}": data for name, data in EXAMPLES.items()}}
    for name, form in registry.pairs().items():
        assert [known for known, data in every.items() if form.recognise(data)] == (
            [name] if name in LINKED else []
        )
    pharaoh = registry.links()["pharaoh"]
    assert pharaoh.recognise(b"0-0 1p1\n\n2?3\n")
    assert not any(map(pharaoh.recognise, every.values()))


def test_rows_that_sum_to_less_than_one_may_have_looked_at_tokens_that_are_left_out() -> None:
    (note,) = one(b",the,cat\nle,0.7,0.1\nchat,0.2,0.8\n", "csv").notes
    assert "1 rows of weights sum to less than 1, to between 0.8 and 0.8: what is missing" in note
    (note,) = one(b",the,cat\nle,0.9,0.3\nchat,0.2,0.8\n", "csv").notes
    assert "do not sum to 1 but to between 1.2 and 1.2" in note

"""A format is recognised by its beginning, by no other's, and found by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attention_core import finding
from attention_core.errors import AttentionError, TextError
from attention_core.files import formats, registry
from attention_core.files.format import AttentionFormat
from attention_core.files.reading import recognised
from tests.foreign_files import EXAMPLES, FORMATS, LINKED, detected


def test_every_format_is_told_from_the_others() -> None:
    assert set(EXAMPLES) == set(FORMATS)
    assert {form: detected(data) for form, data in EXAMPLES.items()} == {f: f for f in FORMATS}
    assert detected(b"\n\n" + EXAMPLES["nematus"]) == "nematus"
    assert detected(b"0 ||| a ||| 0-0 ||| F0= 1 ||| 1\n0 ||| b ||| 0-0 ||| F0= 1 ||| 1") == "marian"


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


def test_pairs_and_links_are_recognised_by_one_format_alone() -> None:
    every = {**LINKED, **{f"attention.{name}": data for name, data in EXAMPLES.items()}}
    for name, form in registry.pairs().items():
        assert [known for known, data in every.items() if form.recognise(data)] == (
            [name] if name in LINKED else []
        )
    pharaoh = registry.links()["pharaoh"]
    assert pharaoh.recognise(b"0-0 1p1\n\n2?3\n")
    assert not any(map(pharaoh.recognise, every.values()))

"""Files of readers are read in a process with limits, and come back as if they were read here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import psutil
import pytest

from attention_core.errors import AttentionError, Superseded, TextError, TooLong
from attention_core.files import corpus, plain, reading, registry
from attention_core.files.format import Columns, Reading
from attention_core.files.pairs import Pair, Pairs
from models.work import apart, uploads
from models.work.apart import Apart, GivenUp
from models.work.uploads import UPLOADS, Uploads
from pages.alignments.parts import foreign, uploading
from tests import hostile
from tests.foreign_files import EXAMPLES
from tests.fuzz.parsers import GOLD, PAIRS
from tests.test_pages_alignments import given, infos

HOW = Reading(cut=True)
GIVEN_UP = "reading it breaks off, or needs more than"


@pytest.fixture(scope="module")
def harmed() -> Iterator[Uploads]:
    """Files are read by what does as they tell it."""
    made = Uploads(hostile.__name__)
    yield made
    made.close()


def obeyed(harmed: Uploads, told: bytes, reader: str = "me") -> tuple[Pair, ...]:
    return harmed.pairs(reader, "table", [told], HOW).rows


@pytest.mark.parametrize("harm", [b"loop", b"eat", b"die"])
def test_a_file_that_harms_its_parser_is_given_up_and_the_next_one_is_read(
    harm: bytes, harmed: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SECONDS", 0.3)
    with pytest.raises(TextError, match=GIVEN_UP):
        obeyed(harmed, harm)
    monkeypatch.setattr(uploads, "SECONDS", 20)
    assert obeyed(harmed, b"") == (Pair("a cat", "un chat"),)


def test_what_is_said_of_a_file_that_was_given_up_are_the_limits_that_it_had(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given: list[tuple[float, int]] = []

    class Process(Apart):
        def ask(self, question: Any, seconds: float, *_more: Any, **_limits: Any) -> apart.Answer:
            given.append((seconds, self._memory))
            raise GivenUp("it took all day")

    monkeypatch.setattr(uploads, "Apart", Process)
    with pytest.raises(TextError) as caught:
        obeyed(Uploads("nothing"), b"")
    assert given == [(20.0, 2**30)]
    assert "more than 20 seconds or 1 GiB of memory" in str(caught.value)
    assert "it took all day" in caplog.text


def test_what_a_library_prints_is_no_answer(harmed: Uploads) -> None:
    assert obeyed(harmed, b"print") == (Pair("a cat", "un chat"),)


def test_a_newer_file_of_the_same_reader_ends_the_older_one(harmed: Uploads) -> None:
    ended: list[BaseException] = []

    def older() -> None:
        try:
            obeyed(harmed, b"loop")
        except Superseded as end:
            ended.append(end)

    waiting = threading.Thread(target=older)
    waiting.start()
    while not harmed._desk._running:
        time.sleep(0.01)
    assert obeyed(harmed, b"", "somebody else") == (Pair("a cat", "un chat"),)
    assert waiting.is_alive()
    assert obeyed(harmed, b"") == (Pair("a cat", "un chat"),)
    waiting.join(20)
    assert len(ended) == 1


def test_a_process_that_cannot_be_started_is_no_fault_of_the_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = Uploads("tests.no_such_module")
    broken._start()
    assert "No process could be started" in caplog.text
    assert "Traceback" in caplog.text
    with pytest.raises(TextError, match=GIVEN_UP):
        obeyed(broken, b"")


def test_a_page_that_asks_for_a_file_has_one_process_ready_however_often_it_is_drawn() -> None:
    made = Uploads(hostile.__name__)
    for _drawing in range(3):
        made.warm()
        while not any(one.running for one in made._every):
            time.sleep(0.01)
    held = made._idle.pop()  # as while a file is read
    made.warm()
    made._idle.append(held)
    assert [one.running for one in made._every] == [False, True]
    assert obeyed(made, b"") == (Pair("a cat", "un chat"),)
    assert [one.running for one in made._every] == [False, True]
    made.close()
    assert not any(one.running for one in made._every)


def test_a_process_is_kept_between_two_files() -> None:
    one = Apart(hostile.__name__)
    one.start()
    process = one._process
    assert process is not None
    for _file in range(3):
        one.ask({}, 20, [b""])
    assert one._process is process
    one.close()
    assert not psutil.pid_exists(process.pid)


def test_questions_that_share_a_purse_are_given_up_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, purse = Apart(hostile.__name__), apart.Purse(20.0)
    one.ask({}, 20, [b""], purse=purse)
    assert purse.left < 20
    purse.left = 0.2
    with pytest.raises(GivenUp, match="ended"):
        one.ask({}, 20, [b"loop"], purse=purse)
    with pytest.raises(GivenUp, match="used up"):
        one.ask({}, 20, [b""], purse=purse)
    one.ask({}, 20, [b""])
    one.close()


# --- what is read apart is what is read here ---


@pytest.mark.parametrize("form", sorted(EXAMPLES))
def test_attention_read_apart_is_attention_read_here(form: str) -> None:
    there = UPLOADS.attention("me", EXAMPLES[form], "", b"", True)
    here = reading.read(EXAMPLES[form], form, cut=True)
    assert there.form == form
    assert len(there.sentences) == len(here)
    for one, other in zip(there.sentences, here, strict=True):
        assert (one.source, one.target, one.number) == (other.source, other.target, other.number)
        assert one.weights.dtype == other.weights.dtype
        assert (one.weights == other.weights).all()
        assert [(note, note.values) for note in one.notes] == [
            (note, note.values) for note in other.notes
        ]
        one.weights[0, 0, 0] = 0  # it can be written, as what torch is given must be


def outcome(read: Callable[[], Pairs]) -> object:
    """What was read, or what was said to be wrong."""
    try:
        found = read()
    except AttentionError as problem:
        return type(problem), problem.sentence, problem.values
    return found, found.key, [note.values for note in found.notes]


@pytest.mark.parametrize("form", sorted(PAIRS))
def test_pairs_read_apart_are_pairs_read_here(form: str) -> None:
    parts = registry.pairs()[form].parts
    files = [PAIRS[form][0], PAIRS[form][0], GOLD.get(form, b"0-0\n0-0\n")][: len(parts)]
    missing = [None if part.links else data for part, data in zip(parts, files, strict=True)]
    for files_given in (files, missing):
        for how in (HOW, Reading(True, 1, "target-source", Columns(1, 0, -1))):
            here = outcome(partial(corpus.read, form, files_given, how))
            there = outcome(partial(UPLOADS.pairs, "me", form, files_given, how))
            assert there == here


def test_a_table_seen_apart_is_the_table_seen_here() -> None:
    data = b"1.25\tThe cat sleeps.\tLe chat dort.\n"
    look = registry.pairs()["table"].table
    assert look is not None
    assert UPLOADS.table("me", "table", data) == look(data)


@pytest.mark.parametrize(
    ("form", "data", "kind"),
    [
        ("csv", b",a\nx,much\n", TextError),
        ("", b"Once upon a time", TextError),
        ("nonsense", b"", AttentionError),
    ],
)
def test_what_is_wrong_is_said_with_the_same_template_and_values(
    form: str, data: bytes, kind: type[AttentionError]
) -> None:
    with pytest.raises(AttentionError) as here:
        reading.read(data, form or reading.recognised(data).name)
    with pytest.raises(AttentionError) as there:
        UPLOADS.attention("me", data, form, b"", False)
    assert type(there.value) is type(here.value) is kind
    assert there.value.sentence == here.value.sentence
    assert there.value.values == here.value.values


def test_too_many_pairs_are_too_long_for_an_answer_that_can_be_cut() -> None:
    with pytest.raises(TooLong, match="10,001 pairs; at most 10,000"):
        UPLOADS.pairs("me", "table", [b"a\tb\n" * 10_001], Reading())


def test_values_of_any_kind_become_plain_ones() -> None:
    values = plain._plain([np.float32(0.5), (1, None), object, "x"])
    assert values == [0.5, [1, None], "<class 'object'>", "x"]


# --- the pages ---


@pytest.mark.parametrize("page", ["corpus", "heads"])
def test_a_page_says_that_a_file_was_given_up(
    page: str, harmed: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "UPLOADS", harmed)
    app = given(page, "a.tsv", b"die")
    assert "was stopped. Take a part of the file" in infos(app).replace("\\", "")


def test_a_page_of_attention_says_that_a_file_was_given_up(
    harmed: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "UPLOADS", harmed)
    with pytest.raises(TextError, match=GIVEN_UP):
        foreign.opened(b"die", "csv", None)

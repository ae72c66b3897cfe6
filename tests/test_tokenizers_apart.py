"""What somebody else's tokenizer does with a text is done in a process with limits."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from attention_core.errors import ModelError, TextError
from models.families import cutting, fake
from models.families.cutting import Distant, for_readers, joined, one_reading
from models.families.reader import Reader
from models.families.seq2seq import Seq2Seq
from models.families.tokenization import tokens
from models.loading import tokenizer as loading
from models.loading.checkpoint import from_folder, pair_from_folder
from models.work import apart
from tests import hostile, tiny_pairs

SLOW: Mapping[str, Any] = {
    "pre_tokenizer": {
        "type": "Split", "behavior": "Isolated", "invert": False,
        "pattern": {"Regex": "(?:q|q){22}c|."},
    }
}  # fmt: skip
BREAKING: Mapping[str, Any] = {
    "normalizer": {"type": "Replace", "pattern": {"Regex": "(q+)+(q+)+(q+)+$"}, "content": " "}
}
SWELLING: Mapping[str, Any] = {
    "normalizer": {
        "type": "Sequence",
        "normalizers": [{"type": "Replace", "pattern": {"String": "q"}, "content": "qq"}] * 32,
    }
}
TEXT = "q" * 120 + "b"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "models" / "good"
    fake.model().save_pretrained(made)
    fake.tokenizer().save_pretrained(made)
    return made


def change(folder: Path, changes: Mapping[str, Any]) -> None:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def opened(folder: Path) -> Reader:
    return Reader("good", from_folder(folder, folder.parent))


@pytest.mark.parametrize(
    "changes", [SLOW, BREAKING, SWELLING], ids=["slow", "breaking", "swelling"]
)
def test_a_text_on_which_a_tokenizer_breaks_is_given_up_with_a_sentence(
    folder: Path, changes: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "SECONDS", 2.0)
    change(folder, changes)
    reader = opened(folder)
    began = time.monotonic()
    with pytest.raises(TextError, match="tokenizer of good breaks off with this text, or needs"):
        reader.read(TEXT)
    assert time.monotonic() - began < cutting.SECONDS + 3
    assert (
        reader.read("the cat").axes[0].tokens[0].piece == "[CLS]"
    )  # it is there again for another text


def test_what_does_not_answer_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = fake.tokenizer().backend_tokenizer
    distant = Distant(tokenizer, "good")
    distant.encode("the cat")
    process = distant._apart._process
    assert process is not None
    psutil.Process(process.pid).suspend()
    monkeypatch.setattr(cutting, "SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(TextError, match="was stopped"):
        distant.encode("the cat")
    assert time.monotonic() - began < 3
    assert not psutil.pid_exists(process.pid)


@pytest.mark.parametrize("text", ["the cat sat", "Ünïcode 🦄 [SEP] x", " a\n b", "the " * 300])
@pytest.mark.parametrize("second", ["", "on the mat"])
@pytest.mark.parametrize("own", [False, True])
def test_next_door_a_text_is_cut_as_here(text: str, second: str, own: bool) -> None:
    here = for_readers(fake.tokenizer().backend_tokenizer, "good", foreign=False)
    there = for_readers(fake.tokenizer().backend_tokenizer, "good", foreign=True)
    if own:
        here, there = cutting.commanded(here), cutting.commanded(there)
    assert isinstance(there, Distant)
    assert tokens(there, text, second) == tokens(here, text, second)
    pieces = ["the", "cat", "##s"]
    assert joined(there, pieces) == joined(here, pieces) == "the cats"


def test_a_folder_is_read_as_what_is_ours_is(folder: Path) -> None:
    mine = Reader("good", from_folder(folder, folder.parent, ours=True))
    read = [one.read("The cat, [MASK] sat", "on it") for one in (mine, opened(folder))]
    assert read[0].axes == read[1].axes
    assert read[0].notes == read[1].notes
    assert torch.equal(read[0].sites[0].weights(), read[1].sites[0].weights())


def test_a_process_ends_with_its_tokenizer() -> None:
    distant = Distant(fake.tokenizer().backend_tokenizer, "good")
    distant.encode("the cat")
    distant.decode(["the", "cat"])
    process = distant._apart._process
    assert process is not None
    assert psutil.pid_exists(process.pid)
    gc.disable()  # the server collects seldom: nothing may be tied in a knot
    try:
        del distant
        assert process.poll() is not None
    finally:
        gc.enable()


def test_a_tokenizer_that_takes_too_long_to_open_is_refused_in_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SECONDS", 1.5)
    change(folder, SLOW)
    (folder / "added_tokens.json").write_text(json.dumps({"q" * 99: 200}))
    change(folder, SWELLING)
    with pytest.raises(ModelError, match=r"cannot be opened: tokenizer\.json needs more than 2 s"):
        opened(folder)


def test_what_was_tried_and_can_be_read_is_not_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[object]()

    class Process(apart.Apart):
        def ask(self, question: Any, *_limits: Any, **_more: Any) -> apart.Answer:
            tried.append(question)
            if len(tried) == 1:
                raise apart.GivenUp("slow")
            return apart.Answer(0, [])

    monkeypatch.setattr(loading, "Apart", Process)
    monkeypatch.setattr(loading, "_SOUND", set())
    with pytest.raises(ModelError):
        loading.tokenizer(folder)
    for expected in (2, 2):
        loading.tokenizer(folder)
        assert len(tried) == expected
    (folder / "added_tokens.json").write_text(json.dumps({"another": 200}))
    loading.tokenizer(folder)
    assert len(tried) == 3
    change(folder, SWELLING)
    loading.tokenizer(folder)
    assert len(tried) == 4


@pytest.mark.parametrize("normalized", [True, False])
def test_an_added_token_on_which_the_tokenizer_breaks_is_refused_at_opening(
    folder: Path, normalized: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "SECONDS", 4.0)
    change(folder, BREAKING)
    path = folder / "tokenizer_config.json"
    added = {"content": TEXT, "normalized": normalized, "special": False, "lstrip": False,
             "rstrip": False, "single_word": False}  # fmt: skip
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"added_tokens_decoder": {"200": added}}))
    with pytest.raises(ModelError, match=r"tokenizer of good cannot be read from tokenizer\.json"):
        opened(folder)


def test_a_fault_that_is_no_exception_is_a_sentence_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicException(BaseException):
        """As the library of tokenizers raises it."""

    def panics(*_: object, **__: object) -> None:
        raise PanicException

    monkeypatch.setattr("models.loading.tokenizer.AutoTokenizer.from_pretrained", panics)
    with pytest.raises(ModelError, match="cannot be read"):
        opened(folder)


class Costly:
    """A process whose every answer takes a third of what a reading has."""

    def ask(self, _question: object, _seconds: float, purse: apart.Purse) -> apart.Answer:
        if purse.left <= 0:
            raise apart.GivenUp("nothing is left")
        purse.left -= cutting.TOGETHER / 3
        return apart.Answer(dict.fromkeys(("ids", "tokens", "offsets", "type_ids", "sequence_ids",
                                           "special_tokens_mask"), ()), [])  # fmt: skip


def test_pieces_are_made_a_text_once() -> None:
    """A search makes the same beginnings again and again; a fault is no text to remember."""
    asked = list[Any]()

    class Process(apart.Apart):
        def ask(self, question: Any, *_more: Any, **_limits: Any) -> apart.Answer:
            asked.append(question)
            if len(asked) == 1:
                raise apart.GivenUp("slow")
            return apart.Answer("a text", [])

    distant = Distant(fake.tokenizer().backend_tokenizer, "good", apart=Process("nothing"))
    with pytest.raises(TextError):
        distant.decode(["a", "text"])
    assert [distant.decode(pieces) for pieces in (["a", "text"], ("a", "text"))] == ["a text"] * 2
    assert len(asked) == 2


def test_the_cuts_of_one_reading_share_their_time() -> None:
    process: Any = Costly()
    distant = Distant(fake.tokenizer().backend_tokenizer, "good", apart=process)
    for _cut in range(9):
        distant.encode("the cat")  # each a reading of its own
    for _reading in range(2):
        with one_reading():
            for _cut in range(2):
                distant.encode("the cat")
            with one_reading():
                distant.commanded().encode("the cat")
            with pytest.raises(TextError, match="more than 30 seconds"):
                distant.encode("the cat")


def test_every_way_to_read_is_one_reading(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = opened(folder)
    pair = tiny_pairs.saved("bart", tmp_path)
    translator = Seq2Seq("bart", pair_from_folder(pair, tmp_path))
    ways: list[Callable[[], object]] = [
        lambda: reader.read("the cat"), lambda: reader.axis("the cat"),
        lambda: reader.probe("the cat"), lambda: translator.axis("The cat"),
        lambda: translator.translate("The cat"), lambda: translator.align("The cat", "Le chat"),
    ]  # fmt: skip
    monkeypatch.setattr(cutting, "TOGETHER", 0.0)
    for way in ways:
        with pytest.raises(TextError, match="and was stopped"):
            way()


def test_memory_is_limited() -> None:
    with pytest.raises(apart.GivenUp, match="Cannot allocate memory"):
        apart.Apart(hostile.__name__, memory=1 << 30).ask({}, 20, [b"eat"])
    assert apart.Apart(hostile.__name__, memory=4 << 30).ask({}, 20, [b"eat"]).said

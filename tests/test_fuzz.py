"""Damaged files, a few of each kind: `make fuzz` tries them by the thousand."""

from __future__ import annotations

import io
import random
import sys
from typing import Any

import numpy as np
import pytest

from attention_core.errors import TextError
from attention_core.files import coding
from tests.fuzz import parsers
from tests.fuzz.cases import cases, said
from tests.fuzz.mutations import damaged
from tests.fuzz.parsers import PARSERS, example, fault


@pytest.mark.parametrize("name", PARSERS)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(name: str) -> None:
    for seed in range(12):
        chance = random.Random(f"{seed} {name}")
        data = damaged(example(name, chance), example(chance.choice([*PARSERS]), chance), chance)
        assert fault(name, data) is None, data


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_damaged_can_be_read_otherwise(name: str) -> None:
    PARSERS[name](example(name, random.Random(0)))


@pytest.mark.parametrize("name", PARSERS)
def test_the_files_that_are_kept_are_read_or_refused_as_ever(name: str) -> None:
    mine = [case for case in cases() if case.parser == name]
    assert mine
    for case in mine:
        assert fault(name, case.data) is None, case
        assert (said(name, case.data) == "") is case.read, case


def test_a_file_is_taken_apart_once_however_many_formats_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Found by the fuzzer: each of the formats found out anew in which coding a file is."""
    asked = list[bytes]()

    def heard(data: bytes) -> coding.Coding:
        asked.append(data)
        return coding.coding(data)

    monkeypatch.setattr("attention_core.files.text.coding", heard)
    with pytest.raises(TextError, match="no other coding fits it"):
        PARSERS["recognised"](b"\xff\xff\xff\xff")
    assert len(asked) == 2


def test_a_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_data: bytes) -> object:
        raise ZeroDivisionError

    def gapped(_data: bytes) -> object:
        raise TextError("There are {count} of them.")

    def slow(_data: bytes) -> object:
        while True:
            pass

    monkeypatch.setattr(parsers, "SECONDS", 0.05)
    for program, told in ((breaks, "ZeroDivisionError"), (gapped, "a gap"), (slow, "TimeoutError")):
        monkeypatch.setitem(PARSERS, "csv", program)
        assert told in str(fault("csv", b""))
    monkeypatch.setitem(PARSERS, "csv", len)
    assert fault("csv", b"") is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_that_are_no_characters_are_refused_in_a_sentence(order: str) -> None:
    """Found by the fuzzer: an array of strings may hold any 32 bits for a character."""
    beyond = np.array([sys.maxunicode + 1], dtype=f"{order}u4").view(f"{order}U1")
    given: dict[str, Any] = {
        "weights": np.ones((1, 1)),
        "source": beyond,
        "target": np.array(["a"]),
    }
    file = io.BytesIO()
    np.savez(file, **given)
    with pytest.raises(TextError, match="“source” holds numbers that are no characters"):
        PARSERS["npz"](file.getvalue())
    last = np.array([sys.maxunicode], dtype=f"{order}u4").view(f"{order}U1")
    np.savez(file := io.BytesIO(), **{**given, "source": last})
    PARSERS["npz"](file.getvalue())

"""The faults that are planted are those meant, and a fault that matters is noticed."""

from __future__ import annotations

import ast
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.mutation.operators import faults
from tests.mutation.swap import swapped
from tests.mutation.targets import ROOT, TARGETS, equivalent
from tests.mutation.trial import Planted, Trial, noticed

BY_HAND: dict[str, list[str]] = {
    "a < b": ["a <= b", "a > b"],
    "a >= b": ["a > b", "a < b"],
    "a == b": ["a != b"],
    "a is None": ["a is not None"],
    "a in b": ["a not in b"],
    "a < b == c": ["a <= b == c", "a > b == c", "a < b != c"],
    "a + b": ["a - b"],
    "a * b": ["a / b"],
    "a // b": ["a * b"],
    "a & b": ["a | b"],
    "a and b": ["a or b"],
    "not a": ["a"],
    "-a": ["a"],
    "a[b:c]": ["a[:c]", "a[b:]"],
    "min(a, b)": ["pass", "max(a, b)"],
    "a.any()": ["pass", "a.all()"],
    "a[7]": ["a[8]", "a[6]"],
    "a[True]": ["a[False]"],
    "a(b)": ["pass"],
    "a if b else c": ["a if not b else c"],
    "a = b": [],
    "a.b = c": ["pass"],
    "a += b": ["a -= b", "pass"],
    "raise a": ["pass"],
    "[a for a in b if c]": ["[a for a in b if not c]"],
    "'text'": [],
    "a = zip(b, strict=True)": [],
    "a['text']": [],
    "f'{a + 1}'": [],
}


@pytest.mark.parametrize("source", BY_HAND)
def test_each_change_by_hand(source: str) -> None:
    assert [fault.now for fault in faults(source)] == BY_HAND[source]


def test_annotations_and_decorators_stay_as_they_are_and_defaults_do_not() -> None:
    source = "@cache(1)\ndef f(a: Literal[2] = 3) -> Literal[4]:\n    b: Literal[5] = a\n"
    assert [fault.now for fault in faults(source)] == [
        "def f(a: Literal[2]=4) -> Literal[4]:",
        "def f(a: Literal[2]=2) -> Literal[4]:",
    ]


NESTED = """
class Scale:
    def share(self, part, whole):
        if whole:
            return (part /
                    whole)
        return 0
"""


def test_a_fault_knows_its_lines_its_function_and_the_module_with_it() -> None:
    for fault in faults(NESTED):
        assert fault.inside == "Scale.share"
        assert ast.unparse(ast.parse(fault.source)) == fault.source
        assert fault.now in fault.source
    assert [list(fault.lines) for fault in faults(NESTED)] == [[4], [5, 6], [5, 6], [7], [7], [7]]


def test_the_source_is_the_same_after_every_fault() -> None:
    """No fault is left in the next one: each differs from the module in one place."""
    for fault in faults(NESTED):
        before = ast.unparse(ast.parse(NESTED)).splitlines()
        after = fault.source.splitlines()
        assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


# --- planting ---

SOURCE = """
from functools import cache

LIMIT = 3

class Box:
    @property
    def full(self):
        return self.size() > LIMIT

    def size(self, more=0):
        return 3 + more

@cache
def twice(number):
    inner = lambda: number + number
    return inner()
"""


@pytest.fixture
def box(tmp_path: Path) -> ModuleType:
    path = tmp_path / "box.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("box", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("> LIMIT", ">= LIMIT", lambda box: box.Box().full),
        ("3 + more", "4 + more", lambda box: box.Box().size() == 4),
        ("number + number", "number - number", lambda box: box.twice(5) == 0),
    ],
)
def test_the_code_of_a_function_in_memory_is_exchanged(
    box: ModuleType, old: str, new: str, seen: Callable[[Any], bool]
) -> None:
    swap = swapped(box, SOURCE, SOURCE.replace(old, new))
    assert swap is not None
    assert not seen(box)
    box.twice.cache_clear()
    swap()
    assert seen(box)


@pytest.mark.parametrize(("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("more=0", "more=1")])
def test_what_was_worked_out_on_import_cannot_be_exchanged(
    box: ModuleType, old: str, new: str
) -> None:
    assert swapped(box, SOURCE, SOURCE.replace(old, new)) is None
    assert swapped(box, SOURCE, SOURCE) is None


def test_a_module_is_imported_with_its_fault_and_no_file_is_changed() -> None:
    name = "models.work.desk"
    path = ROOT / "models" / "work" / "desk.py"
    before = path.read_text()
    planted = Planted(name, before.replace("or 1", "or 7"))
    spec = planted.find_spec(name)
    assert spec is not None
    assert spec.origin == str(path)
    assert planted.find_spec("models.work.jobs") is None
    module = importlib.util.module_from_spec(spec)
    planted.exec_module(module)
    assert "or 7" in planted.source
    assert module.__file__ == str(path)
    assert sys.modules.get(name) is not module
    assert path.read_text() == before


def endless() -> bool:
    while True:
        time.sleep(1)


def broken() -> bool:
    raise KeyError


def test_a_trial_that_fails_breaks_or_never_ends_has_noticed_its_fault() -> None:
    trials = [
        Trial(lambda: False, 60),
        Trial(lambda: True, 60),
        Trial(endless, 0.2),
        Trial(broken, 60),
        Trial(lambda: False, 60),
    ]
    assert noticed(trials, 2) == [False, True, True, True, False]


# --- the lists ---


@pytest.mark.parametrize("path", TARGETS)
def test_every_target_and_its_tests_are_there_and_every_excuse_still_fits(path: str) -> None:
    assert all((ROOT / test).is_file() for test in TARGETS[path])
    known = {fault.key for fault in faults((ROOT / path).read_text())}
    for key, reason in equivalent(path).items():
        assert key in known, f"{key} is no fault of {path} any more"
        assert reason

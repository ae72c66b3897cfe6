"""Each module of the core opens with an example, and the examples are true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
MODULES: Final = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "attention_core").rglob("*.py")
    if path.name != "__init__.py"
)
WITHOUT: Final = (
    "attention_core.axes.",
    "attention_core.errors",
    "attention_core.marking",
    "attention_core.mechanisms.",
    "attention_core.numbers.confidence",
    "attention_core.numbers.heads",
    "attention_core.numbers.measures",
    "attention_core.pictures.contracts.",
    "attention_core.pictures.views",
    "attention_core.watching.",
)
"""Rooms whose modules still lack one; a room leaves this list for good."""


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(WITHOUT)])
def test_a_module_opens_with_an_example(name: str) -> None:
    assert ">>> " in (import_module(name).__doc__ or "")

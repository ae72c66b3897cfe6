"""Each module of the core opens with an example, each room of models has one; all are true."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
MODULES: Final = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for part in ("attention_core", "models")
    for path in (ROOT / part).rglob("*.py")
    if path.name != "__init__.py"
)
CORE: Final = [name for name in MODULES if name.startswith("attention_core")]
TOLD: Final = [
    name
    for name in MODULES
    if ">>> " in (ROOT / name.replace(".", "/")).with_suffix(".py").read_text("utf-8")
]
"""The modules with examples."""
ROOMS: Final = sorted({name.rpartition(".")[0] for name in MODULES if name not in CORE})


@pytest.mark.parametrize("name", TOLD)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_models_has_an_example_of_its_use(room: str) -> None:
    assert any(name.rpartition(".")[0] == room for name in TOLD)


@pytest.mark.parametrize("name", CORE)
def test_a_module_opens_with_an_example(name: str) -> None:
    assert ">>> " in (import_module(name).__doc__ or "")

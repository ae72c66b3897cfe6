"""What was measured of the carriers' models, by `python -m benchmarks.carriers --write`.

>>> of("no such carrier")
{}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_suffix(".json")


@cache
def _all() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def of(name: str) -> Mapping[str, Any]:
    """The figures of a carrier by their names; empty where nothing was measured."""
    return _all().get(name, {})


def write(name: str, figures: Mapping[str, Any]) -> None:
    """Puts the figures of one carrier in the place of its old ones."""
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    text = json.dumps({**kept, name: dict(figures)}, ensure_ascii=False, indent=1, sort_keys=True)
    FILE.write_text(f"{text}\n", encoding="utf-8")
    _all.cache_clear()

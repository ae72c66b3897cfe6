"""Opens a model as the app does, and says what is wrong with it; runs next door (`rehearsal`)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attention_core.errors import AttentionError
from models.families.family import Origin, families, family


def answering() -> Callable[[Mapping[str, Any], list[bytes]], tuple[Any, list[bytes]]]:
    """A function from where a model is to None, or to the sentence that speaks against it."""
    families()  # what all models need is imported before there is a limit
    return answer


def answer(asked: Mapping[str, Any], _parts: list[bytes]) -> tuple[Any, list[bytes]]:
    """Opened and let go."""
    files = Origin(
        Path(asked["folder"]), Path(asked["root"]), asked["links"], wishes=asked["wishes"]
    )
    try:
        family(files.config, asked["task"]).open(asked["name"], files)
    except AttentionError as problem:
        return {"sentence": problem.sentence, "values": _plain(problem.values)}, []
    finally:
        gc.collect()
    return None, []


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """What JSON can hold, numbers as numbers."""
    return {
        name: value if isinstance(value, str | int | float) else str(value)
        for name, value in values.items()
    }

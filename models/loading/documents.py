"""JSON that a stranger wrote: its length and its depth are judged before it is parsed.

>>> depth('{"layers": [{"name": "a [bracket] in a string"}]}')
3
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from attention_core.errors import ModelError

DEPTH = 64
"""Levels of brackets; the files of real models have about ten."""
_SMALL = 1024
"""Bytes of a note that stands for a file."""
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Possessive, and a string needs no end: so a file is walked through once, whatever it holds."""


def called(folder: Path) -> str:
    """What a model's folder is called; a snapshot of the hub's cache by the model's own name."""
    if folder.parent.name == "snapshots":
        return folder.parent.parent.name.removeprefix("models--").replace("--", "/")
    return folder.name


def read_json(path: Path, most: int) -> dict[str, Any]:
    """An object from a JSON file of at most `most` bytes, not nested deeper than DEPTH.

    Raises ModelError when it is larger, deeper, or not such an object.
    """
    where = {"file": path.name, "model": called(path.parent)}
    if not path.is_file():
        raise ModelError("There is no {file} of {model}; a model's folder needs one.", **where)
    text = bounded_text(path, most)
    try:
        found = json.loads(text)
    except ValueError as fault:
        raise stand_in(path) or ModelError(
            "{file} of {model} is not valid JSON; save the model again.", **where
        ) from fault
    if not isinstance(found, dict):
        raise ModelError("{file} of {model} holds no object; save the model again.", **where)
    return found


def stand_in(path: Path) -> ModelError | None:
    """What to do where a small text lies in place of a file, as some tools leave it; else None.

    Source: Git LFS, docs/spec.md, "The Pointer": a file that was not fetched is a text of at most
    1024 bytes that begins with its version. And the hub's cache holds links to `blobs`, which a
    copy without links turns into their texts.
    """
    if not path.is_file() or path.stat().st_size > _SMALL:
        return None
    text = path.read_bytes()
    where = {"file": path.name, "model": called(path.parent)}
    if text.startswith(b"version https://git-lfs.github.com/"):
        return ModelError(
            "{file} of {model} is not there yet: only the note is that Git LFS leaves in its "
            "place. Fetch the files (git lfs pull), or download the model again.",
            **where,
        )
    if re.fullmatch(rb"(\.\./)+blobs/\w+\s*", text):
        return ModelError(
            "{file} of {model} was a link, and only the name of what it led to was copied. Copy "
            "the folder again so that links are followed (cp -rL), or download the model again.",
            **where,
        )
    return None


def bounded_text(path: Path, most: int) -> str:
    """The text of a JSON file; raises ModelError when it is too long or too deep to be parsed."""
    where = {"file": path.name, "model": called(path.parent)}
    size = path.stat().st_size
    if size > most:
        raise ModelError(
            "{file} of {model} has {size:,} bytes; at most {most:,} are read. "
            "Check that it is the right file.",
            **where,
            size=size,
            most=most,
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    if depth(text) > DEPTH:
        raise ModelError(
            "{file} of {model} is nested more than {depth} levels deep, as no real model is; "
            "save the model again.",
            **where,
            depth=DEPTH,
        )
    return text


def depth(text: str) -> int:
    """How deep brackets nest; those inside strings do not count."""
    deepest = level = 0
    for match in _BRACKETS.finditer(text):
        mark = match.group()
        level += mark in "[{"
        level -= mark in "]}"
        deepest = max(deepest, level)
    return deepest

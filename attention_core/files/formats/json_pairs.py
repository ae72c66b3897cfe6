"""Pairs with their links as lines of JSON.

>>> (pair,) = json_pairs('{"src": ["the", "cat"], "tgt": ["chat"], "sure": [[1, 0]]}')
>>> pair.gold.sure
frozenset({Link(source=1, target=0)})
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeGuard

from attention_core.errors import TextError
from attention_core.files.format import PairsFormat, Part, Reading
from attention_core.files.formats.pharaoh import in_range
from attention_core.files.pairs import Pairs, aligned, few, lines
from attention_core.files.text import beginning, lines_of
from attention_core.marking import N_
from attention_core.numbers.alignment.links import AlignedPair, Gold, Link

ENDINGS: Final = ("jsonl", "json", "txt")


def recognised(data: bytes) -> bool:
    """An object that begins on its first line and names both sentences there."""
    first = (beginning(data, 1) or [""])[0]
    return first.lstrip().startswith("{") and '"src"' in first and '"tgt"' in first


def from_json(data: bytes, cut: bool = False) -> Pairs:
    """JSON lines with src, tgt, sure and possible, and perhaps raw; raises like `from_table`."""
    return aligned(json_pairs("\n".join(few(lines(data), cut))))


def json_pairs(text: str) -> list[AlignedPair]:
    """One JSON object a line: src and tgt word lists, sure and possible [src, tgt] links from 0.

    `possible` may be missing; `raw`, if there, holds both texts. Empty lines are passed over.
    Raises TextError with the number of the line that is not so.
    """
    rows = enumerate(lines_of(text), 1)
    return [_json_pair(row, number) for number, row in rows if row.strip()]


def _json_pair(row: str, line: int) -> AlignedPair:
    try:
        found = json.loads(row)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise TextError(
            "Line {line} is not a JSON object; each line needs one with src, tgt, sure and "
            "possible.",
            line=line,
        )
    source, target = (_words(found.get(name), name, line) for name in ("src", "tgt"))
    sure, possible = (_links(found.get(name, []), name, line) for name in ("sure", "possible"))
    gold = Gold(sure, possible - sure)
    in_range(gold, len(source), len(target), line)
    raw = found.get("raw")
    return AlignedPair(source, target, gold, (raw[0], raw[1]) if _is_pair(raw, str) else None)


def _words(found: object, name: str, line: int) -> tuple[str, ...]:
    if isinstance(found, list) and found and all(isinstance(word, str) for word in found):
        return tuple(found)
    raise TextError(
        "Line {line} has no words under “{name}”; it needs a list such as [\"a\", \"word\"].",
        line=line, name=name,
    )  # fmt: skip


def _links(found: object, name: str, line: int) -> frozenset[Link]:
    if isinstance(found, list) and all(_is_pair(pair, int) and min(pair) >= 0 for pair in found):
        return frozenset(Link(*pair) for pair in found)
    raise TextError(
        "Line {line} has something other than links under “{name}”; it needs a list of pairs "
        "[source, target], counted from 0.",
        line=line, name=name,
    )  # fmt: skip


def _is_pair(found: object, kind: type) -> TypeGuard[Sequence[Any]]:
    """Whether what JSON held is a list of two of a kind; true and false are no numbers."""
    return isinstance(found, list) and len(found) == 2 and all(type(one) is kind for one in found)


def json_lines(pairs: Iterable[AlignedPair]) -> str:
    """The same pairs as `json_pairs` reads, one JSON object a line."""
    return "".join(
        json.dumps(
            {
                "src": pair.source,
                "tgt": pair.target,
                "sure": sorted(pair.gold.sure),
                "possible": sorted(pair.gold.possible),
                **({"raw": pair.texts} if pair.texts else {}),
            },
            ensure_ascii=False,
        )
        + "\n"
        for pair in pairs
    )


def _read(files: Sequence[bytes | None], how: Reading) -> Pairs:
    return from_json(files[0] or b"", how.cut)


FORMAT: Final = PairsFormat(
    name="json",
    title=N_("JSON lines"),
    endings=ENDINGS,
    looks=N_(
        "On each line an object with src, tgt, sure and possible, counted from 0, and perhaps raw."
    ),
    recognise=recognised,
    parts=(Part("file", N_("File of pairs"), ENDINGS),),
    read=_read,
    write=json_lines,
    counted=False,
)

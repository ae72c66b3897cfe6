"""Word alignments in files: Pharaoh lines and lines of JSON, read with care and written back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeGuard

from attention_core.errors import TextError
from attention_core.numbers.alignment.links import Gold, Link

Direction = Literal["source-target", "target-source"]
"""Which side the first number of a Pharaoh link counts."""

_LINK: Final = re.compile(r"(\d{1,6})([-p?])(\d{1,6})", re.ASCII)


class AlignedPair(NamedTuple):
    """The words of a sentence and of its translation, and the links that people set between them.

    texts  both sentences as they were before they were cut into words, where the file has them
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    gold: Gold
    texts: tuple[str, str] | None = None


def pharaoh(
    links: Iterable[Link],
    possible: Iterable[Link] = (),
    first: int = 0,
    direction: Direction = "source-target",
) -> str:
    """Links as `i-j i-j ipj …`, in order of the source; `p` marks those that are only possible.

    first  the number of a sentence's first word, 0 or 1
    """
    marked = {**dict.fromkeys(possible, "p"), **dict.fromkeys(links, "-")}
    made = []
    for link, mark in sorted(marked.items()):
        one, other = link if direction == "source-target" else reversed(link)
        made.append(f"{one + first}{mark}{other + first}")
    return " ".join(made)


def golds(
    text: str,
    first: int = 0,
    direction: Direction = "source-target",
    sizes: Sequence[tuple[int, int]] | None = None,
) -> list[Gold]:
    """Pharaoh lines, one for each sentence: `i-j` is a sure link, `ipj` or `i?j` a possible one.

    first   the number of a sentence's first word, 0 or 1
    sizes   for each sentence its source and target words; without them no range is checked

    A link that is both sure and possible is sure. Raises TextError for what is no link, for a link
    out of range and for a file with another number of lines than there are sentences.
    """
    rows = lines_of(text)
    if sizes is not None:
        rows = _fitting(rows, len(sizes))
    made = []
    for number, row in enumerate(rows, 1):
        links = [_marked(word, number, first, direction) for word in row.split()]
        sure = frozenset(link for link, mark in links if mark == "-")
        gold = Gold(sure, frozenset(link for link, _ in links) - sure)
        if sizes is not None:
            _in_range(gold, *sizes[number - 1], number, first)
        made.append(gold)
    return made


def _fitting(rows: list[str], sentences: int) -> list[str]:
    """The rows without empty ones at the end that stand for no sentence."""
    while len(rows) > sentences and not rows[-1].strip():
        rows = rows[:-1]
    if len(rows) != sentences:
        raise TextError(
            "The file of links has {lines} lines but there are {sentences} sentences; each "
            "sentence needs one line, empty where it has no links.",
            lines=len(rows), sentences=sentences,
        )  # fmt: skip
    return rows


def _marked(word: str, line: int, first: int, direction: Direction) -> tuple[Link, str]:
    match = _LINK.fullmatch(word)
    if match is None:
        raise TextError(
            "Line {line} has “{found}” where a link should stand; write links as 0-1 where they "
            "are sure and as 0p1 or 0?1 where they are possible.",
            line=line, found=word[:40],
        )  # fmt: skip
    one, other = int(match[1]) - first, int(match[3]) - first
    if min(one, other) < 0:
        raise TextError(
            "Line {line} has the link “{found}”, but the file is said to count words from "
            "{first}; choose 0.",
            line=line, found=word, first=first,
        )  # fmt: skip
    return Link(one, other) if direction == "source-target" else Link(other, one), match[2]


def _in_range(gold: Gold, sources: int, targets: int, line: int, first: int = 0) -> None:
    for link in sorted(gold.sure | gold.possible):
        if link.source >= sources or link.target >= targets:
            raise TextError(
                "Line {line} links source word {source} and target word {target}, counted from "
                "{first}, but its sentences have {sources} and {targets} words; check whether the "
                "file counts from 0 or 1, and which language comes first.",
                line=line, source=link.source + first, target=link.target + first, first=first,
                sources=sources, targets=targets,
            )  # fmt: skip


def aligned_pairs(
    sources: str,
    targets: str,
    links: str,
    first: int = 0,
    direction: Direction = "source-target",
) -> list[AlignedPair]:
    """Three files side by side: words separated by spaces, one sentence a line, and Pharaoh lines.

    Raises TextError when the files have unequal numbers of lines, and as `golds` does.
    """
    source_words, target_words = (
        [tuple(line.split()) for line in lines_of(text.rstrip())] for text in (sources, targets)
    )
    if len(source_words) != len(target_words):
        raise TextError(
            "The source file has {sources} lines but the target file {targets}; line by line they "
            "must be translations of each other.",
            sources=len(source_words), targets=len(target_words),
        )  # fmt: skip
    pairs = list(zip(source_words, target_words, strict=True))
    sizes = [(len(source), len(target)) for source, target in pairs]
    found = golds(links, first, direction, sizes)
    return [AlignedPair(*pair, gold) for pair, gold in zip(pairs, found, strict=True)]


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
    _in_range(gold, len(source), len(target), line)
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


def lines_of(text: str) -> list[str]:
    """The lines of a file, whatever system wrote it; a last line feed begins no further line."""
    rows = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    return rows if rows[-1] else rows[:-1]

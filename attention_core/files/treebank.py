"""Treebanks: sentences whose grammar people wrote down, in the CoNLL-U format.

What cannot be read is left out and said with its line, so that one broken line costs one sentence.

>>> row = "{}\\t{}\\t_\\t_\\t_\\t_\\t{}\\t{}\\t_\\t_\\n"
>>> data = row.format(1, "Dogs", 2, "nsubj") + row.format(2, "bark", 0, "root")
>>> found = treebank(data.encode())
>>> found.trees[0].text, found.trees[0].heads, found.trees[0].relations
('Dogs bark', (1, -1), ('nsubj', 'root'))

Source: the CoNLL-U format, https://universaldependencies.org/format.html.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import conllu

from attention_core.errors import TextError
from attention_core.files.text import assumed, decoded, lines_of
from attention_core.numbers.syntax import ROOT, Tree
from attention_core.watching.record import Note

MOST: Final = 5_000
"""Sentences that are read; of more, as many evenly out of the file."""
MOST_BYTES: Final = 200_000_000
"""Of one file, unpacked."""
LONGEST: Final = 400
"""Words of a sentence."""
NAMED: Final = 3
"""Sentences that were left out and are named with their line; of the rest their number is said."""
COLUMNS: Final = 10
_BLANKS: Final = re.compile(" {2,}")
"""The library takes them for the end of a column."""
_PACKED: Final = b"\x1f\x8b"
_NOTHING: Final[dict[str, Callable[[list[str], int], Any]]] = {
    name: lambda _line, _place: None for name in ("feats", "deps")
}
"""What is not asked for is not taken apart."""


class Block(NamedTuple):
    """The lines of one sentence, and the number of the first of them, from 1."""

    line: int
    lines: list[str]


@dataclass(frozen=True)
class Treebank:
    """The sentences of a file and what is to be said of it.

    unread  sentences that were looked at and left out
    """

    trees: tuple[Tree, ...]
    notes: tuple[Note, ...] = ()
    unread: int = 0

    def __len__(self) -> int:
        return len(self.trees)

    @cached_property
    def key(self) -> str:
        """The same for the same sentences, whoever brings them."""
        digest = hashlib.sha256()
        for tree in self.trees:
            digest.update(repr((tree.text, tree.spans, tree.heads, tree.relations)).encode())
        return digest.hexdigest()[:20]


class _Broken(Exception):
    """What is wrong with a sentence, and on which line."""

    def __init__(self, note: Note) -> None:
        super().__init__()
        self.note = note


def treebank(data: bytes, most: int = MOST) -> Treebank:
    """The sentences of a file, packed by gzip or not; `most` of them, evenly chosen.

    Raises TextError where there is no sentence in it that can be read, or it is too large.
    """
    data = _unpacked(data)
    text = decoded(data)
    found = list(_blocks(text))
    if not found:
        raise TextError(
            "There is no sentence in this file. A treebank in the CoNLL-U format has one word a "
            "line with ten columns between tabs, and an empty line after each sentence."
        )
    chosen = [found[place * len(found) // most] for place in range(min(most, len(found)))]
    chosen = chosen if len(found) > most else found
    trees, broken = _read(chosen)
    if not trees:
        raise TextError(broken[0].sentence, **broken[0].values)
    notes = [*filter(None, [assumed(data)]), *_sampled(len(found), len(chosen)), *_said(broken)]
    return Treebank(tuple(trees), tuple(notes), len(broken))


def _unpacked(data: bytes) -> bytes:
    """Without gzip's packing; raises TextError where that is damaged, or the file too large."""
    if data.startswith(_PACKED):
        opened = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            data = opened.decompress(data, MOST_BYTES + 1)
        except zlib.error as fault:
            raise TextError(
                "This packed file is damaged; unpack it, and give the .conllu file itself."
            ) from fault
    if len(data) > MOST_BYTES:
        raise TextError(
            "This treebank has more than {most} MB; take a part of it.",
            most=MOST_BYTES // 1_000_000,
        )
    return data


def _blocks(text: str) -> Iterator[Block]:
    """The lines between empty ones, without blocks of comments alone."""
    lines: list[str] = []
    for number, line in enumerate([*lines_of(text), ""], 1):
        if line.strip():
            lines.append(line)
            continue
        if any(not one.startswith("#") for one in lines):
            yield Block(number - len(lines), lines)
        lines = []


def _read(blocks: Sequence[Block]) -> tuple[list[Tree], list[Note]]:
    """The trees, and what is wrong with each sentence that has none."""
    trees, broken = list[Tree](), list[Note]()
    for block in blocks:
        try:
            trees.append(_tree(block))
        except _Broken as fault:
            broken.append(fault.note)
    return trees, broken


def _sampled(all_: int, read: int) -> list[Note]:
    if read == all_:
        return []
    return [
        Note(
            "This file has {all:,} sentences; {read:,} of them were read, evenly from its "
            "beginning to its end.",
            all=all_, read=read,
        )
    ]  # fmt: skip


def _said(broken: Sequence[Note]) -> list[Note]:
    """What is wrong with the first of them, and how many sentences were left out."""
    if not broken:
        return []
    if len(broken) == 1:
        return [broken[0], Note("This sentence was left out.")]
    return [
        *broken[:NAMED],
        Note("{count:,} sentences were left out; these are the first.", count=len(broken)),
    ]


def _tree(block: Block) -> Tree:
    """One sentence; raises _Broken with the line that is wrong."""
    rows = enumerate(block.lines, block.line)
    parsed = [(number, _parsed(number, line)) for number, line in rows if line[0] != "#"]
    words = [(number, one) for number, one in parsed if isinstance(one["id"], int)]
    if not words or len(words) > LONGEST:
        raise _Broken(
            Note(
                "Line {line}: The sentence has {words} words; 1 to {most} are read.",
                line=block.line, words=len(words), most=LONGEST,
            )
        )  # fmt: skip
    for place, (number, word) in enumerate(words, 1):
        _checked(number, word, place, len(words))
    _check_contractions(parsed, len(words))
    heads = [word["head"] - 1 for _number, word in words]
    _check_circles([number for number, _word in words], heads)
    text, spans = _written([one for _number, one in parsed])
    forms = tuple(word["form"] for _number, word in words)
    named = tuple(word["deprel"] for _number, word in words)
    return Tree(text, forms, tuple(spans), tuple(heads), named)


def _parsed(number: int, line: str) -> Any:
    """The fields of one line."""
    count = line.count("\t") + 1
    if count != COLUMNS:
        raise _Broken(
            Note(
                "Line {line}: There are {found} columns and not {needed}; they stand between tabs.",
                line=number, found=count, needed=COLUMNS,
            )
        )  # fmt: skip
    try:
        (sentence,) = conllu.parse(_BLANKS.sub(" ", line), field_parsers=_NOTHING)
        (token,) = sentence
    except (conllu.exceptions.ParseException, ValueError) as fault:
        raise _Broken(
            Note(
                "Line {line}: The number of the word or of its head is none that the format knows.",
                line=number,
            )
        ) from fault
    if len(token) < COLUMNS:
        raise _Broken(Note("Line {line}: A column is empty; write _ for nothing.", line=number))
    return token


def _checked(number: int, word: Any, place: int, words: int) -> None:
    """Raises _Broken unless a word is numbered in order and hangs on a word of its sentence."""
    if word["id"] != place:
        raise _Broken(
            Note(
                "Line {line}: The word is numbered {found}, where {wanted} follows.",
                line=number, found=word["id"], wanted=place,
            )
        )  # fmt: skip
    head = word["head"]
    if head is None or not 0 <= head <= words or head == place:
        raise _Broken(
            Note(
                "Line {line}: The head of word {word} is {head}; it must be another word, 1 to "
                "{words}, or 0.",
                line=number, word=place, head="_" if head is None else head, words=words,
            )
        )  # fmt: skip
    if word["deprel"] in ("", "_", None):
        raise _Broken(
            Note("Line {line}: Word {word} has no relation.", line=number, word=place)
        )  # fmt: skip


def _check_contractions(rows: Sequence[tuple[int, Any]], words: int) -> None:
    """Raises _Broken unless each contraction stands before its words, and these are there."""
    follows, until = 1, 0
    for number, row in rows:
        if isinstance(row["id"], int):
            follows += 1
        elif row["id"] is not None and row["id"][1] == "-":
            first, _dash, last = row["id"]
            if first != follows or first <= until or last > words:
                raise _Broken(
                    Note(
                        "Line {line}: The words {first} to {last} are not those that follow.",
                        line=number, first=first, last=last,
                    )
                )  # fmt: skip
            until = last


def _check_circles(lines: Sequence[int], heads: Sequence[int]) -> None:
    """Raises _Broken where words hang on each other in a circle."""
    safe = set[int]()
    for start in range(len(heads)):
        way, at = set[int](), start
        while at != ROOT and at not in safe:
            if at in way:
                raise _Broken(
                    Note(
                        "Line {line}: Word {word} hangs on itself by way of others.",
                        line=lines[at], word=at + 1,
                    )
                )  # fmt: skip
            way.add(at)
            at = heads[at]
        safe |= way


def _written(rows: Sequence[Any]) -> tuple[str, list[tuple[int, int]]]:
    """The text, and for each word its place in it.

    Words of a contraction that are written one after another, such as do and n't, have places of
    their own; those that are not, such as de and le in du, share that of the contraction. Empty
    nodes have none.
    """
    text, spans = "", list[tuple[int, int]]()
    inside: list[tuple[int, int]] = []
    until = 0
    for row in rows:
        number = row["id"]
        if isinstance(number, int) and number <= until:
            spans.append(inside[number - until - 1])
            continue
        if not isinstance(number, int) and (number is None or number[1] != "-"):
            continue
        start, form = len(text), str(row["form"])
        text += form
        if isinstance(number, int):
            spans.append((start, len(text)))
        else:
            until = number[2]
            parts = [str(one["form"]) for one in rows if isinstance(one["id"], int)
                     and number[0] <= one["id"] <= until]  # fmt: skip
            inside = _parted(start, form, parts)
        if (row["misc"] or {}).get("SpaceAfter") != "No":
            text += " "
    return text.rstrip(" "), spans


def _parted(start: int, form: str, parts: Sequence[str]) -> list[tuple[int, int]]:
    """The places of the words of one contraction."""
    if "".join(parts) != form:
        return [(start, start + len(form))] * len(parts)
    ends = [start + sum(map(len, parts[: count + 1])) for count in range(len(parts))]
    return list(zip([start, *ends[:-1]], ends, strict=True))

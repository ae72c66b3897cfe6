"""What translation programs print: Marian, OpenNMT-py, Nematus and those that write like it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.imports.sentence import END, Imported, check_size, imported
from attention_core.files.imports.tables import numbers
from attention_core.files.pharaoh import lines_of
from attention_core.watching.record import Note

_LINK: Final = re.compile(r"(\d{1,6})-(\d{1,6})", re.ASCII)
_PLACE: Final = re.compile(r"\d{1,9}", re.ASCII)


def _named(words: Sequence[str], count: int, number: int) -> list[str]:
    """The words with the end of the sentence where the weights have one more place than words."""
    if count not in (len(words), len(words) + 1):
        raise TextError(
            "Sentence {number} has {words} words but weights for {places}; there must be one "
            "place for each word, and perhaps one for the end. Keep the sub-words in the output "
            "(in Marian --no-spm-decode) and give the source as the program read it.",
            number=number, words=len(words), places=count,
        )  # fmt: skip
    return [*words, END][:count]


def _stacked(rows: Sequence[NDArray[np.float64]], number: int) -> NDArray[np.float64]:
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise TextError(
            "Sentence {number} has rows of {least} and of {most} weights; every row needs one "
            "weight for each source word.",
            number=number, least=min(widths), most=max(widths),
        )  # fmt: skip
    return np.array(rows).reshape(len(rows), -1)


# --- Marian ---


class _Line(NamedTuple):
    """A line of Marian: its number, the place of its source, its words, its weights or links."""

    line: int
    place: int
    words: list[str]
    cells: list[str]


def from_marian(text: str, sources: str = "") -> Iterator[Imported]:
    """What `marian-decoder --alignment soft` (or `hard`) prints.

        das Haus ||| 0.9,0.05,0.05 0.1,0.8,0.1 0.0,0.1,0.9       soft: a word = commas between
        das Haus ||| 0-0 1-1 2-2                                 hard: source-target, from 0
        0 ||| das Haus ||| 0-0 1-1 2-2 ||| F0= -1.2 ||| -1.2     with --n-best

    Weights hold the end of both sentences after their words. The source words are not in the file:
    `sources` are the lines that Marian read; without them they are numbered. Hard links become
    equal weights.

    Source: src/translator/output_printer.h and src/data/alignment.cpp of
    https://github.com/marian-nmt/marian-dev
    """
    rows = lines_of(text)
    lines = [_marian(row, line) for line, row in enumerate(rows, 1) if row.strip()]
    needed = 1 + max((line.place for line in lines), default=-1)
    spoken = [line.split() for line in lines_of(sources)]
    while len(spoken) > needed and not spoken[-1]:
        del spoken[-1]
    if spoken and len(spoken) != needed:
        raise TextError(
            "The source file has {sources} lines but the attention is of {sentences} sentences; "
            "give the file that was translated.",
            sources=len(spoken), sentences=needed,
        )  # fmt: skip
    for number, line in enumerate(lines, 1):
        yield _marian_sentence(line, spoken[line.place] if spoken else None, number)


def _marian(row: str, line: int) -> _Line:
    fields = [part.strip() for part in row.split("|||")]
    if len(fields) >= 4 and _PLACE.fullmatch(fields[0]):
        return _Line(line, int(fields[0]), fields[1].split(), fields[2].split())
    if len(fields) >= 2:
        return _Line(line, line - 1, fields[0].split(), fields[1].split())
    raise TextError(
        "Line {line} has no “|||”; Marian writes the translation, ||| and the weights when it "
        "runs with --alignment soft.",
        line=line,
    )


def _marian_sentence(line: _Line, source: list[str] | None, number: int) -> Imported:
    if all(_LINK.fullmatch(cell) for cell in line.cells):
        weights = _hard(line, source, number)
    else:
        rows = [numbers(cell.split(","), line.line) for cell in line.cells]
        weights = _stacked(rows, number)
    target = _named(line.words, len(weights), number)
    if source is not None:
        return imported(_named(source, weights.shape[1], number), target, weights, number)
    numbered = [str(place) for place in range(1, weights.shape[1] + 1)]
    note = Note("Marian's file does not hold the source words, so they are numbered; add the file "
                "that was translated to see them.")  # fmt: skip
    return imported(numbered, target, weights, number, [note])


def _hard(line: _Line, source: list[str] | None, number: int) -> NDArray[np.float64]:
    """(target, source): the links of a target word share 1."""
    links = [(int(one), int(other)) for one, other in (cell.split("-") for cell in line.cells)]
    sources = max([0 if source is None else len(source), *(one + 1 for one, _ in links)])
    targets = max([len(line.words), *(other + 1 for _, other in links)])
    check_size(sources * targets, number)
    weights = np.zeros((targets, sources))
    for one, other in links:
        weights[other, one] = 1
    weights /= np.maximum(weights.sum(1, keepdims=True), 1)
    return weights


# --- Nematus ---


def from_nematus(text: str) -> Iterator[Imported]:
    """Blocks as `nematus/translate.py --output_alignment` writes them, and others after it.

        0 ||| das Haus ||| 0 ||| the house ||| 3 3
        0.9 0.05 0.05
        0.1 0.8 0.1
        0.0 0.1 0.9

    A header (place ||| target ||| score ||| source ||| counts of source and target), a row for
    each target word, and mostly one for its end; columns the same for the source; an empty line.
    OpenNMT (Lua) with -save_attention, amun and Sockeye's translation_with_alignment_matrix write
    such blocks too, some without the ends.

    Source: https://github.com/EdinburghNLP/nematus, nematus/translate.py;
    https://github.com/M4t1ss/SoftAlignments, README
    """
    number, header, rows = 0, "", list[NDArray[np.float64]]()
    for line, row in enumerate([*lines_of(text), "|||"], 1):
        if "|||" not in row and row.strip():
            if not header:
                raise TextError(
                    "Line {line} comes before any header; a block begins with a line such as "
                    "0 ||| target words ||| 0 ||| source words ||| 3 3.",
                    line=line,
                )
            rows.append(numbers(row.split(), line))
        elif "|||" in row:
            if header:
                number += 1
                yield _nematus_sentence(header, rows, number)
            header, rows = row, []


def _nematus_sentence(header: str, rows: Sequence[NDArray[np.float64]], number: int) -> Imported:
    fields = header.split("|||")
    if len(fields) < 4 or not rows:
        raise TextError(
            "The header of sentence {number} has {fields} parts and {rows} rows follow it; it "
            "needs number ||| target ||| score ||| source, and rows of weights.",
            number=number, fields=len(fields), rows=len(rows),
        )  # fmt: skip
    weights = _stacked(rows, number)
    target = _named(fields[1].split(), len(weights), number)
    return imported(_named(fields[3].split(), weights.shape[1], number), target, weights, number)


# --- OpenNMT-py ---

_LOGGED: Final = re.compile(r"\[\d{4}-\d\d-\d\d [^\]]{1,40}\] ?")
_SOURCE: Final = re.compile(r"SENT \d+: (\[.*\])", re.ASCII)
_TARGET: Final = re.compile(r"PRED \d+: (.*)", re.ASCII)
_STRINGS: Final = re.compile(r"""\[((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:, |(?=\])))*\]""")
_OTHER: Final = re.compile(r"(?:SENT|PRED|GOLD) ")
_CORNER: Final = " " * 11
_CUT: Final = (7, 10)
"""The characters of a source and of a target word that fit into OpenNMT-py's table."""


@dataclass
class _Table:
    """A table being read, with the whole words where the log held them."""

    source: list[str]
    whole_source: list[str]
    whole_target: list[str]
    target: list[str] = field(default_factory=list)
    rows: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, row: str, line: int) -> None:
        word, *cells = row.split()
        if len(cells) != len(self.source):
            raise TextError(
                "Line {line} has {found} weights but the table has {needed} source words; each "
                "row needs one weight for each of them.",
                line=line, found=len(cells), needed=len(self.source),
            )  # fmt: skip
        self.target.append(word)
        self.rows.append(numbers([cell.lstrip("*") for cell in cells], line))

    def sentence(self, number: int) -> Imported:
        source, target = _whole(self.source, self.whole_source, _CUT[0]), self.target
        target = _whole(target, [*self.whole_target, END][: len(target)], _CUT[1])
        cut = source is self.source and _CUT[0] in map(len, source)
        cut |= target is self.target and _CUT[1] in map(len, target)
        note = Note("OpenNMT-py cuts long words in this table; with --verbose its log holds them "
                    "whole.")  # fmt: skip
        weights = np.array(self.rows).reshape(len(target), len(source))
        return imported(source, target, weights, number, [note] if cut else [])


def _whole(cut: list[str], whole: list[str], size: int) -> list[str]:
    """The whole words if they are those that were cut."""
    return whole if [word[:size] for word in whole] == cut else cut


def from_opennmt(text: str) -> Iterator[Imported]:
    """What `onmt_translate --attn_debug` prints or logs, best with --verbose.

                          the        cat
                le *0.9000000  0.1000000
              chat  0.1000000 *0.9000000
              </s>  0.5000000 *0.5000000

    Columns are 10 wide; source words are cut after 7 characters, target words after 10, and a
    star fills the place before the largest weight. With --verbose the lines SENT and PRED before
    the table hold the words uncut.

    Source: report_matrix in onmt/utils/misc.py, Translation.log in onmt/translate/translation.py
    of https://github.com/OpenNMT/OpenNMT-py
    """
    number, table, source, target = 0, None, list[str](), list[str]()
    for line, row in enumerate([*lines_of(text), ""], 1):
        row, logged = _LOGGED.subn("", row, count=1)
        ends = bool(logged) or not row.strip() or row.startswith(_CORNER) or _OTHER.match(row)
        if table is not None and ends:
            number += 1
            yield table.sentence(number)
            table, source, target = None, [], []
        if row.startswith(_CORNER) and row.strip():
            table = _Table(row.split(), source, target)
        elif table is not None:
            table.add(row, line)
        source, target = _spoken(row) or source, _foretold(row) or target


def _spoken(row: str) -> list[str]:
    """The source words of a SENT line, which Python wrote as a list of strings."""
    match = _SOURCE.fullmatch(row)
    if match is None or not _STRINGS.fullmatch(match[1]):
        return []
    try:
        words: list[str] = ast.literal_eval(match[1])
    except (SyntaxError, ValueError):
        return []
    return words


def _foretold(row: str) -> list[str]:
    match = _TARGET.fullmatch(row)
    return match[1].split() if match else []

"""The tables that OpenNMT-py prints or logs.

>>> (found,) = from_opennmt(" " * 11 + "     the        cat\\n  le *0.9 0.1\\nchat 0.1 *0.9\\n")
>>> found.source, found.target
(('the', 'cat'), ('le', 'chat'))
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.cells import numbers
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import END, Imported, check_line, imported
from attention_core.files.text import beginning, decoded, lines_of, words_of
from attention_core.marking import N_
from attention_core.watching.record import Note

_LOGGED: Final = re.compile(r"\[\d{4}-\d\d-\d\d [^\]]{1,40}\] ?")
_SOURCE: Final = re.compile(r"SENT \d+: (\[.*\])", re.ASCII)
_TARGET: Final = re.compile(r"PRED \d+: (.*)", re.ASCII)
_STRINGS: Final = re.compile(r"""\[((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:, |(?=\])))*\]""")
_OTHER: Final = re.compile(r"(?:SENT|PRED|GOLD) ")
_CORNER: Final = " " * 11
_CUT: Final = (7, 10)
"""The characters of a source and of a target word that fit into OpenNMT-py's table."""
_WEIGHT: Final = re.compile(r"\*{0,9}[\d.]+(?:e[+-]?\d+)?", re.ASCII)


def recognised(data: bytes) -> bool:
    """A line SENT, or a row of weights below an empty corner as wide as a target word."""
    rows = [_LOGGED.sub("", row, count=1) for row in beginning(data, 1000)]
    below = pairwise(rows)
    return any(_SOURCE.fullmatch(row) for row in rows) or any(
        one.startswith(_CORNER) and _weighs(other) for one, other in below
    )


def _weighs(row: str) -> bool:
    return any(_WEIGHT.fullmatch(cell) for cell in row.split()[1:2])


@dataclass
class _Table:
    """A table being read, with the whole words where the log held them."""

    source: list[str]
    whole_source: list[str]
    whole_target: list[str]
    target: list[str] = field(default_factory=list)
    rows: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, row: str, line: int) -> None:
        word, *cells = words_of(row)
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
        check_line(row, line)
        row, logged = _LOGGED.subn("", row, count=1)
        ends = bool(logged) or not row.strip() or row.startswith(_CORNER) or _OTHER.match(row)
        if table is not None and ends:
            number += 1
            yield table.sentence(number)
            table, source, target = None, [], []
        if row.startswith(_CORNER) and row.strip():
            table = _Table(words_of(row), source, target)
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
    return words_of(match[1]) if match else []


FORMAT: Final = AttentionFormat(
    name="opennmt",
    title="OpenNMT-py",
    endings=("log", "txt"),
    looks=N_("What onmt_translate --attn_debug prints or logs, best with --verbose."),
    recognise=recognised,
    read=lambda data, _sources: from_opennmt(decoded(data)),
)

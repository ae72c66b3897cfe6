"""Pairs as one table: sentence, tab, translation, and perhaps a tab and links.

A table that a spreadsheet saved as CSV has semicolons or commas for tabs.

>>> found = from_table(b"the cat\\tle chat\\t0-0 1-1\\nyes\\toui\\t0-0\\n")
>>> len(found), found.linked
(2, 2)
>>> from_table(b'the cat;"le ""petit"" chat"').rows[0].target
'le "petit" chat'
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from attention_core.errors import TextError
from attention_core.files.coding import LOOKED_AT as LOOKED_AT_BYTES
from attention_core.files.format import Columns, PairsFormat, Part, Reading, Table
from attention_core.files.formats.pharaoh import linked
from attention_core.files.pairs import Pairs, few, lines, trimmed, unlinked
from attention_core.files.text import beginning
from attention_core.marking import N_
from attention_core.numbers.alignment.links import Direction

ENDINGS: Final = ("tsv", "txt", "csv")
HEADER: Final = frozenset({
    "source", "target", "src", "tgt", "original", "sentence", "translation",
    "en", "fr", "zh", "de", "es", "it", "eng", "fra", "cmn", "deu", "spa", "ita", "zh_hans",
    "english", "french", "chinese", "german", "spanish", "italian",
    "anglais", "français", "chinois", "allemand", "englisch", "französisch", "deutsch",
    "英文", "英语", "法文", "法语", "中文", "原文", "译文",
})  # fmt: skip
"""What names a column."""
LOOKED_AT: Final = 40
"""Cells of a column that tell what it holds."""
MOST_COLUMNS: Final = 50
LONGEST: Final = 100
"""Characters of a cell that tell whether it is a number."""
MOST_OF_LINKS: Final = 2_000
"""Characters of a cell that tell whether it holds links."""
MARKS: Final = ";,"
"""What cuts the cells of a table without tabs, as a spreadsheet saves it."""
_OTHER: Final = re.compile(r"\s*[{\[<]")
"""Begins a line of JSON or XML, which has commas too."""
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')
_LINKS: Final = re.compile(r"(?:\d{1,6}[-p?]\d{1,6}(?:[ \r]+|$))*", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?[\d.,:/%eE+-]*\d[\d.,:/%eE+-]*", re.ASCII)
_ID: Final = re.compile(r"(?=\S*\d)[\w.:/#-]+", re.ASCII)


def recognised(data: bytes) -> bool:
    """Two columns, cut as a table is, that hold text on most of its first lines."""
    first = beginning(data)
    whole = len(data) <= LOOKED_AT_BYTES  # else the last of these lines may be cut off
    rows = _cells(first if whole else first[:-1]) or []
    chosen = _likely(rows)[:2]
    pairs = [row for row in rows if all(_is_text(_cell(row, column)) for column in chosen)]
    return len(pairs) * 2 > len(rows)


def _is_text(cell: str) -> bool:
    return any(letter.isalpha() for letter in cell)


def from_table(
    data: bytes,
    cut: bool = False,
    first: int = 0,
    direction: Direction = "source-target",
    columns: Columns | None = None,
) -> Pairs:
    """Lines of source, tab, target and, where there are, tab, links in the Pharaoh format.

    A first line that names the columns is passed over; further columns are left out.

    cut      True reads the first MOST lines of a longer file
    first    the number that the links give to a sentence's first word, 0 or 1
    columns  which hold what; None takes those that hold sentences and links

    Raises TextError for what is no such table, TooLong for one with too many lines.
    """
    rows, headed = _rows(data)
    rows = few(rows, cut, headed)
    chosen = columns or _likely(rows[headed:])
    for column in chosen[:2]:
        _check_sentences(rows[headed:], column)
    texts = [(_cell(row, chosen.source), _cell(row, chosen.target)) for row in rows[headed:]]
    if chosen.links < 0:
        return unlinked(texts)
    links = [_cell(row, chosen.links) for row in rows[headed:]]
    return linked(texts, "\n" * headed + "\n".join(links), first, direction, headed)


def table(data: bytes) -> Table:
    """The first row's cells, and which columns hold sentences and links. Raises TextError."""
    rows, headed = _rows(data)
    row = max(rows[: LOOKED_AT + headed], key=lambda row: min(len(row), MOST_COLUMNS))
    return Table(tuple(cell.strip() for cell in row[:MOST_COLUMNS]), _likely(rows[headed:]))


def _rows(data: bytes) -> tuple[list[list[str]], bool]:
    """The cells of each line, and whether the first line names the columns."""
    rows = _cells(trimmed(lines(data)))
    if rows is None:
        raise TextError(
            "No line of this file has a tab, and neither semicolons nor commas cut all its lines "
            "into equally many cells; each line needs a sentence, a tab and its translation. For "
            "two files, give one for each language."
        )
    return rows, sum(cell.strip().lower() in HEADER for cell in rows[0]) > 1


def _cells(rows: list[str]) -> list[list[str]] | None:
    """The cells of each line; None where nothing cuts the lines into cells."""
    if any("\t" in row for row in rows):
        return _unquoted([row.split("\t") for row in rows])
    if any(map(_OTHER.match, rows)):
        return None
    return next(filter(None, (_between(rows, mark) for mark in MARKS)), None)


def _between(rows: list[str], mark: str) -> list[list[str]] | None:
    """Cells as a spreadsheet writes them; None unless all rows have equally many, two at least.

    After a comma in prose there is a space, after one between cells none.

    Source: RFC 4180: a cell with a mark, a quotation mark or a line end in it stands between
    quotation marks, and those within are doubled.
    """
    try:
        found = list(csv.reader((f"{row}\n" for row in rows), delimiter=mark, strict=True))
    except csv.Error:
        return None
    widths = {len(row) for row in found if row}
    prose = any(cell.startswith(" ") for row in found for cell in row[1:])
    if prose or len(widths) != 1 or widths == {1}:
        return None
    return [[" ".join(cell.split("\n")) for cell in row] or [""] for row in found]


def _unquoted(rows: list[list[str]]) -> list[list[str]]:
    """Cells between tabs, without the quotation marks that a spreadsheet puts around some.

    It doubles those within. Where no cell shows that, or one begins with a quotation mark that is
    none of these, such a mark is a token like any other.
    """
    marked = [cell for row in rows for cell in row if cell.startswith('"')]
    known = [_QUOTED.fullmatch(cell) for cell in marked]
    if not all(known) or not any(found and '""' in found[1] for found in known):
        return rows
    return [
        [cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in row]
        for row in rows
    ]


def _cell(row: list[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _column(rows: list[list[str]], column: int) -> list[str]:
    """The first cells of a column that are not empty."""
    cells = (_cell(row, column).strip() for row in rows)
    return list(islice(filter(None, cells), LOOKED_AT))


def _likely(rows: list[list[str]]) -> Columns:
    """The first two columns that are most like sentences, and the first of links."""
    width = min(MOST_COLUMNS, max(map(len, rows), default=0))
    columns = [_column(rows, column) for column in range(width)]
    if width < 2:
        return Columns()
    source, target = sorted(sorted(range(width), key=lambda place: _oddity(columns[place]))[:2])
    rest = (place for place in range(width) if place not in (source, target))
    links = (place for place in rest if columns[place] and _holds_links(columns[place]))
    return Columns(source, target, next(links, -1))


def _oddity(cells: list[str]) -> int:
    """0 for sentences, 1 for one label everywhere, 2 for numbers, names with numbers and links."""
    odd = sum(bool(_ID.fullmatch(cell[:LONGEST])) or _is_number(cell) for cell in cells)
    if _holds_links(cells) or 2 * odd >= len(cells):
        return 2
    return int(len(cells) > 2 and len(set(cells)) == 1)


def _holds_links(cells: list[str]) -> bool:
    """Whether the links at the beginning of each cell are all that stands there."""
    heads = (
        cell if len(cell) < MOST_OF_LINKS else cell[:MOST_OF_LINKS].rpartition(" ")[0] or "…"
        for cell in cells
    )
    return all(map(_LINKS.fullmatch, heads))


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell[:LONGEST]))


def _check_sentences(rows: list[list[str]], column: int) -> None:
    cells = _column(rows, column)
    if cells and all(map(_is_number, cells)):
        raise TextError(
            "Column {column} holds numbers such as {found}, no sentences; choose the columns of "
            "the sentences and of their translations.",
            column=column + 1, found=cells[0][:40],
        )  # fmt: skip


def _read(files: Sequence[bytes | None], how: Reading) -> Pairs:
    return from_table(files[0] or b"", *how)


FORMAT: Final = PairsFormat(
    name="table",
    title=N_("one table"),
    endings=ENDINGS,
    looks=N_(
        "Text, best in UTF-8; on each line a sentence, a tab, its translation, and perhaps a tab "
        "and links such as 0-0 1-2 3p3. Other columns may stand between. CSV from a spreadsheet is "
        "read too."
    ),
    recognise=recognised,
    parts=(Part("file", N_("File of pairs"), ENDINGS),),
    read=_read,
    table=table,
)

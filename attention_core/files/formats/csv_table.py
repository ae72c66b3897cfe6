"""Comma-separated values: tables of weights as spreadsheets hold them, and our own long ones.

>>> (found,) = from_csv(",the,cat\\nle,0.9,0.1\\nchat,0.1,0.9\\n")
>>> found.target, found.weights.shape
(('le', 'chat'), (1, 2, 2))
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.cells import numbers
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import Imported, check_size, imported
from attention_core.files.spreadsheet import cell, shown
from attention_core.files.text import beginning, decoded, lines_of
from attention_core.marking import N_
from attention_core.pictures.views import View

OURS: Final = ["head", "query_position", "query", "key_position", "key", "weight", "allowed"]
"""The header of `as_csv`."""
SEPARATORS: Final = ",;\t"


def recognised(data: bytes) -> bool:
    """Our own header, or below a row of cells one no wider whose second cell is a number."""
    first, *rows = beginning(data) or [""]
    mark = max(SEPARATORS, key=first.count)
    if first.split(mark) == OURS:
        return True
    widest = max(_widths(first, mark))
    below = (row.split(mark) for row in rows if min(_widths(row, mark)) <= widest)
    return mark in first and any(map(_is_number, below))


def _widths(row: str, mark: str) -> set[int]:
    """How many cells a row has, quotation marks being tokens or not."""
    return {row.count(mark) + 1, *map(len, csv.reader([row], delimiter=mark))}


def _is_number(row: list[str]) -> bool:
    try:
        float(row[1].strip(' "').replace(",", "."))
    except (IndexError, ValueError):
        return False
    return True


def from_csv(text: str) -> Iterator[Imported]:
    """A table with the source tokens in its first row and the target tokens in its first column.

        ,the,cat
        le,0.9,0.1
        chat,0.1,0.9

    The corner may hold anything. Cells are separated by commas, semicolons or tabs; between
    semicolons 0,5 is a half. An empty line begins the next sentence. A table that `as_csv`
    wrote is read as well.
    """
    rows = _rows(text)
    first = next(rows, (0, list[str]()))
    if first[1] == OURS:
        yield _ours(row for _, row in rows if row)
        return
    number, header, body = 0, list[str](), list[tuple[str, NDArray[np.float64]]]()
    for line, row in chain([first], rows, [(0, [])]):
        if not any(cell.strip() for cell in row):
            if header:
                number += 1
                yield _table(header, body, number)
            header, body = [], []
        elif header:
            body.append(_weights(row, len(header), line))
            check_size(len(body) * len(header), number + 1)
        else:
            header = row


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Cells with the number of the line where they end, cut where it gives most in the first."""
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    mark = max(SEPARATORS, key=first.count)
    bare = mark == "\t" and _lone_quotes(text)
    lines = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=mark,
        quoting=csv.QUOTE_NONE if bare else csv.QUOTE_MINIMAL,
    )
    try:
        for row in lines:
            yield lines.line_num, row
    except csv.Error as fault:
        raise TextError(
            "Line {line} is no row of a table; save the file as CSV again.", line=lines.line_num
        ) from fault


def _lone_quotes(text: str) -> bool:
    """Whether a quotation mark is a token: it begins a cell and ends none, and tables fit so."""
    rows = lines_of(text)
    tables = [list(table) for filled, table in groupby(rows, _filled) if filled]
    alike = all(len({row.count("\t") for row in table}) == 1 for table in tables)
    cells = (cell for row in rows for cell in row.split("\t") if cell.startswith('"'))
    return alike and any(len(cell) == 1 or not cell.endswith('"') for cell in cells)


def _filled(row: str) -> bool:
    return bool(row.strip())


def _weights(row: list[str], needed: int, line: int) -> tuple[str, NDArray[np.float64]]:
    """A target token and its weights."""
    if len(row) != needed:
        raise TextError(
            "Line {line} has {found} cells but the first row of its table has {needed}; each "
            "row needs a target token and one weight for each source token.",
            line=line, found=len(row), needed=needed,
        )  # fmt: skip
    return row[0].strip(), numbers([cell.replace(",", ".") for cell in row[1:]], line)


def _table(
    header: list[str], body: Sequence[tuple[str, NDArray[np.float64]]], number: int
) -> Imported:
    source, target = [cell.strip() for cell in header[1:]], [token for token, _ in body]
    weights = np.array([row for _, row in body]).reshape(len(target), len(source))
    return imported(source, target, weights, number)


def _ours(rows: Iterator[list[str]]) -> Imported:
    """One line a cell, heads and positions from 1."""
    cells = dict[tuple[int, int, int], float]()
    target, source = dict[int, str](), dict[int, str]()
    lines = 0
    try:
        for row in rows:
            lines += 1
            head, query, key = int(row[0]), int(row[1]), int(row[3])
            cells[head, query, key] = float(row[5])
            target[query], source[key] = shown(row[2]), shown(row[4])
    except (ValueError, IndexError) as fault:
        raise TextError(
            "This table has the header of our own export but other lines; export it again."
        ) from fault
    heads, queries, keys = sorted({head for head, *_ in cells}), sorted(target), sorted(source)
    if not lines == len(cells) == len(heads) * len(queries) * len(keys):
        raise TextError("This table has lost some of its lines; export it again.")
    check_size(lines, 1)
    weights = np.array([cells[cell] for cell in product(heads, queries, keys)])
    return imported(
        [source[key] for key in keys], [target[query] for query in queries],
        weights.reshape(len(heads), len(queries), len(keys)),
    )  # fmt: skip


def as_csv(view: View) -> bytes:
    """One line a cell: head (from 1), query, key, their positions (from 1), weight, allowed."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(OURS)
    for index, head in enumerate(view.heads):
        for row, query in enumerate(view.rows):
            for column, key in enumerate(view.columns):
                lines.writerow([
                    head + 1, row + 1, cell(query.text), column + 1, cell(key.text),
                    f"{view.weights[index, row, column]:.9g}", int(view.allowed[row, column]),
                ])  # fmt: skip
    return ("\ufeff" + out.getvalue()).encode()


FORMAT: Final = AttentionFormat(
    name="csv",
    title=N_("CSV table"),
    endings=("csv", "tsv"),
    looks=N_(
        "Source tokens in the first row, target tokens in the first column, weights between; "
        "an empty line begins the next sentence. What Translate writes as CSV is read too."
    ),
    recognise=recognised,
    read=lambda data, _sources: from_csv(decoded(data)),
    write=as_csv,
    mime="text/csv",
)

"""Tables of attention: comma-separated values and NumPy archives, others' and our own."""

from __future__ import annotations

import csv
import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain, product
from lzma import LZMAError
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.export import FORMULA
from attention_core.files.imports.sentence import Imported, check_size, imported

OURS: Final = ["head", "query_position", "query", "key_position", "key", "weight", "allowed"]
"""The header of `export.as_csv`."""
_NAMES: Final = {
    "weights": ("weights", "attention"),
    "target": ("target", "queries"),
    "source": ("source", "keys"),
}
_UNREADABLE: Final = (
    ArithmeticError, EOFError, LookupError, LZMAError, MemoryError, NotImplementedError, OSError,
    RuntimeError, struct.error, SyntaxError, tokenize.TokenError, TypeError, ValueError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What Python's zipfile and NumPy raise for damaged archives and headers."""


def from_csv(text: str) -> Iterator[Imported]:
    """A table with the source tokens in its first row and the target tokens in its first column.

        ,the,cat
        le,0.9,0.1
        chat,0.1,0.9

    The corner may hold anything. Cells are separated by commas, semicolons or tabs; between
    semicolons 0,5 is a half. An empty line begins the next sentence. A table that `export.as_csv`
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
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        for row in lines:
            yield lines.line_num, row
    except csv.Error as fault:
        raise TextError(
            "Line {line} is no row of a table; save the file as CSV again.", line=lines.line_num
        ) from fault


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


def numbers(cells: Sequence[str], line: int) -> NDArray[np.float64]:
    """Raises TextError where a cell holds no number."""
    made = np.zeros(len(cells))
    for place, cell in enumerate(cells):
        try:
            made[place] = float(cell)
        except ValueError as fault:
            raise TextError(
                "Line {line} has “{found}” where a weight should stand; weights are numbers such "
                "as 0.25.",
                line=line, found=cell[:40],
            ) from fault  # fmt: skip
    return made


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
            target[query], source[key] = _unquoted(row[2]), _unquoted(row[4])
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


def _unquoted(cell: str) -> str:
    """The token without the apostrophe that our export put before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def from_npz(data: bytes, most: int) -> Iterator[Imported]:
    """A NumPy archive with weights and both lists of tokens; nothing in it is ever unpickled.

    weights            (target, source), (head, target, source) or (layer, head, target, source)
    target or queries  strings, as `export.as_npz` and others write them
    source or keys     strings
    most               bytes that an array may take when unpacked
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = {name: _array(archive, options, most) for name, options in _NAMES.items()}
    except TextError:
        raise
    except _UNREADABLE as fault:
        raise TextError(
            "This is no NumPy archive that can be unpacked; save it with numpy.savez."
        ) from fault
    weights = found["weights"]
    if weights.dtype.kind not in "fiu" or not 2 <= weights.ndim <= 4:
        raise TextError(
            "The array “weights” has the shape {shape} and the type {kind}; it needs numbers in "
            "2 to 4 dimensions, the last two target and source.",
            shape=list(weights.shape), kind=str(weights.dtype),
        )  # fmt: skip
    source, target = (_tokens(found[name], name) for name in ("source", "target"))
    yield imported(source, target, weights.reshape(-1, *weights.shape[-2:]).astype(np.float64))


def _tokens(array: NDArray[Any], name: str) -> list[str]:
    if array.dtype.kind != "U" or array.ndim != 1:
        raise TextError(
            "The array “{name}” has the shape {shape} and the type {kind}; it needs one list of "
            "strings.",
            name=name, shape=list(array.shape), kind=str(array.dtype),
        )  # fmt: skip
    return [str(token) for token in array]


def _array(archive: zipfile.ZipFile, options: Sequence[str], most: int) -> NDArray[Any]:
    """The first array of these names; its size is known to be small before it is unpacked."""
    held = {info.filename: info for info in archive.infolist()}
    name = next((option for option in options if f"{option}.npy" in held), None)
    if name is None:
        raise TextError(
            "The archive has {found} but no “{needed}”; it needs weights, source and target.",
            found=", ".join(sorted(held))[:200] or "nothing", needed=options[0],
        )  # fmt: skip
    info = held[f"{name}.npy"]
    if info.file_size > most:
        raise TextError(
            "The array “{name}” would take {size} MB; at most {most} MB can be read. Take fewer "
            "heads or a shorter sentence.",
            name=name, size=info.file_size // 1_000_000, most=most // 1_000_000,
        )  # fmt: skip
    return _unpacked(archive.read(info), name)


def _unpacked(data: bytes, name: str) -> NDArray[Any]:
    """An array from its bytes, if they are as many as its header says."""
    stream = io.BytesIO(data)
    try:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(stream)
        if not dtype.hasobject and math.prod(shape) * dtype.itemsize == len(data) - stream.tell():
            array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
            return array
    except _UNREADABLE as fault:
        raise _broken(name) from fault
    raise _broken(name)


def _broken(name: str) -> TextError:
    return TextError(
        "The array “{name}” holds Python objects or is cut off; save plain numbers and strings "
        "with numpy.savez.",
        name=name,
    )

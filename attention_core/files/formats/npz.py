"""NumPy archives with weights and two lists of tokens.

>>> import io
>>> file = io.BytesIO()
>>> np.savez(file, weights=[[0.9, 0.1]], source=["the", "cat"], target=["chat"])
>>> (found,) = from_npz(file.getvalue())
>>> found.source, found.weights.shape
(('the', 'cat'), (1, 1, 2))
"""

from __future__ import annotations

import io
import math
import struct
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from lzma import LZMAError
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import MOST_BYTES, Imported, by_head, imported
from attention_core.marking import N_
from attention_core.pictures.views import View

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


def from_npz(data: bytes, most: int = MOST_BYTES) -> Iterator[Imported]:
    """A NumPy archive with weights and both lists of tokens; nothing in it is ever unpickled.

    weights            (target, source), (head, target, source) or (layer, head, target, source)
    target or queries  strings, as `as_npz` and others write them
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
    yield imported(source, target, by_head(weights).astype(np.float64))


def _tokens(array: NDArray[Any], name: str) -> list[str]:
    if array.dtype.kind != "U" or array.ndim != 1:
        raise TextError(
            "The array “{name}” has the shape {shape} and the type {kind}; it needs one list of "
            "strings.",
            name=name, shape=list(array.shape), kind=str(array.dtype),
        )  # fmt: skip
    if array.dtype.itemsize:
        native = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("=")))
        if native.view(np.uint32).max(initial=0) > sys.maxunicode:
            raise TextError(
                "The array “{name}” holds numbers that are no characters; save it again as a list "
                "of strings.",
                name=name,
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
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with archive.open(info) as packed:
        found = packed.read(most + 1)  # what an archive says of its sizes may be wrong
    if max(info.file_size, len(found)) > most:
        raise TextError(
            "The array “{name}” would take more than {most} MB, which is the most that can be "
            "read. Take fewer heads or a shorter sentence.",
            name=name, most=most // 1_000_000,
        )  # fmt: skip
    return unpacked(found, name)


def unpacked(data: bytes, name: str) -> NDArray[Any]:
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


def as_npz(view: View) -> bytes:
    """weights (head, query, key), allowed (query, key), queries, keys, heads (from 0)."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        weights=view.weights,
        allowed=view.allowed,
        heads=np.array(view.heads),
        queries=np.array([token.text for token in view.rows]),
        keys=np.array([token.text for token in view.columns]),
    )
    return out.getvalue()


FORMAT: Final = AttentionFormat(
    name="npz",
    title="NPZ",
    endings=("npz",),
    looks=N_(
        "Arrays weights (target × source, or head × target × source), source and target; "
        "what numpy.savez writes."
    ),
    recognise=lambda data: data.startswith(b"PK\x03\x04"),
    read=lambda data, _sources: from_npz(data),
    write=as_npz,
    mime="application/octet-stream",
    binary=True,
)

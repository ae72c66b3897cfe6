"""What is large in a picture, under an address made of its content: a browser fetches it once.

A picture's message holds the address, so that a choice resends nothing, and the first time what
is drawn at once, so that nobody waits for a second answer (`pages.widgets.hosts.streamlit`). No
address can be guessed: it is a digest keyed with a secret of this process, so that whoever guesses
a text of somebody else learns nothing. What is kept is bounded by size and shared by all readers;
what is gone is sent inside the message when the browser misses it.

>>> kept = Store(most=2_000_000)
>>> address = kept.put(np.eye(3, dtype=np.float32))
>>> address == kept.put(np.eye(3, dtype=np.float32)), address == Store().put(np.eye(3))
(True, False)
>>> np.frombuffer(gzip.decompress(kept.part(address, "row/1")), np.float32).tolist()
[0.0, 1.0, 0.0]
>>> kept.part("unknown") is None
True
"""

from __future__ import annotations

import base64
import gzip
import re
from hashlib import blake2b
from secrets import token_bytes
from threading import Lock
from typing import Any, Final

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Array = NDArray[Any]

MOST: Final = 96 << 20
"""Bytes that are kept at most, and as many again as a third of them compressed."""
LARGEST: Final = 16 << 20
"""Bytes of one value; a larger one has no address."""
SECRET: Final = token_bytes(32)
HEADERS: Final = {
    "Content-Encoding": "gzip",
    "Cache-Control": "private, max-age=31536000, immutable",
}
PLANE: Final = re.compile(r"(\d{1,6})/(all|matrix|rows)")
LINE: Final = re.compile(r"(row|column)/(\d{1,6})")
LEVELS: Final = 255
LARGE: Final = 24_000
"""Bytes of a matrix that is drawn from all its numbers; of a larger one only shades are."""
FOLDER: Final = "numbers"


class Store:
    """Values by their address, and the parts of them that were asked for, compressed."""

    def __init__(self, most: int = MOST) -> None:
        self._most = min(most, LARGEST)
        self._values: LRUCache[str, Array] = LRUCache(most, getsizeof=_bytes)
        self._parts: LRUCache[tuple[str, str], bytes] = LRUCache(most // 3, getsizeof=len)
        self._lock = Lock()

    def put(self, value: Array) -> str | None:
        """The address of an array; None for one that is too large. It must not change any more."""
        if value.nbytes > self._most:
            return None
        address = _digest(value)
        with self._lock:
            if self._values.get(address) is None:
                self._values[address] = value
        return address

    def plain(self, address: str, part: str = "") -> bytes | None:
        """The same as `part`, as it is."""
        with self._lock:
            value: Array | None = self._values.get(address)
        return numbers(value, part) if value is not None else None

    def part(self, address: str, part: str = "", plain: bytes | None = None) -> bytes | None:
        """Some numbers of what was put there, as `numbers` says, compressed; None = not there.

        plain  the same as it is, by whoever has it already
        """
        with self._lock:
            value: Array | None = self._values.get(address)
            ready: bytes | None = self._parts.get((address, part))
        found = plain
        if found is None and value is not None and ready is None:
            found = numbers(value, part)
        if found is not None and ready is None:
            ready = gzip.compress(found, compresslevel=2, mtime=0)
            if len(ready) <= self._parts.maxsize:
                with self._lock:
                    self._parts[address, part] = ready
        return ready if value is not None else None


def large(value: Array) -> bool:
    """Whether the matrices of its last two axes are drawn from shades."""
    rows, columns = value.shape[-2:]
    return bool(rows * columns * value.itemsize > LARGE)


def asked(value: Array, drawn: str) -> str | None:
    """The part that a widget asks for where this one is drawn; None where it needs none.

    >>> small, wide = np.zeros((2, 3, 3), np.float32), np.zeros((2, 90, 90), np.float32)
    >>> [asked(small, part) for part in ("1/rows", "0/all", "row/2")]
    ['1/all', '0/all', None]
    >>> [asked(wide, part) for part in ("1/rows", "0/all", "row/2")]
    ['1/rows', None, 'row/2']
    """
    plane = PLANE.fullmatch(drawn)
    if plane is None:
        return drawn if large(value) else None
    if large(value):
        return drawn if plane[2] != "all" else None
    return f"{plane[1]}/all"


def numbers(value: Array, part: str) -> bytes | None:
    """Some numbers of an array, little-endian; None where it has no such part.

    part   ""           all of it; where it is of matrices, its last two axes are (row, column)
           "3/all"      all of matrix 3
           "3/matrix"   its largest number as float32, then each cell as a share of that
           "3/rows"     the largest of each row as float32, then each cell as a share of its row's
           "row/7"      row 7 of every matrix
           "column/7"   column 7 of every matrix

    Shares are in 255 steps, one byte each: the steps of the palette.
    """
    if not part:
        return _little(value)
    if value.ndim < 2:
        return None
    plane, line = PLANE.fullmatch(part), LINE.fullmatch(part)
    planes = value.reshape(-1, *value.shape[-2:])
    if line and int(line[2]) < planes.shape[1 if line[1] == "row" else 2]:
        return _little(planes.take(int(line[2]), axis=1 if line[1] == "row" else 2))
    if plane and int(plane[1]) < len(planes):
        one = planes[int(plane[1])]
        return _little(one) if plane[2] == "all" else _shades(one, rows=plane[2] == "rows")
    return None


def _shades(plane: Array, rows: bool) -> bytes:
    """The same quotients in single precision as the browser's, so that colours are the same too."""
    given = plane.astype(np.float32, copy=False)
    most = given.max(axis=1 if rows else None, keepdims=True, initial=0.0)
    shares = np.divide(given, most, out=np.zeros_like(given), where=most > 0)
    steps = np.floor(np.clip(shares, 0, 1).astype(np.float64) * LEVELS + 0.5)
    return _little(most) + _little(steps.astype(np.uint8))


def _little(value: Array) -> bytes:
    found: bytes = value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes()
    return found


def _digest(value: Array) -> str:
    found = blake2b(f"{value.dtype}{value.shape}".encode(), digest_size=16, key=SECRET)
    found.update(np.ascontiguousarray(value).data if value.size else b"")
    return f"{FOLDER}/{base64.urlsafe_b64encode(found.digest()).decode().rstrip('=')}"


def _bytes(value: Array) -> int:
    """One at least, so that the number of values is bounded."""
    return max(1, value.nbytes)


def inside(value: Array) -> dict[str, Any]:
    """An array by its bytes, so that every number arrives as it is."""
    shape = {"shape": list(value.shape)} if value.ndim > 1 else {}
    packed = base64.b64encode(_little(value)).decode()
    return {"dtype": value.dtype.name, "base64": packed, **shape}


STORE: Final = Store()


def answer(request: Request) -> Response:
    """What lies there; 404 for what is gone, or never was."""
    given = request.path_params
    found = STORE.part(f"{FOLDER}/{given['digest']}", given.get("part", ""))
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="application/octet-stream", headers=HEADERS)


ROUTES: Final = (
    Route(f"/{{base:path}}{FOLDER}/{{digest}}/{{part:path}}", answer),
    Route(f"/{{base:path}}{FOLDER}/{{digest}}", answer),
)
"""Below whatever path the app is mounted at (`server.baseUrlPath`, a proxy's prefix)."""

"""How two processes of ours speak: a line of JSON, and after it whatever bytes it announces.

>>> from io import BytesIO
>>> pipe = BytesIO()
>>> write(pipe, {"cut": "a text"}, [b"12", b"3"])
>>> _ = pipe.seek(0)
>>> read(pipe, most=100)
({'cut': 'a text'}, [b'12', b'3'])
>>> read(pipe, most=100) is None
True
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any


def write(pipe: IO[bytes], said: Mapping[str, Any], parts: Sequence[bytes] = ()) -> None:
    """One message; raises OSError where nobody reads it."""
    line = json.dumps([said, [len(part) for part in parts]]).encode()
    pipe.write(b"".join((line, b"\n", *parts)))
    pipe.flush()


def read(pipe: IO[bytes], most: int) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next message; None where there is none, where it breaks off, or is too long.

    most  bytes that are read of it
    """
    line = pipe.readline(most)
    if not line.endswith(b"\n"):
        return None
    said, sizes = json.loads(line)
    if sum(sizes) > most:
        return None
    parts = [pipe.read(size) for size in sizes]
    return None if list(map(len, parts)) != sizes else (said, parts)

"""A message that puts a picture on a page: what is small, where the rest lies, and what is new.

What is large has an address, so that the next message need not hold it. What a browser tab cannot
have yet and draws at once comes along and saves the tab a second question; should it be lost on the
way, the tab asks. What is small comes as it is, since unpacking would make the tab wait.

Streamlit sends no message that the tab still has from its last runs, so one that says the same as
the last ones of its picture is the same to the byte, with all that came along.

>>> weights, tab = np.random.default_rng(0).random((1, 90, 90), np.float32), Tab()
>>> def sent(title: str) -> int:
...     data = {"id": "picture", "title": title, "weights": weights}
...     return len(message(data, [("weights", "0/matrix")], tab))
>>> sent("one") > 8000, sent("other") < 200, sent("one") > 8000
(True, True, True)
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from cachetools import LRUCache

from pages.widgets import addressed

SMALL: Final = 200
"""Bytes that travel with every message: an address and the answer's headers would be more."""
ALONG: Final = 256 << 10
"""Bytes that come along at most, compressed; what is larger is asked for, and kept by the browser
beyond the tab."""
PLAIN: Final = 20_000
"""Bytes that come along as they are; larger parts are compressed."""
PATHS: Final = 5_000
"""Paths that are remembered of each tab; a forgotten one comes along once more."""
LAST: Final = 2
"""Messages of a picture that a tab still has: Streamlit's `global.maxCachedMessageAge`."""


class Part(NamedTuple):
    """What comes along. packed: whether it is compressed"""

    content: bytes
    packed: bool


class Tab:
    """What a browser tab was sent: the paths of all that came along, and the last messages."""

    def __init__(self, paths: int = PATHS) -> None:
        self._paths: LRUCache[str, bool] = LRUCache(paths)
        self._last: dict[str, dict[bytes, bytes]] = {}

    def new(self, path: str) -> bool:
        """Whether it was not sent before; from now on it was."""
        known = path in self._paths
        self._paths[path] = True
        return not known

    def same(self, key: str, text: bytes, parts: Callable[[], Mapping[str, Part]]) -> bytes:
        """One of the last messages of a picture if it said the same, else a new one."""
        last = self._last.setdefault(key, {})
        sent = last.pop(text, None) or _joined(text, parts())
        last[text] = sent
        for old in list(last)[:-LAST]:
            del last[old]
        return sent


def message(
    data: Mapping[str, Any],
    drawn: Iterable[tuple[str, str]],
    tab: Tab,
    missing: Collection[str] = (),
) -> bytes:
    """The bytes of a message: the lengths of data and parts, both as JSON, then what comes along.

    Of each part are told its path, its size, and whether it is compressed.

    data      values by name, of which `id` names the picture; arrays of two axes and more are
              planes
    drawn     names of planes and the parts of them that are drawn at once
    missing   the addresses where the browser found nothing
    """
    sent = {name: light(value, missing) for name, value in data.items()}

    def parts() -> dict[str, Part]:
        paths = _paths(data, sent, drawn)
        return {path: part for path in paths if (part := _along(path, tab)) is not None}

    return tab.same(str(data["id"]), _json(sent), parts)


def _joined(text: bytes, parts: Mapping[str, Part]) -> bytes:
    told = _json([[path, len(part.content), part.packed] for path, part in parts.items()])
    head = struct.pack("<II", len(text), len(told))
    return b"".join([head, text, told, *(part.content for part in parts.values())])


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def light(value: Any, missing: Collection[str] = ()) -> Any:
    """A value as a message holds it: itself if it is small, else where the browser finds it.

    missing   the addresses where the browser found nothing
    """
    if isinstance(value, np.ndarray):
        found, kind = value, value.dtype.name
    else:
        found, kind = np.frombuffer(_json(value), np.uint8), "json"
    address = addressed.STORE.put(found) if found.nbytes > SMALL else None
    if address is None or address in missing:
        return value if kind == "json" else addressed.inside(found)
    planes = {"shape": list(found.shape), "large": addressed.large(found)} if found.ndim > 1 else {}
    return {"at": address, "dtype": kind, "bytes": found.nbytes, **planes}


def _paths(
    data: Mapping[str, Any], sent: Mapping[str, Any], drawn: Iterable[tuple[str, str]]
) -> Iterable[str]:
    """All that the browser asks for at once."""
    at = {name: value["at"] for name, value in sent.items() if _addressed(value)}
    for name, address in at.items():
        if "shape" not in sent[name]:
            yield address
    for name, part in drawn:
        wanted = addressed.asked(data[name], part) if name in at else None
        if wanted:
            yield f"{at[name]}/{wanted}"


def _addressed(value: Any) -> bool:
    return isinstance(value, dict) and "at" in value


def _along(path: str, tab: Tab) -> Part | None:
    if not tab.new(path):
        return None
    folder, digest, *part = path.split("/", 2)
    address = f"{folder}/{digest}"
    plain = addressed.STORE.plain(address, "".join(part))
    if plain is None or len(plain) <= PLAIN:
        return None if plain is None else Part(plain, packed=False)
    found = addressed.STORE.part(address, "".join(part), plain)
    return Part(found, packed=True) if found is not None and len(found) <= ALONG else None

"""The programs that the lab carries out in the browser, by address.

A program depends on the mechanism and on where a few knobs stand, never on a reader's numbers: it
is worked out once for all readers, and a browser may keep it for good.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import torch
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from attention_core import mechanisms
from attention_core.errors import AttentionError
from attention_core.mechanisms import ALL
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.mechanism import Knob
from attention_core.mechanisms.program import program

KEPT: Final = 4096
"""Programs kept at a time; most have a thousand bytes, the largest ten thousand."""
SIZES: Final = tuple(knob for knob in lab.KNOBS if knob.name in ("keys", "queries", "width"))


def edition() -> str:
    """Another code writes other programs, so that it needs other addresses."""
    folder = Path(mechanisms.__file__).parent
    code = b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))
    return sha256(code + torch.__version__.encode()).hexdigest()[:12]


ADDRESS: Final = f"programs/{edition()}"


def turning(name: str) -> tuple[Knob, ...]:
    """The knobs that a program of this mechanism depends on: its own, and the sizes."""
    own = ALL[name].knobs
    names = {knob.name for knob in own}
    return (*own, *(knob for knob in SIZES if knob.name not in names))


@lru_cache(KEPT)
def packed(name: str, turned: tuple[tuple[str, float], ...]) -> bytes:
    """One program as JSON, compressed.

    Raises AttentionError where such a computation cannot be, or cannot be written down.
    """
    written = program(Experiment(name, dict(turned))).written()
    return gzip.compress(json.dumps(written, separators=(",", ":")).encode(), mtime=0)


def asked(name: str, query: Mapping[str, str]) -> tuple[tuple[str, float], ...] | None:
    """Where the knobs stand, in their order; None for what no knob can stand at."""
    knobs = turning(name) if name in ALL else ()
    if set(query) != {knob.name for knob in knobs} or not knobs:
        return None
    try:
        turned = {knob: float(query[knob.name]) for knob in knobs}
        fitting = {knob: knob.fit(number) for knob, number in turned.items()}
    except (ValueError, OverflowError):
        return None
    return tuple((knob.name, fit) for knob, fit in fitting.items()) if fitting == turned else None


def answer(request: Request) -> Response:
    """The program, 400 for an address that makes no sense, 404 where there is none."""
    name = request.path_params["mechanism"]
    turned = asked(name, request.query_params)
    if turned is None:
        return Response(status_code=400)
    try:
        content = packed(name, turned)
    except AttentionError:
        return Response(status_code=404)
    headers = {
        "Content-Encoding": "gzip",
        "Cache-Control": "public, max-age=31536000, immutable",
    }
    return Response(content, media_type="application/json", headers=headers)


ROUTE: Final = Route("/programs/{edition}/{mechanism}", answer)

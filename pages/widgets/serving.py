"""The widgets' scripts and styles by their address, so that a browser fetches each of them once.

The address holds a digest of all of them: what lies there never changes, and a browser that has it
does not ask again.

>>> folder("0000") is None
True
>>> [path for path in modules("tree") if path.startswith("tree/")]
['tree/drawing.js', 'tree/rows.js', 'tree/widget.js']
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).parent
KINDS: Final = {".js": "text/javascript", ".css": "text/css"}
FOREVER: Final = "public, max-age=31536000, immutable"
IMPORT: Final = re.compile(
    r"""^(?:import|\} from)\b[^;]*?["'](\.{1,2}/[^"']+)["'];""", re.MULTILINE
)


@cache
def files() -> dict[str, Path]:
    """Everything a browser may have, by its path below this folder; tests are not among it."""
    found = sorted(path for path in FOLDER.rglob("*") if path.suffix in KINDS)
    return {
        path.relative_to(FOLDER).as_posix(): path
        for path in found
        if not path.stem.endswith("_test")
    }


@cache
def digest() -> str:
    """Changes with every change of a file."""
    sum_ = hashlib.sha256()
    for name, path in files().items():
        sum_.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return sum_.hexdigest()[:16]


def path(file: str) -> str:
    """Where a browser finds a file of this folder, from wherever the app is mounted."""
    return f"widgets/{digest()}/{file}"


def entry(widget: str) -> str:
    """The module that a widget begins with."""
    return f"{widget}/widget.js"


def styles(widget: str) -> list[str]:
    """The shared style sheet, then the widget's own."""
    return ["shared/style.css", f"{widget}/style.css"]


@cache
def modules(widget: str) -> tuple[str, ...]:
    """The widget's first module and all that it imports, in order of their paths."""
    found: set[str] = set()
    waiting = [entry(widget)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported(path)
    return tuple(sorted(found))


def imported(path: str) -> list[str]:
    """The modules that one module imports, by their paths below this folder."""
    source = files()[path].read_text(encoding="utf-8")
    beside = FOLDER / path
    return [
        (beside.parent / name).resolve().relative_to(FOLDER).as_posix()
        for name in IMPORT.findall(source)
    ]


def folder(asked: str) -> dict[str, Path] | None:
    """The files of this version; None for another version's digest."""
    return files() if asked == digest() else None


async def served(request: Request) -> Response:
    """One file of the list; whatever is not on it is not there."""
    path = (folder(request.path_params["digest"]) or {}).get(request.path_params["file"])
    if path is None:
        return PlainTextResponse("Not found", status_code=404)
    return FileResponse(path, media_type=KINDS[path.suffix], headers={"Cache-Control": FOREVER})


ROUTE: Final = Route("/{base:path}widgets/{digest}/{file:path}", served)
"""Below whatever path the app is mounted at (`server.baseUrlPath`, a proxy's prefix)."""

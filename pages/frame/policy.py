"""What a browser may fetch and run for us: nothing that is not on this server.

Scripts (`script-src`) are the server's own files and, besides them:

- the scripts inside Streamlit's page, each by the digest of its text: no other inline script runs,
  and no handler in an attribute. They are read from the installed page, for they may change;
- `blob:`, because Streamlit makes the code of a component a blob and imports it
  (`streamlit.components.v2`). Only a script that already runs here can make one.

`'unsafe-eval'` is not needed: what evaluates text, charts of Vega, is on none of our pages.
`'wasm-unsafe-eval'` is not either: the library in which messages come asks for it to multiply large
numbers, is refused, and multiplies without it.

What a camera or a microphone takes (`connect-src`, `media-src`) is a `data:` or `blob:` of the
page's own until it is sent here; neither leads to another machine.

Styles (`style-src`) need `'unsafe-inline'`: Streamlit writes its styles into the page while it
runs, and so does Plotly.

>>> digests('<script>go()</script><script src="a.js"></script><p onclick="no()">')
["'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"]
"""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from streamlit.file_util import get_static_dir


class _Inline(HTMLParser):
    """Collects the texts of the scripts that stand in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and "src" not in dict(attrs)
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def digests(page: str) -> list[str]:
    """The scripts inside a page as a policy names them."""
    parser = _Inline()
    parser.feed(page)
    parser.close()
    made = (hashlib.sha256(script.encode()).digest() for script in parser.found)
    return [f"'sha256-{base64.b64encode(one).decode()}'" for one in made]


def _shell() -> str:
    """The page of the installed Streamlit that every address answers with."""
    return (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")


POLICY: Final = {
    "default-src": "'self'",
    "script-src": " ".join(["'self'", "blob:", *digests(_shell())]),
    "style-src": "'self' 'unsafe-inline'",
    "connect-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "frame-src": "'self' blob: data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "frame-ancestors": "'self'",
}
"""The kinds of what a browser fetches, and from where."""

FRAMED: Final = "sandbox allow-scripts allow-downloads; frame-ancestors 'self'"
"""Of a page that stands in a frame of ours: it has no origin. What it may run and fetch it says
itself (`attention_core.pictures.bertviz.POLICY`)."""

HEADER: Final = "; ".join(f"{kind} {allowed}" for kind, allowed in POLICY.items())
"""The policy as it is sent."""

"""A picture as one HTML page that stands by itself: in a file, in a notebook, without the app.

>>> from attention_core.pictures.contracts import Alignment
>>> ribbons = Alignment(source=["a", "cat"], target=["un", "chat"], weights=np.eye(2))
>>> text = page(ribbons)
>>> text.startswith("<!doctype html>"), "://" in text.partition("<body>")[0]
(True, False)

`pathlib.Path("picture.html").write_text(text)` keeps it; `Notebook(ribbons)` as the last line of a
notebook's cell shows it there.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any, Final

import numpy as np

from attention_core.errors import AttentionError
from attention_core.pictures import palette
from attention_core.pictures.contracts.packing import Picture, choices, packed
from attention_core.pictures.embedding import escaped
from pages.widgets import serving
from pages.widgets.addressed import inside

POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
    "img-src data: blob:; media-src data:; base-uri 'none'; form-action 'none'"
)
"""Only what this page brought along runs; nothing is fetched."""

PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style nonce="{nonce}">{styles}</style>
<script nonce="{nonce}" type="importmap">{modules}</script>
</head>
<body>
<h1>{title}</h1>
<div id="picture"></div>
<p>{caption}</p>
<script id="data" type="application/json">{data}</script>
<script nonce="{nonce}" type="module">
import {{ show }} from "hosts/page.js";
import draw from "{entry}";
show(draw);
</script>
</body>
</html>
"""
LOOKS: Final = """\
:root {{ color-scheme: light dark; --st-font: system-ui, sans-serif;
  --st-background-color: {paper[light]}; --st-text-color: {ink[light]}; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --st-background-color: {paper[dark]}; --st-text-color: {ink[dark]}; }}
}}
body {{ margin: 24px; font-family: var(--st-font);
  background: var(--st-background-color); color: var(--st-text-color); }}
h1 {{ font-size: 22px; }}
h1:empty, p:empty {{ display: none; }}
"""
HEIGHT: Final = 640
"""px of a notebook's frame."""


def page(picture: Picture, text: Mapping[str, str] | None = None, language: str = "en") -> str:
    """The whole page as one string; `text` is what the widget says in the reader's `language`.

    Raises AttentionError for a picture that asks the app while it is looked at.
    """
    if picture.asks:
        raise AttentionError(
            "The picture “{name}” asks the app while it is looked at, so it cannot stand by "
            "itself; open it in the app.",
            name=picture.widget,
        )
    nonce = token_urlsafe(16)
    return PAGE.format(
        language=html.escape(language),
        policy=POLICY.format(nonce=nonce),
        nonce=nonce,
        title=html.escape(picture.title),
        caption=html.escape(picture.caption),
        styles=LOOKS.format(paper=palette.PAPER, ink=palette.INK) + styles(picture.widget),
        modules=escaped(import_map(picture.widget)),
        data=escaped(given(picture, text)),
        entry=serving.entry(picture.widget),
    )


@dataclass(frozen=True)
class Notebook:
    """A picture as a notebook shows it: the page in a frame that may run scripts and save files."""

    picture: Picture
    text: Mapping[str, str] | None = None
    height: int = HEIGHT

    def _repr_html_(self) -> str:
        """What IPython asks an object for."""
        source = html.escape(page(self.picture, self.text))
        return (
            f'<iframe sandbox="allow-scripts allow-downloads" srcdoc="{source}" '
            f'width="100%" height="{self.height}" style="border:0"></iframe>'
        )


def given(picture: Picture, text: Mapping[str, str] | None) -> dict[str, Any]:
    """What the widget is called with, as JSON may hold it."""
    data = {name: encoded(value) for name, value in packed(picture).items()}
    wanted = {name: value for name, value in choices(picture).items() if value is not None}
    return {
        **data,
        "text": {**picture.words, **(text or {})},
        "id": picture.name,
        "choices": {**wanted, "turn": "once"},
    }


def encoded(value: Any) -> Any:
    """An array by its bytes; the rest as it is."""
    return inside(value) if isinstance(value, np.ndarray) else value


def import_map(widget: str) -> dict[str, dict[str, str]]:
    """Every module by its path, as an address that holds its whole text."""
    paths = {"hosts/page.js", *serving.modules(widget)}
    return {"imports": {path: address(path) for path in sorted(paths)}}


def address(path: str) -> str:
    """A module has no folder to be relative to here: its imports get their full paths."""
    source = serving.files()[path].read_text(encoding="utf-8")
    for name, full in zip(serving.IMPORT.findall(source), serving.imported(path), strict=True):
        source = source.replace(f'"{name}";', f'"{full}";')
    return "data:text/javascript;base64," + base64.b64encode(source.encode()).decode()


def styles(widget: str) -> str:
    """The style sheets of a widget, one after the other."""
    return "\n".join(
        serving.files()[path].read_text(encoding="utf-8") for path in serving.styles(widget)
    )

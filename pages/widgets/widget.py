"""What all browser widgets share: their files made one, their labels checked, their choices kept.

Streamlit resends a widget's whole data when any of it changes. A choice that came from the browser
is therefore not echoed: the browser keeps its own until Python wants something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component.state import ComponentResult
from streamlit.components.v2.types import ComponentRenderer

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.pictures import palette

FOLDER = Path(__file__).parent
SHARED = ("theme", "letters", "pen", "download", "stage", "words")

Callback = Callable[[], None] | None


FILES: Mapping[str, str] = {
    "png": N_("Download as PNG"),
    "svg": N_("Download as SVG"),
}


def script(name: str) -> str:
    """One ES module: the palette, the shared files, the widget's own; imports resolved."""
    colours = {"accent": palette.ACCENT, "heads": palette.HEADS, "scale": palette.SCALE}
    shared = [FOLDER / "shared" / f"{part}.js" for part in SHARED]
    own = [*sorted(FOLDER.glob(f"drawings/{name}*.js")), *sorted(FOLDER.glob(f"{name}/*.js"))]
    parts = [*shared, *own, FOLDER / f"{name}.js"]
    sources = [part.read_text(encoding="utf-8") for part in parts]
    joined = "\n".join([f"const PALETTE = {json.dumps(colours)};", *sources])
    without_imports = re.sub(r"^import\s[^;]*;\n", "", joined, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", without_imports, flags=re.MULTILINE)


def styles(name: str) -> str:
    """The shared style sheet, then the widget's own."""
    paths = (FOLDER / "shared" / "shared.css", FOLDER / f"{name}.css")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def registered(name: str) -> ComponentRenderer:
    """The mounting command of one widget; call once, at import."""
    return component(f"attention_{name}", css=styles(name), js=script(name))


def mount(
    renderer: ComponentRenderer,
    key: str,
    data: dict[str, Any],
    choices: Mapping[str, Any],
    callbacks: Mapping[str, Callback],
) -> ComponentResult:
    """Puts a widget on the page; `choices` are what Python wants, None what the reader decides."""
    wanted = {name: choice for name, choice in choices.items() if choice is not None}
    listeners: dict[str, Any] = {
        f"on_{name}_change": callback or _nothing for name, callback in callbacks.items()
    }
    return renderer(key=key, data={**data, "id": key, "choices": settled(key, wanted)}, **listeners)


def settled(key: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The choices to send: as sent before while the browser already shows what is wanted.

    returns   the choices and `turn`, which changes only when the browser is to give up its own
    """
    memory = st.session_state.setdefault(f"{key}:settled", {"sent": None, "shown": {}, "state": {}})
    state = dict(st.session_state.get(key, {}))
    if state != memory["state"]:
        lost = not state  # the widget was off the page: the browser has forgotten
        memory["shown"] = {} if lost else {**memory["shown"], **state}
        memory["state"] = state
    agreed = all(memory["shown"].get(name) == choice for name, choice in wanted.items())
    if memory["sent"] is None or not agreed:
        memory["sent"] = {**wanted, "turn": token_hex(4)}
        memory["shown"] = dict(wanted)
    return dict(memory["sent"])


def flat(values: NDArray[Any], dtype: type[np.generic], *sizes: int) -> NDArray[Any]:
    """One row of numbers, as the browser takes them; ShapeError when they do not fit the labels."""
    if values.shape != sizes:
        raise ShapeError(
            "The numbers have shape {found} but the labels need {needed}; "
            "pass one label for each row and column.",
            found=values.shape,
            needed=sizes,
        )
    return np.ascontiguousarray(values, dtype=dtype).ravel()


def _nothing() -> None:
    """Streamlit keeps a choice only when something listens to it."""

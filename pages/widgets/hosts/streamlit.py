"""A widget on a page of Streamlit: its scripts and its data by their address, its choices kept.

Streamlit resends all that was registered with a widget, and its whole data when any of it changes.
So only a stub is registered, which fetches the scripts by their address; what is large in a picture
has an address too; and a choice that came from the browser is not echoed: the browser keeps its own
until Python wants something else. What the browser did not find under an address, as after much
else was sent, or when another process answered, it misses, and gets inside the message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from secrets import token_hex
from typing import Any, Final

import numpy as np
import streamlit as st
from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component.state import ComponentResult
from streamlit.components.v2.types import ComponentRenderer

from attention_core.pictures.contracts.packing import Picture, choices, packed
from pages.widgets import addressed, serving

__all__ = ["Callback", "ComponentResult", "mount", "registered", "settled", "show", "stub"]

Callback = Callable[[], None] | None

SMALL: Final = 200
"""Bytes that travel with every message: an address and the answer's headers would be more."""


def show(
    picture: Picture,
    key: str,
    text: Mapping[str, str] | None,
    callbacks: Mapping[str, Callback],
) -> ComponentResult:
    """Puts a picture on the page, in the words of its reader; None = in English."""
    data = {**packed(picture), "text": {**picture.words, **(text or {})}}
    return mount(registered(picture.widget), key, data, choices(picture), callbacks)


@cache
def registered(name: str) -> ComponentRenderer:
    """The mounting command of one widget."""
    return component(f"attention_{name}", js=stub(name))


def stub(name: str) -> str:
    """All that travels with a widget: where its scripts and styles are."""
    source = (serving.FOLDER / "hosts" / "stub.js").read_text(encoding="utf-8")
    code = [line.strip() for line in source.splitlines() if not line.startswith("//")]
    given = [
        f"widgets/{serving.digest()}/",
        serving.entry(name),
        serving.styles(name),
        serving.modules(name),
    ]
    return "\n".join([f"const GIVEN = {json.dumps(given, separators=(',', ':'))};", *code])


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
        f"on_{name}_change": callback or _nothing
        for name, callback in {**callbacks, "missing": None}.items()
    }
    missing = frozenset(dict(st.session_state.get(key, {})).get("missing", ()))
    sent = {name: light(value, missing) for name, value in data.items()}
    return renderer(key=key, data={**sent, "id": key, "choices": settled(key, wanted)}, **listeners)


def light(value: Any, missing: Collection[str] = ()) -> Any:
    """A value as a message holds it: itself if it is small, else where the browser finds it.

    missing   the addresses where the browser found nothing
    """
    if isinstance(value, np.ndarray):
        found, kind, inside = value, value.dtype.name, addressed.inside(value)
    else:
        text = json.dumps(value, separators=(",", ":")).encode()
        found, kind, inside = np.frombuffer(text, np.uint8), "json", value
    if found.nbytes <= SMALL:
        return inside
    address = addressed.STORE.put(found)
    if address is None or address in missing:
        return inside
    shape = {"shape": list(value.shape)} if np.ndim(found) > 1 else {}
    return {"at": address, "dtype": kind, "bytes": found.nbytes, **shape}


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


def _nothing() -> None:
    """Streamlit keeps a choice only when something listens to it."""

"""A widget on a page of Streamlit: its scripts and its data by their address, its choices kept.

Streamlit resends all that was registered with a widget, and its whole data when any of it changes.
So only a stub is registered, which fetches the scripts by their address; what is large in a picture
has an address too (`pages.widgets.message`); and a choice that came from the browser is not echoed:
the browser keeps its own until Python wants something else. What the browser did not find under an
address, as after much else was sent, or when another process answered, it misses, and gets inside
the message.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from secrets import token_hex
from typing import Any, Final

import streamlit as st
from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component.state import ComponentResult
from streamlit.components.v2.types import ComponentRenderer
from streamlit.runtime.scriptrunner import get_script_run_ctx

from attention_core.pictures.contracts.packing import Picture, choices, packed
from pages.widgets import serving
from pages.widgets.message import Tab, message

__all__ = ["Callback", "ComponentResult", "mount", "registered", "sent", "settled", "show", "stub"]

Callback = Callable[[], None] | None

SPACED: Final = re.compile(r"\s*([=>{}();,:?|&+])\s*")
"""Spaces that the stub can do without: it travels with every message of a widget."""
HANDED: Final = 0.02
"""Seconds: a little more than the time for which Streamlit's page gathers what it draws at once."""


def show(
    picture: Picture,
    key: str,
    text: Mapping[str, str] | None,
    callbacks: Mapping[str, Callback],
) -> ComponentResult:
    """Puts a picture on the page, in the words of its reader; None = in English."""
    data = {**packed(picture), "text": {**picture.words, **(text or {})}}
    wanted = {name: choice for name, choice in choices(picture).items() if choice is not None}
    drawn = picture.drawn({**_state(key), **wanted})
    return mount(registered(picture.widget), key, data, wanted, callbacks, drawn)


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
        ",".join(path.removesuffix(".js") for path in serving.modules(name)),
    ]
    short = SPACED.sub(r"\1", "\n".join(code))
    # What has no line break, Streamlit takes for a file's name.
    return f"const GIVEN={json.dumps(given, separators=(',', ':'))};\n{short}"


def mount(
    renderer: ComponentRenderer,
    key: str,
    data: dict[str, Any],
    wanted: Mapping[str, Any],
    callbacks: Mapping[str, Callback],
    drawn: Iterable[tuple[str, str]] = (),
) -> ComponentResult:
    """Puts a widget on the page.

    wanted   what Python wants chosen; the rest the reader decides
    drawn    fields of planes, and the parts of them that are drawn at once
    """
    listeners: dict[str, Any] = {
        f"on_{name}_change": callback or _nothing
        for name, callback in {**callbacks, "missing": None}.items()
    }
    tab = st.session_state.setdefault("widgets:tab", Tab())
    told = {**data, "id": key, "choices": settled(key, wanted)}
    sent = message(told, drawn, tab, _state(key).get("missing", ()))
    return renderer(key=key, data=sent, **listeners)


def sent() -> None:
    """Lets what stands on the page go to the browser before the rest is worked out.

    The server sends from another thread; and what comes together, a browser draws together, so the
    first picture would wait for the last. Where all of a page is drawn, all of it is waited for.
    """
    run = get_script_run_ctx(suppress_warning=True)
    if run is not None and run.fragment_ids_this_run:
        time.sleep(HANDED)


def settled(key: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The choices to send: as sent before while the browser already shows what is wanted.

    returns   the choices and `turn`, which changes only when the browser is to give up its own
    """
    memory = st.session_state.setdefault(f"{key}:settled", {"sent": None, "shown": {}, "state": {}})
    state = _state(key)
    if state != memory["state"]:
        lost = not state  # the widget was off the page: the browser has forgotten
        memory["shown"] = {} if lost else {**memory["shown"], **state}
        memory["state"] = state
    agreed = all(memory["shown"].get(name) == choice for name, choice in wanted.items())
    if memory["sent"] is None or not agreed:
        memory["sent"] = {**wanted, "turn": token_hex(4)}
        memory["shown"] = dict(wanted)
    return dict(memory["sent"])


def _state(key: str) -> dict[str, Any]:
    """What the browser told of a widget."""
    return dict(st.session_state.get(key, {}))


def _nothing() -> None:
    """Streamlit keeps a choice only when something listens to it."""

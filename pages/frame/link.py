"""Every choice of the reader lives in the address, so that a link restores what they saw.

A page declares its choices once. `restore` reads the address into the session; widgets and
components then work on `st.session_state[choice.key]`; `publish` writes the address again.
What cannot be read in an address is left out, never an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

LONGEST = 4000
"""Characters of a text that still go into an address; servers refuse much longer ones."""
ECHO = 3.0
"""Seconds in which a browser may still send the address as it was before we wrote it anew."""

_SEEN = "_address_seen"
_WRITTEN = "_address_written"


@dataclass(frozen=True)
class Choice:
    """One choice: its name in the address, its default, and the way there and back.

    `parse` returns None for what it cannot read.
    """

    name: str
    default: Any
    parse: Callable[[str], Any]
    write: Callable[[Any], str] = str
    page: str = ""

    @property
    def key(self) -> str:
        """Where the session keeps it; two pages may both have a choice called ``pins``."""
        return f"{self.page}.{self.name}"


def text(page: str, name: str, default: str = "") -> Choice:
    """Any text, as typed."""
    return Choice(name, default, lambda raw: raw, page=page)


def one_of(page: str, name: str, known: Iterable[str], default: str) -> Choice:
    """One of a few names."""
    names = frozenset(known)
    return Choice(name, default, lambda raw: raw if raw in names else None, page=page)


def number(page: str, name: str, default: int, least: int = 0, most: int = 10_000) -> Choice:
    """A whole number, counted from 0 in the session and from 1 in the address."""

    def parse(raw: str) -> int | None:
        found = _whole(raw)
        return found - 1 if found is not None and least < found <= most else None

    return Choice(name, default, parse, lambda value: str(value + 1), page)


def amount(page: str, name: str, default: int, least: int, most: int) -> Choice:
    """A quantity, the same in the session and in the address."""

    def parse(raw: str) -> int | None:
        found = _whole(raw)
        return found if found is not None and least <= found <= most else None

    return Choice(name, default, parse, page=page)


def numbers(
    page: str, name: str, default: Sequence[int] = (), ordered: bool = False, most: int = 512
) -> Choice:
    """Several whole numbers, counted from 0 in the session and from 1 in the address: 3,5.

    ordered   True keeps the order and repetitions, as a cell (row, column) needs
    """

    def parse(raw: str) -> list[int] | None:
        found = [_whole(part) for part in raw.split(",")[:most]] if raw else []
        if any(value is None or not 0 < value <= 10_000 for value in found):
            return None
        places = [value - 1 for value in found if value is not None]
        return places if ordered else sorted(set(places))

    def write(values: Sequence[int]) -> str:
        return ",".join(str(value + 1) for value in values)

    return Choice(name, list(default), parse, write, page)


def names(page: str, name: str, default: Sequence[str] = (), most: int = 24) -> Choice:
    """Several names, such as of models, in the order chosen."""

    def parse(raw: str) -> list[str] | None:
        found = list(dict.fromkeys(part for part in raw.split(",") if part))
        return found if len(found) <= most and len(raw) < LONGEST else None

    return Choice(name, list(default), parse, ",".join, page)


def flag(page: str, name: str, default: bool = False) -> Choice:
    """On or off."""
    return Choice(name, default, {"1": True, "0": False}.get, lambda value: str(int(value)), page)


def _whole(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 7 else None


def restore(choices: Sequence[Choice]) -> None:
    """Reads what is new in the address into the session; gives the rest its default."""
    seen: dict[str, str] = st.session_state.setdefault(_SEEN, {})
    for choice in choices:
        raw = st.query_params.get(choice.name)
        if raw is not None and seen.get(choice.key) != raw and not _just_written(choice):
            seen[choice.key] = raw
            value = choice.parse(raw)
            st.session_state[choice.key] = choice.default if value is None else value
        elif choice.key not in st.session_state:
            st.session_state[choice.key] = choice.default


def publish(choices: Sequence[Choice]) -> None:
    """Writes every choice that differs from its default into the address."""
    seen: dict[str, str] = st.session_state.setdefault(_SEEN, {})
    for choice in choices:
        value = st.session_state.get(choice.key, choice.default)
        raw = None if value is None or value == choice.default else choice.write(value)
        if raw is None or len(raw) > LONGEST:
            if choice.name in st.query_params:
                del st.query_params[choice.name]
                _written()[choice.key] = time.monotonic()
            seen.pop(choice.key, None)
            continue
        if st.query_params.get(choice.name) != raw:
            st.query_params[choice.name] = raw
            _written()[choice.key] = time.monotonic()
        seen[choice.key] = raw


def _just_written(choice: Choice) -> bool:
    """True while a differing address is an older one of our own: quick gestures overtake it."""
    return time.monotonic() - _written().get(choice.key, -ECHO) < ECHO


def _written() -> dict[str, float]:
    """When each choice was last written into the address."""
    moments: dict[str, float] = st.session_state.setdefault(_WRITTEN, {})
    return moments


def value(choice: Choice) -> Any:
    """What the reader has chosen."""
    return st.session_state.get(choice.key, choice.default)


def choose(choice: Choice, new: Any) -> None:
    """Makes a choice on the reader's behalf, for instance when they click in a picture."""
    st.session_state[choice.key] = new

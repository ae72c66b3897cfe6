"""Every choice of the reader lives in the address, so that a link restores what they saw.

A page declares its choices once. `restore` reads the address into the session; widgets and
components then work on `st.session_state[choice.key]`; `publish` writes the address again.
What cannot be read in an address is left out, never an error.

Streamlit's own `bind="query-params"` knows neither the choices of our widgets in the browser, nor
counting from 1, nor an address that a slow browser sends after a newer gesture; two mechanisms for
one address would be one too many, so every choice goes this way.

A choice changes the address where it stands: only another page is a step that the browser's Back
takes (`pages/widgets/hosts/habits.js`).

A session may begin with a page that is already open: the server was started again, or had let go of
a reader who was away. The browser then tells what stands in its boxes and switches, and that is
newer than the address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id

LONGEST = 4000
"""Characters of a text that still go into an address; servers refuse much longer ones."""
ECHO = 3.0
"""Seconds in which a browser may still send the address as it was before we wrote it anew."""

T = TypeVar("T")
Read_co = TypeVar("Read_co", covariant=True)
Name = TypeVar("Name", bound=str)
Listed = TypeVar("Listed", str, int)
"""What a list that opens is made of: names, or numbers."""

_SEEN = "_address_seen"
_WRITTEN = "_address_written"
_STANDING = "_address_standing"
_OFFERS = "_choice_offers"
_OLDER = "_address_older"


class Offer(NamedTuple):
    """The titles under which one may choose.

    now   name to title, as they stand on the page
    ever  title to name, of all that this reader was shown
    """

    now: dict[Any, str]
    ever: dict[Any, Any]


class Kept(Protocol):
    """A choice, whatever it is that is chosen."""

    @property
    def name(self) -> str:
        """What the address calls it."""

    @property
    def key(self) -> str:
        """Where the session keeps it."""

    def take(self, raw: str) -> None:
        """Chooses what an address says, or the default where that cannot be read."""

    def raw(self) -> str | None:
        """What the address shall say; None where it need say nothing."""

    def forget(self) -> None:
        """Brings the choice back to its default."""


class Readable(Protocol[Read_co]):
    """A choice as those see it who only ask what was chosen."""

    @property
    def key(self) -> str:
        """Where the session keeps it."""

    @property
    def default(self) -> Read_co:
        """What is chosen at first."""


@dataclass(frozen=True)
class Choice(Generic[T]):
    """One choice: its name in the address, its default, and the way there and back.

    `parse` returns None for what it cannot read. A `default` of None is "nothing chosen yet".
    """

    name: str
    default: T
    parse: Callable[[str], T | None]
    write: Callable[[T], str] = str
    page: str = ""

    @property
    def key(self) -> str:
        """Where the session keeps it; two pages may both have a choice called ``pins``."""
        return f"{self.page}.{self.name}"

    def take(self, raw: str) -> None:
        found = self.parse(raw)
        choose(self, self.default if found is None else found)

    def raw(self) -> str | None:
        chosen = value(self)
        if chosen is None or chosen == self.default:
            return None
        written = self.write(chosen)
        return written if len(written) <= LONGEST else None

    def forget(self) -> None:
        choose(self, self.default)


def text(page: str, name: str, default: str = "") -> Choice[str]:
    """Any text, as typed."""
    return Choice(name, default, lambda raw: raw, page=page)


def one_of(page: str, name: str, known: Iterable[Name], default: Name) -> Choice[Name]:
    """One of a few names."""
    names: dict[str, Name] = {one: one for one in known}
    return Choice(name, default, names.get, page=page)


def number(page: str, name: str, default: int) -> Choice[int]:
    """A place, counted from 0 in the session and from 1 in the address."""
    return Choice(name, default, place, lambda chosen: str(chosen + 1), page)


def perhaps(page: str, name: str, most: int = 10_000) -> Choice[int | None]:
    """A place as in `number`, or None while nothing is chosen."""

    def write(chosen: int | None) -> str:
        return "" if chosen is None else str(chosen + 1)

    return Choice(name, None, lambda raw: place(raw, most), write, page)


def place(raw: str, most: int = 10_000) -> int | None:
    """A place that an address counts from 1, counted from 0; None where it is none."""
    found = _whole(raw)
    return found - 1 if found is not None and 0 < found <= most else None


def amount(page: str, name: str, default: int, least: int, most: int) -> Choice[int]:
    """A quantity, the same in the session and in the address."""

    def parse(raw: str) -> int | None:
        found = _whole(raw)
        return found if found is not None and least <= found <= most else None

    return Choice(name, default, parse, page=page)


def numbers(
    page: str, name: str, default: Sequence[int] = (), ordered: bool = False, most: int = 512
) -> Choice[list[int]]:
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


def names(page: str, name: str, default: Sequence[str] = (), most: int = 24) -> Choice[list[str]]:
    """Several names, such as of models, in the order chosen."""

    def parse(raw: str) -> list[str] | None:
        found = list(dict.fromkeys(part for part in raw.split(",") if part))
        return found if len(found) <= most and len(raw) < LONGEST else None

    return Choice(name, list(default), parse, ",".join, page)


def flag(page: str, name: str, default: bool = False) -> Choice[bool]:
    """On or off."""
    return Choice(name, default, {"1": True, "0": False}.get, lambda value: str(int(value)), page)


def _whole(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 7 else None


def restore(choices: Sequence[Kept]) -> None:
    """Reads what is new in the address into the session; gives the rest its default.

    What the browser tells of a page that this session has not drawn is left to its widgets.
    """
    seen: dict[str, str] = st.session_state.setdefault(_SEEN, {})
    new = {choice.key for choice in choices if choice.key not in st.session_state}
    told = new & _told() if new else new
    for choice in choices:
        raw = st.query_params.get(choice.name)
        if choice.key in told:
            _set_aside(choice, raw)
        elif raw is not None and seen.get(choice.key) != raw and not _just_written(choice):
            seen[choice.key] = raw
            choice.take(raw)
        elif choice.key not in st.session_state:
            choice.forget()


def _told() -> set[str]:
    """The keys of the widgets of which the browser sent a value with this run."""
    context = get_script_run_ctx(suppress_warning=True)
    sent = context.session_state.get_widget_states() if context else []
    return {key for one in sent if (key := user_key_from_element_id(one.id))}


def _set_aside(choice: Kept, raw: str | None) -> None:
    """Keeps what the address says for as long as the widget has not been drawn."""
    if raw is None:
        choice.forget()
    else:
        choice.take(raw)
    st.session_state.setdefault(_OLDER, {})[choice.key] = st.session_state[choice.key]
    del st.session_state[choice.key]


def overruled(choice: Readable[Any]) -> bool:
    """True, once, where a widget just drawn held something newer than the address.

    Nobody called what listens to its changes.
    """
    older: dict[str, Any] = st.session_state.get(_OLDER, {})
    return choice.key in older and older.pop(choice.key) != value(choice)


def publish(choices: Sequence[Kept], everywhere: bool = False) -> None:
    """Writes every choice that differs from its default into the address, all of them at once.

    everywhere  True for choices of the frame, which stay in the address whatever a page writes: the
                run of a fragment may know an address from before they were made
    """
    if everywhere:
        st.session_state[_STANDING] = tuple(choices)
    standing: Sequence[Kept] = st.session_state.get(_STANDING, ())
    seen: dict[str, str] = st.session_state.setdefault(_SEEN, {})
    before = st.query_params.to_dict()
    wanted = dict(before)
    for choice in {one.key: one for one in (*standing, *choices)}.values():
        raw = choice.raw()
        if raw != wanted.get(choice.name):
            _written()[choice.key] = time.monotonic()
        if raw is None:
            wanted.pop(choice.name, None)
            seen.pop(choice.key, None)
        else:
            wanted[choice.name] = seen[choice.key] = raw
    if wanted != before:
        st.query_params.from_dict(wanted)


def _just_written(choice: Kept) -> bool:
    """True while a differing address is an older one of our own: quick gestures overtake it."""
    return time.monotonic() - _written().get(choice.key, -ECHO) < ECHO


def _written() -> dict[str, float]:
    """When each choice was last written into the address."""
    moments: dict[str, float] = st.session_state.setdefault(_WRITTEN, {})
    return moments


def value(choice: Readable[Read_co]) -> Read_co:
    """What the reader has chosen."""
    chosen: Read_co
    if choice.key in st.session_state:
        chosen = st.session_state[choice.key]
    else:
        chosen = st.session_state.get(_OLDER, {}).get(choice.key, choice.default)
    offered = _offers().get(choice.key)
    if offered is None or chosen in offered.now:
        return chosen
    named: Read_co = offered.ever.get(chosen, chosen)
    return named


def choose(choice: Choice[T], new: T) -> None:
    """Makes a choice on the reader's behalf, for instance when they click in a picture."""
    st.session_state[choice.key] = new


def titled(choice: Choice[Listed], titles: Mapping[Listed, str]) -> None:
    """Says under which titles a choice is about to be offered, so that it outlives their change.

    A browser answers with the title that it was shown, and Streamlit looks that up among those of
    now: after a change of the language the answer would be nothing that can be chosen.
    """
    before = _offers().get(choice.key)
    ever = {} if before is None else before.ever
    if before is None or before.now != titles or st.session_state.get(choice.key) in ever:
        choose(choice, value(choice))
    _offers()[choice.key] = Offer(dict(titles), ever | {one: name for name, one in titles.items()})


def _offers() -> dict[str, Offer]:
    """What is offered for each choice that has titles, by its key."""
    offers: dict[str, Offer] = st.session_state.setdefault(_OFFERS, {})
    return offers

"""The pages of the app: each says of itself what it is, and everything else is read off that.

A page is a file `pages/QUESTION/NAME.py` with a `CARD = site.Page(NAME, …)` in it. Streamlit runs
the file as the program `__main__`; imported, as here, it only tells its card. Navigation, Home,
links between pages, preload and tests ask this module, so there is no second list.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

from attention_core.marking import N_

ROOT: Final = Path(__file__).parents[1]
SHARED: Final = ("frame", "showing", "widgets", "locale")
"""Folders below pages/ that hold what pages stand on, and no page."""


class Door(NamedTuple):
    """Something that a reader wants, behind which several pages stand; marked for translation.

    title     its name in the navigation
    question  what its pages answer, as Home asks it
    """

    title: str
    question: str


DOORS: Final[Mapping[str, Door]] = {
    "inside": Door(N_("Look inside"), N_("What does each head of a model look at?")),
    "languages": Door(N_("Languages"), N_("Which word became which?")),
    "senses": Door(N_("See and hear"), N_("Where does a model look, and when does it listen?")),
    "matter": Door(N_("Does it matter?"), N_("Does the answer hang on what was looked at?")),
    "mechanisms": Door(N_("Mechanisms"), N_("How does attention work, and what does it cost?")),
    "files": Door(N_("Files"), N_("What does attention say of a whole file?")),
}
"""The doors in their order; at most six, so that all stand in the header."""


class Page(NamedTuple):
    """What a page says of itself; `title` and `promise` are marked for translation.

    name     its file and its address
    title    its name in the navigation and on Home
    order    its place behind its door
    door     the name of its door; "" stands by itself, before all doors
    promise  what a reader gets there, in a sentence
    """

    name: str
    title: str
    order: int
    door: str = ""
    promise: str = ""


@cache
def files() -> dict[str, str]:
    """Every page's file, below pages/, by its name; importing none of them."""
    found = sorted(ROOT.glob("*/*.py"))
    return {
        path.stem: path.relative_to(ROOT).as_posix()
        for path in found
        if path.parent.name not in SHARED and path.stem != "__init__"
    }


@cache
def pages() -> tuple[Page, ...]:
    """Every page in the order of the navigation; imports all of them, once.

    Raises LookupError where a file does not say which page it is, or names no door that there is.
    """
    places = {name: place for place, name in enumerate(("", *DOORS))}
    return tuple(sorted(map(_card, files()), key=lambda page: (places[page.door], page.order)))


def behind(door: str) -> tuple[Page, ...]:
    """The pages of a door, in their order."""
    return tuple(page for page in pages() if page.door == door)


def file(name: str) -> str:
    """The file of a page, as Streamlit's links want it; raises LookupError for an unknown name."""
    if name not in files():
        raise LookupError(f"There is no page {name}; there are: {', '.join(files())}.")
    return files()[name]


def _card(name: str) -> Page:
    module = ".".join(("pages", *Path(file(name)).with_suffix("").parts))
    card = getattr(import_module(module), "CARD", None)
    if not isinstance(card, Page) or card.name != name:
        raise LookupError(f"{file(name)} does not say which page it is: CARD = Page({name!r}, …).")
    if card.door and card.door not in DOORS:
        raise LookupError(f"{file(name)} has no door {card.door}; there are: {', '.join(DOORS)}.")
    return card

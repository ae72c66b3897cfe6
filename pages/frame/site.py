"""The pages of the app: each says of itself what it is, and everything else is read off that.

A page is a file `pages/QUESTION/NAME.py` with a `CARD = site.Page(NAME, …)` in it. Streamlit runs
the file as the program `__main__`; imported, as here, it only tells its card. Navigation, Home,
links between pages, preload and tests ask this module, so there is no second list.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
SHARED: Final = ("frame", "showing", "widgets", "locale")
"""Folders below pages/ that hold what pages stand on, and no page."""


class Invitation(NamedTuple):
    """How Home leads to a page, in sentences marked for translation.

    place  among the invitations, from the first
    """

    place: int
    question: str
    promise: str
    label: str


class Page(NamedTuple):
    """What a page says of itself; `title` and `group` are marked for translation.

    name   its file and its address
    title  its name in the navigation
    order  its place there, among all pages
    group  the heading that it stands under
    """

    name: str
    title: str
    order: int
    group: str = ""
    invitation: Invitation | None = None


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

    Raises LookupError where a file does not say which page it is.
    """
    return tuple(sorted(map(_card, files()), key=lambda page: page.order))


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
    return card

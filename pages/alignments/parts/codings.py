"""In which coding a reader's file is: asked only where nothing but its letters tells."""

from __future__ import annotations

from collections.abc import Sequence

from attention_core.files.coding import CHOSEN
from attention_core.files.text import doubtful
from pages.frame import link
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import choosing


def choice(page: str) -> Choice[str]:
    """A coding of Python's; "" for the one that is recognised."""
    return link.one_of(page, "coding", ("", *CHOSEN), "")


def asked(chosen: Choice[str], texts: Sequence[bytes]) -> str:
    """The coding of these texts, "" for the one that is recognised; asked where that is a guess."""
    if link.value(chosen) or any(map(doubtful, texts)):
        titles = {"": _("as its letters tell"), **CHOSEN}
        choosing.dropdown(chosen, _("Coding of the file"), titles, width=260)
    return link.value(chosen)

"""What the pages show before the reader has chosen anything, read ahead of the first visit."""

from __future__ import annotations

import logging

from attention_core.errors import AttentionError
from models.store.shelf import SHELF
from pages.frame.examples import EXPLORE, TRANSLATE
from pages.showing.choosing import DEFAULTS
from pages.showing.readings import read, translate

log = logging.getLogger("attention_atlas")


def read_ahead() -> None:
    """Reads what each page opens with; a missing model spoils its own page only."""
    for reading in (explored, translated):
        try:
            reading()
        except AttentionError:
            log.exception("A model that is read at the start is missing; its page will say so")


def explored() -> None:
    """The reading that Explore opens with; its model stays loaded for good."""
    SHELF.preload([DEFAULTS["read"]])
    read(DEFAULTS["read"], EXPLORE[0].text)


def translated() -> None:
    """The translation that Home and Translate open with."""
    translate(DEFAULTS["translate"], TRANSLATE[0].text)

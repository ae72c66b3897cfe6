"""While a reader waits: what is being done for them, for how long, and how many come before them.

A page says what it does (`shown`); what computes says its steps (`step`); the desk knows the queue.
A thread beside the run looks once a second and sends a sentence only when it is another one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import add_script_run_ctx

from models.work.desk import DESK, Desk
from pages.frame import language, session
from pages.frame.language import _, ngettext

PATIENCE: Final = 0.5
"""Seconds before anything is said: most answers are there by then."""
TICK: Final = 1.0
"""Seconds between two looks at the queue."""


class Wait:
    """One reader's waiting: the step that is being taken, and whether it is over."""

    def __init__(self, desk: Desk = DESK) -> None:
        self.step = ""
        self.over = threading.Event()
        self._desk = desk

    def sentence(self, reader: str) -> str:
        """Who is before this reader at the desk; nobody there: the step."""
        ahead = self._desk.ahead(reader)
        if ahead is None:
            return self.step
        if ahead == 0:
            return _("You are next: the server is answering other readers.")
        return ngettext(
            "{count} request is before yours.", "{count} requests are before yours.", ahead
        ).format(count=ahead)

    def tell(self, place: DeltaGenerator, reader: str) -> None:
        """Says each new sentence at a place on the page, until it is over."""
        said, pause = "", PATIENCE
        while not self.over.wait(pause):
            pause = TICK
            if (now := self.sentence(reader)) != said:
                said = now
                place.caption(said)
        if said:
            place.empty()


_WAIT: ContextVar[Wait | None] = ContextVar("wait", default=None)


@contextmanager
def shown(doing: str) -> Iterator[None]:
    """Says what is being done while the block computes, and how many requests come before it."""
    wait, place = Wait(), st.empty()
    teller = threading.Thread(target=wait.tell, args=(place, session.reader()), daemon=True)
    add_script_run_ctx(teller)
    teller.start()
    token = _WAIT.set(wait)
    try:
        # Streamlit counts the seconds in English.
        with st.spinner(doing, show_time=language.current() == "en"):
            yield
    finally:
        _WAIT.reset(token)
        wait.over.set()
        teller.join()


def step(said: str) -> None:
    """What is being done now, for whoever waits for it on this thread."""
    wait = _WAIT.get()
    if wait is not None:
        wait.step = said

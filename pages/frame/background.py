"""Work that goes on behind a page: how far it is, how to stop it, and where it is found again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import streamlit as st

from attention_core.errors import AttentionError
from attention_core.marking import N_
from models.work.jobs import JOBS, Job, Work
from pages.frame import ask, link, session
from pages.frame.language import _, ngettext
from pages.frame.link import Choice

Kind = TypeVar("Kind")


TICK = 1.0
"""Seconds between two looks at how far the work is."""


class Counted(NamedTuple):
    """How far work is, in templates with {done} and {total}, marked for translation."""

    so_far: str
    stopped: str
    failed: str


PAIRS: Final = Counted(
    N_("{done} of {total} pairs"),
    N_("Stopped after {done} of {total} pairs; what was done is kept."),
    N_("Something went wrong on our side at pair {done} of {total}; what was done is kept."),
)
SENTENCES: Final = Counted(
    N_("{done} of {total} sentences"),
    N_("Stopped after {done} of {total} sentences; what was done is kept."),
    N_("Something went wrong on our side at sentence {done} of {total}; what was done is kept."),
)


def choice(page: str) -> Choice[str]:
    """The work that a page shows, in the address: a reload or a shared link finds it again."""
    return link.text(page, "job")


def key(*parts: str) -> str:
    """The same for the same work on the same pairs."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def remembered(chosen: Choice[str], kind: type[Kind]) -> Kind | None:
    """The work that the address names; says so on the page where the server has forgotten it."""
    name = link.value(chosen)
    if not name:
        return None
    job = JOBS.find(name)
    if job is not None and isinstance(job.work, kind):
        return job.work
    st.info(
        _(
            "The server no longer has the results that this address names: it keeps them for an "
            "hour, and loses them when it restarts. Give it the file again; the same file with "
            "the same model has the same address."
        ),
        icon=":material/history:",
    )
    return None


def worked(
    chosen: Choice[str], name: str, at_once: bool, make: Callable[[], Work[Any]],
    cut: Choice[bool] | None, label: str, place: str = "",
) -> Job[Any] | None:  # fmt: skip
    """The work of that key where it is known; else started, at once or by a button.

    place  tells several works of one page apart
    """
    job = JOBS.find(name)
    start = f"{place}start"
    if job is None and (at_once or st.button(label, icon=":material/play_arrow:", key=start)):
        job = ask.answered(lambda: JOBS.start(name, make(), session.reader()), cut)
    if job is not None:
        link.choose(chosen, name)
    return job


def shown(
    job: Job[Any], results: Callable[[Job[Any]], None], every: float, counted: Counted = PAIRS,
    place: str = "",
) -> None:  # fmt: skip
    """How far it is, and its results so far.

    every  seconds between two drawings of the results while it runs
    place  tells several works of one page apart
    """
    running, empty = job.running, not job.rows
    st.fragment(progress, run_every=TICK if running else None)(job, running, empty, counted, place)
    st.fragment(results, run_every=every if running else None)(job)


def progress(
    job: Job[Any], was_running: bool, was_empty: bool, counted: Counted = PAIRS, place: str = ""
) -> None:
    """A bar with what is done and left; draws the whole page anew for the first row and the end."""
    done = len(job.rows)
    if was_running != job.running or (was_empty and done):
        st.rerun()
    if job.state == "done":
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if job.running:
            st.progress(done / max(1, job.total), text=told(done, job, counted))
            st.button(_("Stop"), on_click=job.cancel, icon=":material/stop:", key=f"{place}stop")
            return
        st.markdown(_stopped(done, job, counted))

        def resume() -> None:
            try:
                JOBS.start(job.key, job.work, session.reader())
            except AttentionError as problem:
                st.toast(ask.said(problem), icon=":material/info:")

        st.button(_("Go on"), on_click=resume, icon=":material/play_arrow:", key=f"{place}resume")


def told(done: int, job: Job[Any], counted: Counted = PAIRS) -> str:
    """How far the work is, in words."""
    so_far = _(counted.so_far).format(done=f"{done:,}", total=f"{job.total:,}")
    others = JOBS.ahead(job)
    if others:
        turns = ngettext("in turns with {count} other", "in turns with {count} others", others)
        so_far = f"{so_far} · {turns.format(count=others)}"
    if not done:
        return so_far
    seconds = round(job.left)
    left = (
        ngettext("{count} second left", "{count} seconds left", seconds).format(count=seconds)
        if seconds < 100
        else _("{count} minutes left").format(count=round(seconds / 60))
    )
    return f"{so_far} · {left}"


def _stopped(done: int, job: Job[Any], counted: Counted) -> str:
    sentence = counted.failed if job.state == "failed" else counted.stopped
    return _(sentence).format(done=f"{done:,}", total=f"{job.total:,}")

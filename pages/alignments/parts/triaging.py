"""A file of pairs on the screen: its means, a table that sorts and filters, a map, one pair."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from attention_core.errors import AttentionError
from attention_core.files.spreadsheet import cell
from attention_core.pictures.figures import Dot, pairs_map
from models.corpora.triage import Row, Summary
from pages.frame import link, prose
from pages.frame.language import _, ngettext
from pages.frame.link import Choice
from pages.showing import charts, choosing

Callback = Callable[[], None]
Span = tuple[float, float]
DRAWN = 3000
"""Dots of the map; more would make the browser slow."""


class Measure(NamedTuple):
    """A column of numbers: its title, what it means, and how it is read from a row."""

    title: str
    explanation: str
    of: Callable[[Row], float]


def measures() -> dict[str, Measure]:
    """Every number of a row, by its name in the address."""
    return {
        "score": Measure(
            _("model score"),
            _("Mean log-probability of the translation's pieces, in nats: 0 is certain."),
            lambda row: row.score,
        ),
        "deviation": Measure(
            _("coverage deviation"),
            _("How far source words are from being looked at exactly once: 0 is best."),
            lambda row: row.confidence.deviation if row.confidence else math.nan,
        ),
        "absent": Measure(
            _("absent-mindedness"),
            _(
                "How widely words look, and how widely the looks at a word are spread, in nats: "
                "0 is best."
            ),
            lambda row: row.confidence.absent_mindedness if row.confidence else math.nan,
        ),
        "entropy": Measure(
            _("spread (bits)"),
            _("How widely a word of the translation looks: 0 bits is one word."),
            lambda row: row.confidence.entropy if row.confidence else math.nan,
        ),
        "ratio": Measure(
            _("length ratio"),
            _("Words of the translation for each word of the source."),
            lambda row: row.ratio,
        ),
        "aer": Measure(
            "AER",
            _("Alignment error rate against the file's links: 0 is perfect."),
            lambda row: row.error_rate,
        ),
    }


NAMES = ("score", "deviation", "absent", "entropy", "ratio", "aer")


def span(page: str) -> Choice[Span | None]:
    """The range of a measure that is shown, in the address as -1.5..0; None is all of it."""

    def parse(raw: str) -> Span | None:
        low, dots, high = raw.partition("..")
        try:
            found = float(low), float(high)
        except ValueError:
            return None
        return found if dots and all(map(math.isfinite, found)) and found[0] <= found[1] else None

    def write(chosen: Span | None) -> str:
        return "" if chosen is None else f"{chosen[0]:g}..{chosen[1]:g}"

    return Choice("range", None, parse, write, page)


def means(found: Summary) -> None:
    """The file in numbers."""
    with st.container(horizontal=True, gap="medium"):
        for name, value in (
            ("score", found.score), ("deviation", found.deviation), ("absent", found.absent),
            ("entropy", found.entropy), ("ratio", found.ratio), ("aer", found.error_rate),
        ):  # fmt: skip
            if not math.isnan(value):
                measure = measures()[name]
                st.metric(measure.title, f"{value:.2f}", help=measure.explanation)
    if found.unread:
        prose.note(
            prose.filled(
                ngettext(
                    "{count} pair could not be read; its row says why.",
                    "{count} pairs could not be read; their rows say why.",
                    found.unread,
                ),
                count=found.unread,
            )
        )


def filters(
    find: Choice[str], by: Choice[str], within: Choice[Span | None], rows: Sequence[Row]
) -> list[Row]:
    """The rows that hold the words asked for and lie in the range asked for."""
    titles = {name: one.title for name, one in measures().items() if known(rows, name)}
    if link.value(by) not in titles and titles:
        link.choose(by, next(iter(titles)))
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.text_input(_("Rows that contain"), key=find.key, persist_state="session", width=240)
        if titles:
            choosing.dropdown(by, _("Measure"), titles, (within,), 220)
            slider(within, by, rows)
    return matching(rows, link.value(find), link.value(by), link.value(within))


def slider(within: Choice[Span | None], by: Choice[str], rows: Sequence[Row]) -> None:
    """The range of the measure, from its least to its most."""
    values = _values(rows, link.value(by))
    least, most = math.floor(min(values) * 100) / 100, math.ceil(max(values) * 100) / 100
    if least >= most:
        return
    # Its own widget for each pair of ends: a growing table would move them under the reader.
    key = f"{within.key}.{link.value(by)}.{least}.{most}"
    low, high = link.value(within) or (least, most)
    low = min(max(low, least), most)
    st.session_state[key] = (low, max(low, min(high, most)))

    def took() -> None:
        taken = st.session_state[key]
        link.choose(within, None if taken == (least, most) else taken)

    st.slider(
        measures()[link.value(by)].title, least, most, key=key, on_change=took, width=320, step=0.01
    )


def matching(rows: Sequence[Row], words: str, by: str, within: Span | None) -> list[Row]:
    """Rows with these words on either side, and a measure in this range."""
    wanted, of = words.casefold().strip(), measures()[by].of
    return [
        row
        for row in rows
        if (not wanted or wanted in f"{row.source}\n{row.target}".casefold())
        and (within is None or within[0] <= of(row) <= within[1])
    ]


def known(rows: Sequence[Row], name: str) -> bool:
    """Whether any row has this number."""
    of = measures()[name].of
    return any(not math.isnan(of(row)) for row in rows)


def _values(rows: Sequence[Row], name: str) -> list[float]:
    of = measures()[name].of
    return [value for row in rows if not math.isnan(value := of(row))]


def table(rows: Sequence[Row], key: str, took: Callback) -> None:
    """The pairs with their numbers; a click on a column sorts, a click on a row chooses."""
    shown = {name: one for name, one in measures().items() if known(rows, name)}
    data: dict[str, list[Any]] = {
        "number": [row.number for row in rows],
        "source": [cell(row.source[:400]) for row in rows],
        "target": [cell(row.target[:400]) for row in rows],
        **{name: [one.of(row) for row in rows] for name, one in shown.items()},
    }
    if any(row.problem for row in rows):
        data["problem"] = [plainly(row.problem) if row.problem else "" for row in rows]
    numbers = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(data),
        key=key,
        hide_index=True,
        height=420,
        on_select=took,
        selection_mode=["single-row", "single-cell"],
        column_config={
            "number": numbers(_("number"), width=64),
            "source": st.column_config.TextColumn(_("source"), width=205),
            "target": st.column_config.TextColumn(_("translation"), width=205),
            "problem": st.column_config.TextColumn(_("why it was not read"), width="large"),
            **{
                name: numbers(one.title, help=one.explanation, format="%.2f", width=96)
                for name, one in shown.items()
            },
        },
    )


def table_row(key: str, rows: Sequence[Row]) -> Row | None:
    """The row that was clicked in `table`, at its box or anywhere in it."""
    chosen = st.session_state[key]["selection"]
    places = [*chosen["rows"], *(row for row, _column in chosen["cells"])]
    return rows[places[0]] if places and places[0] < len(rows) else None


def plainly(problem: AttentionError) -> str:
    """A problem in the reader's language, for a cell that interprets nothing."""
    return _(problem.sentence).format(**problem.values)


def scatter(rows: Sequence[Row], across: str, upwards: str, number: int, key: str,
            took: Callback) -> None:  # fmt: skip
    """Every pair as a dot by two measures; a click chooses it."""
    found = placed(rows, across, upwards)
    dots = [Dot(x, y, _("pair {number}").format(number=row.number)) for row, x, y in found]
    chosen = next((at for at, place in enumerate(found) if place[0].number == number), None)
    titles = (measures()[across].title, measures()[upwards].title)
    charts.chart(pairs_map(dots, titles, charts.theme(), chosen), key, "pairs", took)
    if len(rows) > DRAWN:
        prose.note(
            prose.filled(_("The first {count} pairs of the table are drawn."), count=f"{DRAWN:,}")
        )


def scatter_row(key: str, rows: Sequence[Row], across: str, upwards: str) -> Row | None:
    """The pair whose dot was clicked in `scatter`."""
    at = charts.point(key)
    found = placed(rows, across, upwards)
    return None if at is None or at >= len(found) else found[at][0]


def placed(rows: Sequence[Row], across: str, upwards: str) -> list[tuple[Row, float, float]]:
    """The pairs that have both numbers."""
    found = ((row, measures()[across].of(row), measures()[upwards].of(row)) for row in rows[:DRAWN])
    return [place for place in found if not math.isnan(place[1] + place[2])]

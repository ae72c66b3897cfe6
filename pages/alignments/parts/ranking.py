"""Every head of a translator by how well it aligns: a picture, a winner in words, a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from attention_core.numbers.alignment import EXTRACTIONS
from attention_core.numbers.heads import Ranked
from models.corpora.head_search import Report
from models.families.translation import Translation
from pages.alignments.parts.handover import layer
from pages.frame import downloads, prose
from pages.frame.language import _, ngettext
from pages.frame.prose import Markup, filled, number
from pages.showing import figures, sentences
from pages.showing.looking import EVERY, cross_part
from pages.widgets.head_grid import TEXT, HeadGrid
from pages.widgets.head_grid import head_grid as thumbnails

Callback = Callable[[], None]
FEW = 20
"""Pairs below which a difference between two heads is mostly chance."""


def winner(found: Report, split: bool) -> list[Markup]:
    """The best head in words, next to what knows nothing but the lengths of the sentences."""
    reported, chosen = found.reported.scores, found.chosen.scores
    said = [
        filled(
            _("Best: {place}. AER {aer}; the diagonal has {diagonal}."),
            place=Markup(f"<b>{prose.filled(reading(found.chosen))}</b>"),
            aer=number(reported.error_rate),
            diagonal=number(found.diagonal),
        ),
        filled(
            _("Precision {precision}, recall {recall}, recall of crossing links {crossing}."),
            precision=number(reported.precision),
            recall=number(reported.recall),
            crossing=number(found.reported.crossing_recall),
        ),
    ]
    if split:
        said.append(
            filled(
                _("It was chosen on the first half, where it has {aer}."),
                aer=number(chosen.error_rate),
            )
        )
    return said


def warnings(found: Report, split: bool) -> list[Markup]:
    """What keeps the number from being taken at its word."""
    made = []
    if found.sentences < FEW:
        made.append(
            filled(
                ngettext(
                    "{count} pair is few: another one could make another head win.",
                    "{count} pairs are few: others could make another head win.",
                    found.sentences,
                ),
                count=found.sentences,
            )
        )
    if not split:
        made.append(
            filled(
                _(
                    "The head was chosen and scored on the same pairs, which flatters it; "
                    "let it be chosen on one half and reported on the other."
                )
            )
        )
    return made


def reading(one: Ranked) -> str:
    """A head and how it is read, in words."""
    how = method(one)
    step = {0: "", 1: _("read one step later"), -1: _("read one step earlier")}[one.shift]
    return prose.listed(filter(None, (place(one), step, how)))


def method(one: Ranked) -> str:
    """How links are taken out of the weights."""
    spoken = EXTRACTIONS[one.method.how].spoken
    return _(spoken).format(least=f"{one.method.least:g}")


def place(one: Ranked) -> str:
    """Layer and head, counted from 1."""
    at = layer(one)
    if at == EVERY:
        return _("the mean of all heads of all layers")
    if one.head is None:
        return _("layer {layer}, the mean of its heads").format(layer=at + 1)
    return sentences.where(at, [one.head])


def grid(
    table: Sequence[Ranked], found: Translation, chosen: Ranked, key: str, took: Callback
) -> None:
    """Every head on one pair, with a bar for how well it aligns at its best."""
    part = cross_part(found)
    text = {
        **figures.said(TEXT),
        "note": _("The bar under a head is 1 − AER, read in the way that suits it best."),
    }
    at, head = layer(chosen), chosen.head or 0
    thumbnails(
        HeadGrid(
            sites=[str(site.layer + 1) for site in part.sites],
            thumbnails=part.thumbs,
            head=None if at == EVERY else (at, head),
            values=list(_bars(table, (len(part.sites), part.sites[0].heads))),
            title=_("How well each head aligns"),
            name="heads-aer",
        ),
        key=key,
        text=text,
        on_head_change=took,
    )


def _bars(table: Sequence[Ranked], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(layer, head): 1 − AER of each head's best reading."""
    bars = np.zeros(shape, dtype=np.float32)
    for one in table:
        at, head = layer(one), one.head
        if at != EVERY and head is not None and at < shape[0] and head < shape[1]:
            bars[at, head] = max(bars[at, head], 1 - one.scores.error_rate)
    return bars


def of_head(table: Sequence[Ranked], at: int, head: int) -> Ranked | None:
    """The best reading of one head."""
    return next((one for one in table if (layer(one), one.head) == (at, head)), None)


def ranked(table: Sequence[Ranked], key: str, took: Callback) -> None:
    """Every reading, best first; a click on a column sorts, a click on a row chooses."""
    frame = pd.DataFrame(
        {
            "rank": range(1, len(table) + 1),
            "layer": ["–" if (at := layer(one)) == EVERY else str(at + 1) for one in table],
            "head": [
                "–" if one.head is None or layer(one) == EVERY else str(one.head + 1)
                for one in table
            ],
            "shift": [one.shift for one in table],
            "links": [one.method.how for one in table],
            "least": [one.method.least for one in table],
            "aer": [one.scores.error_rate for one in table],
            "precision": [one.scores.precision for one in table],
            "recall": [one.scores.recall for one in table],
            "f1": [one.scores.f1 for one in table],
            "crossing_recall": [one.crossing_recall for one in table],
        }
    )
    numbers = st.column_config.NumberColumn
    st.dataframe(
        frame.drop(columns="least").assign(links=list(map(method, table))),
        key=key,
        hide_index=True,
        height=420,
        on_select=took,
        selection_mode=["single-row", "single-cell"],
        column_config={
            "rank": numbers(_("rank"), width=75),
            "layer": st.column_config.TextColumn(
                _("layer"), width=75, help=_("– is all of them together")
            ),
            "head": st.column_config.TextColumn(_("head"), width=75, help=_("– is their mean")),
            "shift": numbers(_("step"), width=75, help=_("1 reads one decoding step later.")),
            "links": st.column_config.TextColumn(_("links"), width=170),
            "aer": numbers("AER", format="%.3f", width=100),
            "precision": numbers(_("precision"), format="%.3f", width=100),
            "recall": numbers(_("recall"), format="%.3f", width=100),
            "f1": numbers("F1", format="%.3f", width=100),
            "crossing_recall": numbers(_("recall, crossing"), format="%.3f", width=120),
        },
    )
    downloads.file(_("All readings (CSV)"), lambda: frame.to_csv(index=False), "heads-aer.csv")


def table_row(key: str, table: Sequence[Ranked]) -> Ranked | None:
    """The reading that was clicked in `ranked`."""
    chosen = st.session_state[key]["selection"]
    places = [*chosen["rows"], *(row for row, _column in chosen["cells"])]
    return table[places[0]] if places and places[0] < len(table) else None

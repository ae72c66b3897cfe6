"""From a view to a picture on the page: the widgets, fed and translated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from attention_core.numbers import measures
from attention_core.numbers.alignment import Gold, Link
from attention_core.numbers.named import Named
from attention_core.pictures.views import View
from models.families.translation import Translation
from pages.frame import downloads
from pages.frame.language import _
from pages.showing import charts, kept
from pages.showing.readings import Part
from pages.showing.sentences import titled
from pages.widgets.alignment import TEXT as RIBBONS_TEXT
from pages.widgets.alignment import Alignment
from pages.widgets.alignment import alignment as ribbons
from pages.widgets.head_grid import TEXT as THUMBNAILS_TEXT
from pages.widgets.head_grid import HeadGrid
from pages.widgets.head_grid import head_grid as thumbnails
from pages.widgets.head_view import TEXT as LINES_TEXT
from pages.widgets.head_view import HeadView
from pages.widgets.head_view import head_view as lines
from pages.widgets.matrix import TEXT as HEATMAP_TEXT
from pages.widgets.matrix import Links, Matrix
from pages.widgets.matrix import matrix as heatmap
from pages.widgets.tree import TEXT as TREE_TEXT
from pages.widgets.tree import Tree
from pages.widgets.tree import tree as beam

Callback = Callable[[], None]


def state(key: str, name: str) -> Any:
    """What the reader did in a widget, from inside its callback."""
    return st.session_state[key][name]


Places = tuple[tuple[int, ...], ...]
"""The token positions that each row or column of a view stands for.

What a click does is kept as long as its reader: it holds these, and never the weights of a view.
"""


def rows(view: View, places: Iterable[int]) -> list[int]:
    """The rows that show these token positions, in order, each once."""
    found = {view.row_of(place) for place in places}
    return sorted(row for row in found if row is not None)


def places(rows: Places, chosen: Iterable[int]) -> list[int]:
    """The first token position of each of these rows."""
    return [rows[row][0] for row in chosen if row < len(rows)]


def cell(view: View, chosen: Sequence[int]) -> list[int]:
    """Row and column that show these token positions; nothing where one of them is hidden."""
    if len(chosen) != 2:
        return []
    row, column = view.row_of(chosen[0]), view.column_of(chosen[1])
    return [] if row is None or column is None else [row, column]


def cell_places(rows: Places, columns: Places, chosen: Sequence[int]) -> list[int]:
    """Token positions of a cell: of its query and of its key."""
    if len(chosen) != 2 or chosen[0] >= len(rows) or chosen[1] >= len(columns):
        return []
    return [rows[chosen[0]][0], columns[chosen[1]][0]]


def head_grid(
    part: Part, chosen: tuple[int, int] | None, key: str, took: Callback,
    bars: Named | None = None, said_of_bars: str = "",
) -> None:  # fmt: skip
    """Thumbnails of all heads; a click chooses one.

    bars          (layer, head), 0 to 1: a bar under each head
    said_of_bars  what they are
    """
    values = None if bars is None else [row.nan_to_num().numpy() for row in bars.values]
    kept_values = values and [
        row[: site.heads] for row, site in zip(values, part.sites, strict=True)
    ]
    thumbnails(
        HeadGrid(
            sites=[str(site.layer + 1) for site in part.sites],
            thumbnails=part.thumbs,
            values=kept_values,
            head=chosen,
            title=_("All heads"),
            name="heads",
        ),
        key=key,
        text={**said(THUMBNAILS_TEXT), **({"note": said_of_bars} if said_of_bars else {})},
        on_head_change=took,
    )


def head_view(
    view: View, active: Sequence[int], pins: Sequence[int], key: str,
    took_pins: Callback, took_active: Callback, title: str, caption: str,
) -> None:  # fmt: skip
    """Lines from the tokens that look to the tokens looked at, one colour a head."""
    lines(
        HeadView(
            rows=[token.text for token in view.rows],
            columns=[token.text for token in view.columns],
            weights=view.weights,
            heads=view.heads,
            allowed=None if view.allowed.all() else view.allowed,
            special_rows=_specials(view.rows),
            special_columns=_specials(view.columns),
            active=active,
            pins=pins,
            title=title,
            caption=caption,
            name=f"lines-{view.site}",
        ),
        key=key,
        text=said(LINES_TEXT),
        on_pins_change=took_pins,
        on_active_change=took_active,
    )


def matrix(
    view: View, cell: Sequence[int], pins: Sequence[int], scale: Literal["matrix", "row"], key: str,
    took_cell: Callback, took_scale: Callback, title: str, caption: str,
    gold: Gold | None = None, called: str = "",
) -> None:  # fmt: skip
    """The mean of the view's heads, cell by cell; people's links, if any, as squares.

    called  what sure links are; else what they are in an alignment
    """
    sure, possible = gold or Gold(frozenset(), frozenset())
    heatmap(
        Matrix(
            rows=[token.text for token in view.rows],
            columns=[token.text for token in view.columns],
            weights=view.mean,
            allowed=None if view.allowed.all() else view.allowed,
            scale=scale,
            cell=cell,
            pins=pins,
            gold=Links(
                sure=[[one.target, one.source] for one in sorted(sure)],
                possible=[[one.target, one.source] for one in sorted(possible)],
            ),
            title=title,
            caption=caption,
            name=f"matrix-{view.site}",
        ),
        key=key,
        text={**said(HEATMAP_TEXT), **({"sure": called} if called else {})},
        on_cell_change=took_cell,
        on_scale_change=took_scale,
    )


def gold_matrix(
    view: View, gold: Gold | None, links: Sequence[Link], key: str, took: Callback | None
) -> None:
    """The matrix with people's links as squares and found links as dots; drawn in if `took`."""
    sure, possible = gold or Gold(frozenset(), frozenset())
    heatmap(
        Matrix(
            rows=[token.text for token in view.rows],
            columns=[token.text for token in view.columns],
            weights=view.mean,
            allowed=None if view.allowed.all() else view.allowed,
            scale="matrix",
            cell=[],
            pins=[],
            gold=Links(
                sure=[[one.target, one.source] for one in sorted(sure)],
                possible=[[one.target, one.source] for one in sorted(possible)],
            ),
            found=[[one.target, one.source] for one in links],
            drawing=took is not None,
            title=_("Alignment"),
            name="gold",
        ),
        key=key,
        text=said(HEATMAP_TEXT),
        on_gold_change=took,
    )


def tree(found: Translation, node: int, key: str, took: Callback) -> None:
    """The beam, piece by piece; a click chooses one."""
    beam(
        Tree(
            parents=[one.parent for one in found.tree],
            texts=[one.text for one in found.tree],
            log_probabilities=[one.log_probability for one in found.tree],
            totals=[one.total for one in found.tree],
            scores=[one.score for one in found.tree],
            chosen=[one.chosen for one in found.tree],
            ways=[one.way for one in found.tree],
            node=node,
            name="beam",
        ),
        key=key,
        text=said(TREE_TEXT),
        on_node_change=took,
    )


def alignment(
    view: View, links: Sequence[Link], pins: Sequence[int], key: str, took: Callback | None,
    title: str, caption: str, compact: bool = False, group: str = "",
    sources: Sequence[int] | None = None, took_sources: Callback | None = None,
) -> None:  # fmt: skip
    """Ribbons between a sentence and its translation.

    group    widgets of one group light the same source word together
    sources  source words that are kept lit; None leaves it to the reader
    """
    ribbons(
        Alignment(
            source=[token.text for token in view.columns],
            target=[token.text for token in view.rows],
            weights=view.mean,
            links=links,
            pins=pins,
            title=title,
            caption=caption,
            name="alignment",
            compact=compact,
            group=group,
            sources=sources,
        ),
        key=key,
        on_sources_change=took_sources,
        text=said(RIBBONS_TEXT),
        on_pins_change=took,
    )


def heads_map(part: Part, key: str, took: Callback) -> None:
    """Every head as a dot by how far and how widely it looks; a click opens it."""
    figure = kept.heads_map(
        part.measures["distance"],
        part.measures["entropy"],
        (titled("distance", part.measures), titled("entropy", part.measures)),
        _("layer {layer} · head {head}"),
        charts.theme(),
    )
    charts.chart(figure, key, "heads-map", took)


def map_point(key: str, part: Part) -> tuple[int, int] | None:
    """Layer and head of the dot that was clicked in `heads_map`, counted from 0."""
    taken = charts.point(key)
    return None if taken is None else part.heads[taken]


def head_table(part: Part, key: str, took: Callback) -> None:
    """Every head's measures; a click on a column sorts, a click on a row chooses."""
    table = pd.DataFrame(
        {
            "layer": [part.sites[layer].layer + 1 for layer, _head in part.heads],
            "head": [head + 1 for _layer, head in part.heads],
            **{
                name: [float(found.values[place]) for place in part.heads]
                for name, found in part.measures.items()
            },
        }
    ).dropna(axis=1)
    downloads.file("CSV", lambda: table.to_csv(index=False), "heads.csv")
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        height=340,
        on_select=took,
        selection_mode="single-row",
        column_config={
            "layer": st.column_config.NumberColumn(_("layer"), width=64),
            "head": st.column_config.NumberColumn(_("head"), width=64),
            **{
                name: st.column_config.NumberColumn(
                    titled(name, part.measures), help=_(measure.explanation), format="%.2f"
                )
                for name, measure in measures.ALL.items()
            },
        },
    )


def table_row(key: str, part: Part) -> tuple[int, int] | None:
    """Layer and head of the chosen row of `head_table`, counted from 0."""
    chosen = st.session_state[key]["selection"]["rows"]
    return part.heads[chosen[0]] if chosen else None


def said(texts: Any) -> dict[str, str]:
    """A widget's sentences in the reader's language."""
    return {name: _(sentence) if sentence else "" for name, sentence in texts.items()}


def _specials(tokens: Sequence[Any]) -> list[int]:
    return [place for place, token in enumerate(tokens) if token.special]

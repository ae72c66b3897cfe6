"""Statistics as charts: heads or pairs as dots, values over labels, costs over a length.

>>> chart = curves(["the", "the"], [Curve("BLEU", [21.5, None])], ("word", "BLEU"), "light")
>>> chart.data[0].y, chart.layout.xaxis.tickvals, chart.layout.xaxis.ticktext
((21.5, None), (0, 1), ('the', 'the'))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

import plotly.graph_objects as go
from torch import Tensor

from attention_core.pictures.chart import FAINT, Theme, chart, named_ticks
from attention_core.pictures.palette import ACCENT, HEADS, INK, SCALE, SIGNED

DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Lines that lie on one another are told apart by their gaps."""


def heads_map(
    across: Tensor, upwards: Tensor, titles: tuple[str, str], name: str,
    theme: Theme,
) -> go.Figure:  # fmt: skip
    """Every head as a dot, early layers pale and late ones dark.

    across, upwards  (site, head), the two measures; NaN where a site has fewer heads
    titles           of the two axes, in the reader's language
    name             template with {layer} and {head} for what a dot is called, counted from 1
    """
    sites, heads = across.shape
    known = across.isfinite() & upwards.isfinite()
    places = [(site, head) for site in range(sites) for head in range(heads) if known[site, head]]
    names = [name.format(layer=site + 1, head=head + 1) for site, head in places]
    dots = zip(across[known].tolist(), upwards[known].tolist(), names, strict=True)
    steps = SCALE[theme]
    marker = {
        "size": 13,
        "color": [steps[_step(site, sites, len(steps))] for site, _head in places],
        "line": {"width": 1, "color": INK[theme]},
    }
    return _scattered([Dot(*dot) for dot in dots], titles, theme, marker)


class Dot(NamedTuple):
    """One thing by two measures, and what it is called where it is pointed at."""

    across: float
    upwards: float
    name: str


def pairs_map(
    dots: Sequence[Dot], titles: tuple[str, str], theme: Theme, chosen: int | None = None
) -> go.Figure:
    """Many things as dots alike; the chosen one is larger and has the accent.

    titles  of the two axes, in the reader's language
    chosen  place among the dots
    """
    fill = SCALE[theme][len(SCALE[theme]) // 2]
    lit = [place == chosen for place in range(len(dots))]
    marker = {
        "size": [13 if one else 8 for one in lit],
        "color": [ACCENT[theme] if one else fill for one in lit],
        "opacity": 0.8,
        "line": {"width": 0.5, "color": INK[theme]},
    }
    return _scattered(dots, titles, theme, marker)


class Curve(NamedTuple):
    """One named line: a value for each label along the bottom; None where there is none."""

    name: str
    values: Sequence[float | None]
    strong: bool = True


def curves(
    labels: Sequence[str], drawn: Sequence[Curve], titles: tuple[str, str], theme: Theme,
    logarithmic: bool = False,
) -> go.Figure:  # fmt: skip
    """Lines over a few ordered labels, each named in the legend.

    titles       of the two axes, in the reader's language
    logarithmic  the values fall over several powers of ten
    """
    traces = [
        go.Scatter(
            x=list(range(len(labels))),
            y=list(curve.values),
            name=escape(curve.name),
            mode="lines+markers",
            line={
                "width": 4 if curve.strong else 2,
                "dash": DASHES[place // len(HEADS[theme]) % len(DASHES)],
                "color": HEADS[theme][place % len(HEADS[theme])],
            },
            marker={"size": 9},
            hovertemplate="%{fullData.name}: %{y:.3g}<extra></extra>",
        )
        for place, curve in enumerate(drawn)
    ]
    upright = {"type": "log"} if logarithmic else {"type": "linear", "rangemode": "tozero"}
    return chart(traces, titles, theme, x=named_ticks(labels), y=upright, hovermode="x unified")


class Before(NamedTuple):
    """One thing before and after something was done to it."""

    name: str
    before: float
    after: float


def compared(drawn: Sequence[Before], said: Sequence[str], title: str, theme: Theme) -> go.Figure:
    """Two bars for each thing, one above the other, the first thing on top.

    said   what the bars are called: before, after; one alone is the one before
    title  of the axis along the bottom
    """
    names = named_ticks([one.name for one in drawn])
    looks = (
        {"color": FAINT[theme], "line": {"color": INK[theme], "width": 1.5}},
        {"color": HEADS[theme][0]},
    )
    traces = [
        go.Bar(
            x=[one[1 + which] for one in drawn],
            y=list(range(len(drawn))),
            orientation="h",
            name=escape(called),
            marker=looks[which],
            hovertemplate="%{fullData.name}: %{x:.3f}<extra></extra>",
        )
        for which, called in enumerate(said)
    ]
    return chart(
        traces, (title, ""), theme, height=90 + 46 * len(drawn),
        x={"range": [0, 1]}, barmode="group", bargap=0.25,
        y={**_ticked(names), "autorange": "reversed"},
    )  # fmt: skip


def cells(values: Tensor) -> list[tuple[int, int]]:
    """Row and column of the dots of a `grid`, in the order in which a click names them."""
    return [(row, column) for row, column in values.isfinite().nonzero().tolist()]


def grid(
    values: Tensor, labels: tuple[Sequence[str], Sequence[str]], titles: tuple[str, str],
    name: str, theme: Theme, largest: float | None = None,
    chosen: Sequence[tuple[int, int]] = (),
) -> go.Figure:  # fmt: skip
    """A number with its sign for each cell: red below 0, blue above, the page's colour at 0.

    values   (row, column); NaN where there is no cell, such as one that is still computed
    labels   of the rows from the top, and of the columns
    titles   of the axis along the bottom and of the upright one
    name     template with {row} and {column} for what a cell is called
    largest  what the strongest colour stands for; by default the largest size there is
    chosen   cells to ring
    """
    known = values[values.isfinite()]
    most = largest or float(known.abs().max() if len(known) else 1) or 1.0
    rows, columns = labels
    places = cells(values)
    less, same, more = SIGNED[theme]
    dots = go.Scatter(
        x=[column for _row, column in places],
        y=[row for row, _column in places],
        mode="markers",
        marker={
            "size": 22, "color": "rgba(0,0,0,0)",
            "line": {
                "width": [3 if place in chosen else 0 for place in places],
                "color": ACCENT[theme],
            },
        },
        text=[
            f"{escape(name.format(row=rows[row], column=columns[column]))}: "
            f"{float(values[row, column]):+.3f}"
            for row, column in places
        ],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        showlegend=False,
    )  # fmt: skip
    heat = go.Heatmap(
        z=[[float(value) if value.isfinite() else None for value in row] for row in values],
        zmin=-most, zmax=most, zmid=0, xgap=2, ygap=2, hoverinfo="skip",
        colorscale=[[0, less], [0.5, same], [1, more]],
        colorbar={"thickness": 12, "outlinewidth": 0, "tickformat": "+.2~g", "y": 0.45, "len": 0.9},
    )  # fmt: skip
    return chart(
        [dots, heat], titles, theme, height=100 + 26 * len(rows), clickmode="event+select",
        x={**_ticked(named_ticks(columns)), "range": [-0.5, len(columns) - 0.5]},
        y={**_ticked(named_ticks(rows)), "range": [len(rows) - 0.5, -0.5]},
    )  # fmt: skip


def _ticked(names: Mapping[str, Any]) -> dict[str, Any]:
    """An axis with these names and without lines."""
    return {**names, "showgrid": False}


class Growth(NamedTuple):
    """How one thing grows: (length, value) along a line, and single points that were measured."""

    name: str
    line: Sequence[tuple[int, float]]
    points: Sequence[tuple[int, float]] = ()


def growth(
    drawn: Sequence[Growth], titles: tuple[str, str], theme: Theme,
    crossings: Sequence[tuple[int, float, str]] = (),
) -> go.Figure:  # fmt: skip
    """Lines over the length, both axes logarithmic: n is a slope of 1, n² a slope of 2.

    titles     of the two axes, in the reader's language
    crossings  (length, value, what to say of it): places to ring
    """
    traces = [trail for place, one in enumerate(drawn) for trail in _trails(one, place, theme)]
    ring = {"size": 17, "symbol": "circle-open", "color": INK[theme], "line": {"width": 2}}
    traces += [
        _trail([(length, value)], said, mode="markers", marker=ring, showlegend=False)
        for length, value, said in crossings
    ]
    lengths = [length for one in drawn for length, _ in (*one.line, *one.points)]
    ticks = _powers(min(lengths, default=1), max(lengths, default=1))
    return chart(
        traces, titles, theme, height=340 + 24 * len(drawn), hovermode="closest",
        x={"type": "log", **named_ticks([f"{tick:,}" for tick in ticks], ticks)},
        y={"type": "log", "exponentformat": "SI", "minexponent": 2, "dtick": 1},
    )  # fmt: skip


def _scattered(
    dots: Sequence[Dot], titles: tuple[str, str], theme: Theme, marker: dict[str, Any]
) -> go.Figure:
    """Dots of which a click chooses one, and none pales when another is chosen."""
    always = {"marker": {"opacity": marker.get("opacity", 1)}}
    dot = go.Scatter(
        x=[dot.across for dot in dots],
        y=[dot.upwards for dot in dots],
        mode="markers",
        text=[escape(dot.name) for dot in dots],
        hovertemplate="%{text}<br>%{x:.2f} · %{y:.2f}<extra></extra>",
        marker=marker,
        selected=always,
        unselected=always,
    )
    return chart([dot], titles, theme, showlegend=False, clickmode="event+select")


def _trails(one: Growth, place: int, theme: Theme) -> list[go.Scatter]:
    """The line of one thing, and its measured points in the same colour."""
    colour = HEADS[theme][place % len(HEADS[theme])]
    line = {"width": 3, "dash": DASHES[place % len(DASHES)], "color": colour}
    marker = {"size": 9, "color": colour}
    trails = [_trail(one.line, one.name, mode="lines", line=line)]
    if one.points:
        trails.append(_trail(one.points, one.name, mode="markers", marker=marker, showlegend=False))
    return trails


def _trail(places: Sequence[tuple[int, float]], name: str, **look: Any) -> go.Scatter:
    """Places of one thing, named where they are pointed at."""
    return go.Scatter(
        x=[length for length, _ in places],
        y=[value for _, value in places],
        name=escape(name),
        hovertemplate="%{fullData.name}<br>%{x:,} · %{y:.3s}<extra></extra>",
        **look,
    )


def _powers(first: int, last: int, most: int = 6) -> list[int]:
    """A few powers of two between the first and the last."""
    powers = [1 << power for power in range(last.bit_length()) if first <= 1 << power <= last]
    step = -(-len(powers) // most) or 1
    return powers[::-step][::-1]


def _step(site: int, sites: int, steps: int) -> int:
    """A step of the colour scale that leaves out its palest end, so that every dot shows."""
    first = steps // 4
    return first + round(site * (steps - 1 - first) / max(1, sites - 1))

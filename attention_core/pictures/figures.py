"""Statistics of many heads as Plotly figures; attention itself is drawn by the page's widgets.

>>> lines = [Curve("soft", [1.0, 2.0]), Curve("hard", [None, 0.5])]
>>> figure = curves(["early", "late"], lines, ("layer", "bits"), "light")
>>> [(line.name, line.y) for line in figure.data]
[('soft', (1.0, 2.0)), ('hard', (None, 0.5))]
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Literal, NamedTuple

import plotly.graph_objects as go
from torch import Tensor

from attention_core.pictures.palette import HEADS, INK, SCALE

Theme = Literal["light", "dark"]
FAINT = {"light": "rgba(22,24,29,0.12)", "dark": "rgba(242,241,236,0.16)"}


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
    steps = SCALE[theme]
    figure = go.Figure(
        go.Scatter(
            x=across[known].tolist(),
            y=upwards[known].tolist(),
            mode="markers",
            text=[name.format(layer=site + 1, head=head + 1) for site, head in places],
            hovertemplate="%{text}<br>%{x:.2f} · %{y:.2f}<extra></extra>",
            marker={
                "size": 13,
                "color": [steps[_step(site, sites, len(steps))] for site, _head in places],
                "line": {"width": 1, "color": INK[theme]},
            },
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
        )
    )
    axis = {"gridcolor": FAINT[theme], "zeroline": False, "tickfont": {"size": 14}}
    figure.update_layout(
        showlegend=False, height=430, margin={"l": 10, "r": 10, "t": 10, "b": 10},
        font={"color": INK[theme], "size": 15}, dragmode=False, clickmode="event+select",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        xaxis={**axis, "title": titles[0], "automargin": True},
        yaxis={**axis, "title": titles[1], "automargin": True},
    )  # fmt: skip
    return figure


class Curve(NamedTuple):
    """One named line: a value for each label along the bottom; None where there is none."""

    name: str
    values: Sequence[float | None]
    strong: bool = True


def curves(
    labels: Sequence[str], drawn: Sequence[Curve], titles: tuple[str, str], theme: Theme,
    logarithmic: bool = False,
) -> go.Figure:  # fmt: skip
    """Lines over a few ordered labels, each named at its end as well as in the legend.

    titles       of the two axes, in the reader's language
    logarithmic  the values fall over several powers of ten
    """
    figure = go.Figure(
        [
            go.Scatter(
                x=list(range(len(labels))),
                y=list(curve.values),
                name=escape(curve.name),
                mode="lines+markers",
                line={
                    "width": 4 if curve.strong else 2,
                    "dash": _DASHES[place // len(HEADS[theme]) % len(_DASHES)],
                    "color": HEADS[theme][place % len(HEADS[theme])],
                },
                marker={"size": 9},
                hovertemplate="%{fullData.name}: %{y:.3g}<extra></extra>",
            )
            for place, curve in enumerate(drawn)
        ]
    )
    axis = {"gridcolor": FAINT[theme], "zeroline": False, "tickfont": {"size": 14}}
    figure.update_layout(
        height=430, margin={"l": 10, "r": 10, "t": 10, "b": 10}, hovermode="x unified",
        font={"color": INK[theme], "size": 15}, dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        xaxis={
            **axis, "title": titles[0], "automargin": True, "tickmode": "array",
            "tickvals": list(range(len(labels))), "ticktext": [escape(label) for label in labels],
        },
        yaxis={
            **axis, "title": titles[1], "automargin": True,
            "type": "log" if logarithmic else "linear",
            **({} if logarithmic else {"rangemode": "tozero"}),
        },
    )  # fmt: skip
    return figure


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
    traces = []
    for place, one in enumerate(drawn):
        colour = HEADS[theme][place % len(HEADS[theme])]
        line = {"width": 3, "dash": _DASHES[place % len(_DASHES)], "color": colour}
        marker = {"size": 9, "color": colour}
        traces.append(_trail(one.line, one.name, mode="lines", line=line))
        if one.points:
            traces.append(
                _trail(one.points, one.name, mode="markers", marker=marker, showlegend=False)
            )
    ring = {"size": 17, "symbol": "circle-open", "color": INK[theme], "line": {"width": 2}}
    traces += [
        _trail([(length, value)], said, mode="markers", marker=ring, showlegend=False)
        for length, value, said in crossings
    ]
    lengths = [length for one in drawn for length, _ in (*one.line, *one.points)]
    ticks = _powers(min(lengths, default=1), max(lengths, default=1))
    axis = {"gridcolor": FAINT[theme], "zeroline": False, "tickfont": {"size": 14}, "type": "log"}
    figure = go.Figure(traces)
    figure.update_layout(
        height=340 + 24 * len(drawn), margin={"l": 10, "r": 10, "t": 10, "b": 10},
        hovermode="closest",
        font={"color": INK[theme], "size": 15}, dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        xaxis={
            **axis, "title": titles[0], "automargin": True, "tickmode": "array",
            "tickvals": ticks, "ticktext": [f"{tick:,}" for tick in ticks],
        },
        yaxis={**axis, "title": titles[1], "automargin": True, "exponentformat": "SI",
            "minexponent": 2, "dtick": 1},
    )  # fmt: skip
    return figure


_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Lines that lie on one another are told apart by their gaps."""


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

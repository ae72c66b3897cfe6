"""Grammar as pictures: arcs over a sentence, and heads beside the offset that they must beat.

>>> drawn = arcs(["the", "dog"], [Arcs("tree", [(0, 1)], "quiet")], "light")
>>> drawn.data[0].name, drawn.data[0].x[0], drawn.layout.xaxis.ticktext
('tree', 1.0, ('the', 'dog'))
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go

from attention_core.pictures.chart import FAINT, Theme, chart, named_ticks
from attention_core.pictures.palette import ACCENT, HEADS, INK, SCALE

Look = Literal["quiet", "wanted", "right", "wrong"]
STEPS: Final = 17
"""Points of one arc."""
_LEVEL: Final = 60
"""Pixels for each step in height of the highest arc, up to _TALLEST."""
_TALLEST: Final = 380


class Arcs(NamedTuple):
    """Arcs of one kind: what they are called, (word, its head) from 0, and how they look."""

    name: str
    pairs: Sequence[tuple[int, int]]
    look: Look


class Beaten(NamedTuple):
    """One relation: a head's share with its interval, and the share of the offset; 0 to 1."""

    name: str
    share: float
    interval: tuple[float, float]
    baseline: float


def arcs(words: Sequence[str], drawn: Sequence[Arcs], theme: Theme) -> go.Figure:
    """A sentence with arcs from heads to the words that hang on them; an arrow at the latter."""
    every = [abs(word - head) for one in drawn for word, head in one.pairs]
    highest = _height(max(every, default=1))
    traces = [trace for one in drawn for trace in _traced(one, words, theme)]
    hidden = {"visible": False, "range": [-0.05 * highest, 1.08 * highest], "fixedrange": True}
    return chart(
        traces, ("", ""), theme, height=round(min(_TALLEST, 150 + _LEVEL * highest)),
        x={**named_ticks(words), "showgrid": False, "range": [-0.6, len(words) - 0.4],
           "fixedrange": True},
        y=hidden, hovermode="closest",
    )  # fmt: skip


def _traced(one: Arcs, words: Sequence[str], theme: Theme) -> list[go.Scatter]:
    """All arcs of a kind as one line with gaps, and their arrows."""
    if not one.pairs:
        return []
    width, colour, dash = _look(one.look, theme)
    xs, ys, said = list[float | None](), list[float | None](), list[str]()
    for word, head in one.pairs:
        across, upwards = _arc(head, word)
        xs += [*across, None]
        ys += [*upwards, None]
        said += [escape(f"{words[word]} → {words[head]}")] * (STEPS + 1)
    line = go.Scatter(
        x=xs, y=ys, mode="lines", name=escape(one.name), legendgroup=one.look, text=said,
        hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        line={"width": width, "color": colour, "dash": dash},
    )  # fmt: skip
    arrows = go.Scatter(
        x=[_lands(head, word) for word, head in one.pairs], y=[0.0] * len(one.pairs),
        mode="markers", legendgroup=one.look, showlegend=False, hoverinfo="skip",
        marker={"symbol": "triangle-down", "size": 7 + width, "color": colour},
    )  # fmt: skip
    return [line, arrows]


def _look(look: Look, theme: Theme) -> tuple[float, str, str]:
    """Width, colour and dash."""
    scale = SCALE[theme]
    looks: dict[Look, tuple[float, str, str]] = {
        "quiet": (1.5, scale[len(scale) // (3 if theme == "light" else 2)], "solid"),
        "wanted": (2.5, INK[theme], "dot"),
        "right": (4.5, HEADS[theme][0], "solid"),
        "wrong": (3, ACCENT[theme], "dash"),
    }
    return looks[look]


def _height(distance: int) -> float:
    """Arcs over more words are higher, the more slowly the longer they are."""
    return float(distance**0.6)


def _lands(head: int, word: int) -> float:
    return word + (0.12 if head > word else -0.12)


def _arc(head: int, word: int) -> tuple[list[float], list[float]]:
    """Half an ellipse from a head to a word."""
    turn = np.linspace(0, np.pi, STEPS)
    start, end = float(head), _lands(head, word)
    across = (start + end) / 2 + (start - end) / 2 * np.cos(turn)
    upwards = _height(abs(head - word)) * np.sin(turn)
    return across.tolist(), upwards.tolist()


def beaten(
    found: Sequence[Beaten], names: tuple[str, str], title: str, theme: Theme, chosen: int | None
) -> go.Figure:
    """A line for each relation from what the offset reaches to what the head does.

    names   of the head's dot and of the offset's, in the reader's language
    title   of the axis of shares
    chosen  the relation that is marked; the first dots are the heads', so a click names theirs
    """
    rows = list(range(len(found)))
    lit = [place == chosen for place in rows]
    colour = [ACCENT[theme] if one else HEADS[theme][0] for one in lit]
    always = {"marker": {"opacity": 1}}
    heads = go.Scatter(
        x=[one.share for one in found], y=rows, mode="markers", name=escape(names[0]),
        marker={"size": 13, "color": colour}, selected=always, unselected=always,
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.5, "color": INK[theme],
            "array": [one.interval[1] - one.share for one in found],
            "arrayminus": [one.share - one.interval[0] for one in found],
        },
        text=[escape(one.name) for one in found],
        hovertemplate="%{text}: %{x:.1%}<extra>%{fullData.name}</extra>",
    )  # fmt: skip
    offsets = go.Scatter(
        x=[one.baseline for one in found], y=rows, mode="markers", name=escape(names[1]),
        marker={"size": 11, "symbol": "line-ns", "color": INK[theme],
                "line": {"width": 3, "color": INK[theme]}},
        text=[escape(one.name) for one in found], selected=always, unselected=always,
        hovertemplate="%{text}: %{x:.1%}<extra>%{fullData.name}</extra>",
    )  # fmt: skip
    between = go.Scatter(
        x=[end for one in found for end in (one.baseline, one.share, None)],
        y=[end for row in rows for end in (row, row, None)],
        mode="lines", line={"width": 2, "color": FAINT[theme]}, showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    upright: dict[str, Any] = {
        **named_ticks([one.name for one in found]), "autorange": "reversed", "showgrid": False,
    }  # fmt: skip
    return chart(
        [heads, offsets, between], (title, ""), theme, height=110 + 27 * len(found), y=upright,
        x={"range": [-0.03, 1.05], "tickformat": ".0%"}, clickmode="event+select",
        hovermode="closest",
    )  # fmt: skip

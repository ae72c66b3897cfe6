"""What all charts share: letters, colours, edges, gridlines, and the button that saves them.

>>> import plotly.graph_objects as go
>>> drawn = chart([go.Scatter(x=[1, 2], y=[3, 4])], ("words", "n < 9"), "light", height=300)
>>> drawn.layout.yaxis.title.text, drawn.layout.height, drawn.layout.font.color
('n &lt; 9', 300, '#16181d')
>>> toolbar("svg", "growth", "Save")["toImageButtonOptions"]
{'format': 'svg', 'filename': 'growth'}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, Literal

import plotly.graph_objects as go

from attention_core.pictures.palette import INK, PAPER

Theme = Literal["light", "dark"]
Form = Literal["svg", "png"]
FAINT: Final = {"light": "rgba(22,24,29,0.12)", "dark": "rgba(242,241,236,0.16)"}
CAMERA: Final = 36
"""Pixels at the right that stay free for the button that saves: the legend ends before them."""
LEGEND: Final = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0}


def chart(
    traces: Sequence[Any], titles: tuple[str, str], theme: Theme, *,
    height: int = 430, x: Mapping[str, Any] | None = None, y: Mapping[str, Any] | None = None,
    **layout: Any,
) -> go.Figure:  # fmt: skip
    """These traces between two titled axes, drawn as every chart of ours.

    titles   of the axis along the bottom and of the upright one, in the reader's language
    height   in pixels; the width is that of the page
    x, y     what is peculiar to an axis, in Plotly's words
    layout   what is peculiar to the whole, in Plotly's words
    """
    # The paper is the page's own colour, not transparent: a saved chart lies on any other page.
    return go.Figure(
        traces,
        {
            "height": height, "margin": {"l": 10, "r": CAMERA, "t": 10, "b": 10},
            "font": {"color": INK[theme], "size": 15}, "dragmode": False,
            "paper_bgcolor": PAPER[theme], "plot_bgcolor": PAPER[theme], "legend": LEGEND,
            "xaxis": {**_axis(titles[0], theme), **(x or {})},
            "yaxis": {**_axis(titles[1], theme), **(y or {})},
            **layout,
        },
    )  # fmt: skip


def named_ticks(labels: Sequence[str], places: Sequence[int] | None = None) -> dict[str, Any]:
    """An axis on which words stand at numbers, so that equal words stay apart.

    places  where each label stands; by default at 0, 1, 2, …
    """
    return {
        "tickmode": "array",
        "tickvals": list(range(len(labels)) if places is None else places),
        "ticktext": [escape(label) for label in labels],
    }


def boxed(figure: go.Figure) -> None:
    """Lets a reader draw a box over several dots of a chart."""
    figure.update_layout(dragmode="select")


def toolbar(form: Form, file_name: str, said: str) -> dict[str, Any]:
    """Plotly's settings for a toolbar of one button that saves the chart.

    form       of the file; Plotly has one button, and it writes one form
    file_name  without its ending
    said       what the button is called, in the reader's language
    """
    plainly = ("Download plot", "Download plot as a PNG")
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": form,
            "filename": file_name,
            **({"scale": 2} if form == "png" else {}),
        },
        "locale": "atlas",
        "locales": {"atlas": {"dictionary": dict.fromkeys(plainly, said)}},
    }


def _axis(title: str, theme: Theme) -> dict[str, Any]:
    return {
        "title": escape(title), "automargin": True, "gridcolor": FAINT[theme],
        "zeroline": False, "tickfont": {"size": 14},
    }  # fmt: skip

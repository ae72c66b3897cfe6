"""The statistics figures as vector files, drawn from the same numbers as on the screen.

>>> from torch import tensor
>>> from attention_core.pictures.figures import heads_map
>>> numbers = tensor([[1.0, 2.0], [3.0, 4.0]])
>>> figure = heads_map(numbers, numbers, ("width", "reach"), "{layer}.{head}", "light")
>>> svg(figure, "#fbfbf9").count("<circle")  # one for each head
4
"""

from __future__ import annotations

from xml.sax.saxutils import escape

import plotly.graph_objects as go

WIDTH, HEIGHT = 720, 480
LEFT, RIGHT, TOP, BOTTOM = 72, 20, 20, 64
TICKS = 6


def svg(figure: go.Figure, background: str) -> str:
    """A scatter figure as a standalone SVG: its dots, rings, axes and titles.

    figure      scatter traces with `x`, `y` and markers, as `figures.heads_map` makes them
    background  colour of the paper, such as ``#fbfbf9``
    """
    ink = figure.layout.font.color
    spans = [_span([v for trace in figure.data for v in trace[axis]]) for axis in ("x", "y")]
    dots = [dot for trace in figure.data for dot in _dots(trace, spans)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="system-ui, sans-serif" font-size="15" fill="{ink}">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{background}"/>',
            *_axis(spans[0], figure.layout.xaxis.title.text, upright=False),
            *_axis(spans[1], figure.layout.yaxis.title.text, upright=True),
            *dots,
            "</svg>",
        ]
    )


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low or 1.0) * 0.06
    return low - room, high + room


def _place(value: float, span: tuple[float, float], upright: bool) -> float:
    share = (value - span[0]) / (span[1] - span[0])
    if upright:
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _dots(trace: go.Scatter, spans: list[tuple[float, float]]) -> list[str]:
    marker = trace.marker
    fills = [marker.color] * len(trace.x) if isinstance(marker.color, str) else marker.color
    return [
        f'<circle cx="{_place(x, spans[0], False):.1f}" cy="{_place(y, spans[1], True):.1f}" '
        f'r="{marker.size / 2:g}" fill="{"none" if fill.startswith("rgba") else fill}" '
        f'stroke="{marker.line.color}" stroke-width="{marker.line.width}"/>'
        for x, y, fill in zip(trace.x, trace.y, fills, strict=True)
    ]


def _axis(span: tuple[float, float], title: str, upright: bool) -> list[str]:
    lines = []
    for step in range(TICKS):
        value = span[0] + (span[1] - span[0]) * (step + 0.5) / TICKS
        at = _place(value, span, upright)
        if upright:
            lines.append(
                f'<text x="{LEFT - 10}" y="{at + 5:.1f}" text-anchor="end">{value:.2f}</text>'
                f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="currentColor" opacity=".12"/>'
            )
        else:
            lines.append(
                f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 24}" text-anchor="middle">{value:.2f}'
                f'</text><path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="currentColor" '
                'opacity=".12"/>'
            )
    centre = f"{HEIGHT / 2 - 20}" if upright else f"{(WIDTH + LEFT) / 2}"
    where = (
        f'transform="translate(20 {centre}) rotate(-90)"'
        if upright
        else f'x="{centre}" y="{HEIGHT - 12}"'
    )
    return [*lines, f'<text {where} text-anchor="middle">{escape(title)}</text>']

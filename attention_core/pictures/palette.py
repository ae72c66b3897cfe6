"""The colours of attention: a scale for light paper, one for a dark wall, and one for heads.

Both scales are straight lines in lightness (OKLab, Ottosson 2020), so equal steps of weight look
equal, in greyscale and to colour-blind eyes too. https://bottosson.github.io/posts/oklab/

>>> oklch(1.0, 0.0, 0.0), oklch(0.0, 0.0, 0.0)
('#ffffff', '#000000')
>>> SCALE["light"][0] > SCALE["light"][-1], len(SCALE["dark"]) == STEPS
(True, True)
"""

from __future__ import annotations

import math

STEPS = 17
PAPER = {"light": "#fbfbf9", "dark": "#15181e"}
INK = {"light": "#16181d", "dark": "#f2f1ec"}
ACCENT = {"light": "#b8430f", "dark": "#ff9a5c"}
"""What the reader has chosen, and nothing else."""

SIGNED = {
    "light": ("#b3263a", PAPER["light"], "#0b62a4"),
    "dark": ("#ff7f8e", PAPER["dark"], "#6cb8ff"),
}
"""Less, the same, more: red and blue, which colour-blind eyes tell apart."""

HEADS = {
    "light": (
        "#0b62a4", "#1c560b", "#00795c", "#a3287a", "#7a6a00", "#3a3fb5",
        "#b3263a", "#007d99", "#5d7d00", "#7d3fb0", "#8a5a2b", "#4a5a68",
    ),
    "dark": (
        "#6cb8ff", "#60a750", "#3fd6a8", "#f07fc9", "#e0c840", "#9fa4ff",
        "#ff7f8e", "#4fd3ee", "#b4d84a", "#cd9bff", "#d8a878", "#b4c4d2",
    ),
}  # fmt: skip
"""One colour a head, none of them the accent; heads beyond the twelfth start again."""


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """#rrggbb of an OKLCH colour; hue in degrees. Out of range is clipped to the screen's gamut."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(channel)):02x}" for channel in linear)


def _gamma(channel: float) -> float:
    channel = min(1.0, max(0.0, channel))
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _scale(start: tuple[float, float, float], end: tuple[float, float, float]) -> tuple[str, ...]:
    """From one (lightness, chroma, hue) to another, with more colour on the way."""
    colours = []
    for step in range(STEPS):
        share = step / (STEPS - 1)
        lightness, chroma, hue = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        colours.append(oklch(lightness, chroma + 0.09 * math.sin(math.pi * share), hue))
    return tuple(colours)


SCALE = {
    "light": _scale((0.985, 0.006, 230.0), (0.27, 0.075, 265.0)),
    "dark": _scale((0.235, 0.015, 265.0), (0.97, 0.035, 95.0)),
}
"""Weight 0 to weight 1, from the colour of the page outwards."""

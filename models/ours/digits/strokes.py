"""Digits as ink on squared paper, our own or a reader's, and how a network is given them.

>>> float(parsed("0" * SIDE * SIDE).sum())
0.0
>>> fitted(drawn(ready()[1])).shape
(8, 8)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import AttentionError

Ink = NDArray[np.float64]
"""(row, column), from 0, paper, to 1."""

SIDE: Final = 24
"""Cells along one side of the paper that a reader draws on."""
LEVELS: Final = 15
"""Steps between paper and ink; one hexadecimal digit says which."""
SMALL: Final = 8
"""Pixels along one side of what a network is given: that of scikit-learn's digits."""
PEN: Final = 1.8
"""How far ink reaches from the line, in cells."""
FAINT: Final = 0.2
"""Fainter ink does not count where the edges of a digit are looked for."""
LEAST: Final = 3.0
"""Ink in cells; less is a speck and no digit."""


@dataclass(frozen=True)
class Drawing:
    """A digit of ours: lines through points (across, down) of a square from 0 to 1."""

    digit: int
    lines: tuple[tuple[tuple[float, float], ...], ...]


def _line(*points: float) -> tuple[tuple[float, float], ...]:
    return tuple(zip(points[::2], points[1::2], strict=True))


def _arc(
    across: float, down: float, wide: float, high: float, first: float, last: float
) -> tuple[tuple[float, float], ...]:
    """Part of an ellipse; angles in degrees, 0 to the right, 90 below."""
    turns = np.radians(np.linspace(first, last, 24))
    xs, ys = across + wide * np.cos(turns), down + high * np.sin(turns)
    return tuple(zip(xs.tolist(), ys.tolist(), strict=True))


_DRAWINGS: Final = (
    Drawing(0, (_arc(0.5, 0.5, 0.27, 0.4, -100, 262),)),
    Drawing(1, (_line(0.34, 0.26, 0.54, 0.1, 0.54, 0.9),)),
    Drawing(2, ((*_arc(0.5, 0.32, 0.25, 0.22, -165, 45), *_line(0.24, 0.88, 0.8, 0.88)),)),
    Drawing(3, (_arc(0.46, 0.3, 0.25, 0.2, -150, 95), _arc(0.46, 0.69, 0.28, 0.21, -92, 150))),
    Drawing(4, (_line(0.6, 0.1, 0.2, 0.62, 0.82, 0.62), _line(0.62, 0.36, 0.6, 0.92))),
    Drawing(
        5,
        (_line(0.76, 0.11, 0.33, 0.11, 0.29, 0.46), _arc(0.46, 0.65, 0.28, 0.24, -125, 150)),
    ),
    Drawing(6, ((*_line(0.64, 0.08, 0.4, 0.32), *_arc(0.5, 0.66, 0.25, 0.24, -160, 200)),)),
    Drawing(7, (_line(0.2, 0.12, 0.8, 0.12, 0.42, 0.92), _line(0.34, 0.52, 0.72, 0.52))),
    Drawing(8, (_arc(0.5, 0.29, 0.2, 0.19, 90, 450), _arc(0.5, 0.7, 0.24, 0.21, -90, 270))),
    Drawing(9, (_arc(0.48, 0.33, 0.23, 0.23, 0, 360), _line(0.71, 0.33, 0.68, 0.6, 0.58, 0.92))),
)  # fmt: skip


_OTHERS: Final = (
    Drawing(0, (_arc(0.5, 0.5, 0.38, 0.4, -70, 300),)),
    Drawing(1, (_line(0.5, 0.1, 0.5, 0.9),)),
    Drawing(1, (_line(0.32, 0.28, 0.52, 0.1, 0.52, 0.9), _line(0.3, 0.9, 0.74, 0.9))),
    Drawing(2, (_line(0.22, 0.14, 0.76, 0.14, 0.76, 0.48, 0.24, 0.5, 0.24, 0.88, 0.8, 0.88),)),
    Drawing(
        2,
        ((*_arc(0.5, 0.32, 0.27, 0.22, -170, 70), *_arc(0.32, 0.76, 0.13, 0.13, -20, -330),
          *_line(0.5, 0.8, 0.8, 0.9)),),
    ),
    Drawing(3, (_line(0.24, 0.12, 0.74, 0.12, 0.46, 0.44), _arc(0.46, 0.67, 0.28, 0.23, -90, 150))),
    Drawing(4, (_line(0.28, 0.1, 0.24, 0.54, 0.8, 0.54), _line(0.72, 0.1, 0.68, 0.92))),
    Drawing(5, (_line(0.76, 0.12, 0.28, 0.12, 0.28, 0.48, 0.72, 0.5, 0.72, 0.88, 0.24, 0.88),)),
    Drawing(6, (_line(0.3, 0.1, 0.28, 0.66), _arc(0.5, 0.67, 0.22, 0.22, -180, 180))),
    Drawing(7, (_line(0.2, 0.12, 0.8, 0.12, 0.42, 0.92),)),
    Drawing(7, (_line(0.22, 0.26, 0.22, 0.12, 0.78, 0.12, 0.5, 0.92),)),
    Drawing(9, (_arc(0.48, 0.32, 0.24, 0.22, 0, 360), _line(0.72, 0.1, 0.72, 0.92))),
    Drawing(9, ((*_arc(0.5, 0.33, 0.22, 0.22, 0, -360), *_arc(0.44, 0.62, 0.28, 0.28, -20, 120)),)),
)  # fmt: skip
"""Other ways to write the same, to learn from beside those."""


def ready() -> tuple[Drawing, ...]:
    """One digit of each kind, from 0 to 9."""
    return _DRAWINGS


def varied(dice: np.random.Generator) -> tuple[int, Ink]:
    """Some digit, and its ink on the paper as another hand would have drawn it.

    >>> digit, ink = varied(np.random.default_rng(1))
    >>> digit, ink.shape, bool(ink.max() == 1)
    (4, (24, 24), True)
    """
    digit = int(dice.integers(len(_DRAWINGS)))
    known = [one for one in (*_DRAWINGS, *_OTHERS) if one.digit == digit]
    chosen = known[int(dice.integers(len(known)))]
    turn, lean = dice.uniform(-0.2, 0.2), dice.uniform(-0.25, 0.25)
    wide = math.exp(dice.uniform(-0.35, 0.25))
    bend = np.array([[wide * math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    bend = np.array([[1, lean], [0, 1]]) @ bend
    lines = []
    for line in chosen.lines:
        shaken = np.array(line) - 0.5 + dice.normal(0, 0.03, 2)
        shaken += dice.normal(0, 0.012, shaken.shape)
        lines.append(0.72 * (shaken @ bend.T) + 0.5)
    return digit, _inked(lines)


@cache
def _kept(drawing: Drawing) -> Ink:
    ink = _inked([np.array(line) for line in drawing.lines])
    ink.flags.writeable = False
    return ink


def _inked(lines: Sequence[NDArray[np.float64]]) -> Ink:
    """(cell, cell) of lines through points (across, down) of a square from 0 to 1."""
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    ink = np.zeros((SIDE, SIDE))
    for line in lines:
        points = line * SIDE
        for start, end in pairwise(points):
            ink = np.maximum(ink, pressed(_distance(columns, rows, start, end)))
    return ink


def drawn(drawing: Drawing) -> Ink:
    """A digit of ours as ink on the paper."""
    return _kept(drawing)


def pressed(distance: NDArray[Any]) -> Ink:
    """How much ink a pen leaves in a cell so far from its line: 1 near it, 0 from `PEN` + ½ on."""
    ink: Ink = np.clip(PEN + 0.5 - distance, 0, 1)
    return ink


def _distance(xs: Any, ys: Any, start: Any, end: Any) -> NDArray[np.float64]:
    """Of every cell from the line between two points."""
    (x, y), (dx, dy) = start, end - start
    along = np.clip(((xs - x) * dx + (ys - y) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
    found: NDArray[np.float64] = np.hypot(xs - x - along * dx, ys - y - along * dy)
    return found


def parsed(text: str) -> Ink | None:
    """What was drawn, row by row, a hexadecimal digit for each cell; None where it is none."""
    if len(text) != SIDE * SIDE or not set(text) <= set("0123456789abcdef"):
        return None
    steps = np.array([int(one, 16) for one in text], dtype=np.float64)
    ink: Ink = (steps / LEVELS).reshape(SIDE, SIDE)
    return ink


def written(ink: Ink) -> str:
    """The same in letters, as an address and the browser hold it.

    >>> written(parsed(written(drawn(ready()[8])))) == written(drawn(ready()[8]))
    True
    """
    steps = np.rint(ink * LEVELS).astype(int)
    return "".join(f"{step:x}" for step in steps.ravel())


def fitted(ink: Ink) -> Ink:
    """(8, 8): the digit as large as it will go, its shape kept, as scikit-learn's digits are.

    Raises AttentionError where there is no digit: other sizes, no numbers, no ink.
    """
    if ink.shape != (SIDE, SIDE) or not np.isfinite(ink).all():
        raise AttentionError(
            "A digit is drawn on {side} × {side} cells with ink from 0 to 1; this has the shape "
            "{shape}, or holds no numbers.",
            side=SIDE,
            shape=" × ".join(map(str, ink.shape)),
        )
    ink = ink.clip(0, 1)
    if ink.sum() < LEAST:
        raise AttentionError("There is nothing on the paper; draw a digit, or choose one.")
    seen = ink > FAINT
    down, across = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(down):
        raise AttentionError("There is nothing on the paper; draw a digit, or choose one.")
    top, low = float(down[0]), float(down[-1] + 1)
    left, right = float(across[0]), float(across[-1] + 1)
    side = max(low - top, right - left)
    middle, centre = (top + low) / 2, (left + right) / 2
    return _shares(middle, side) @ ink @ _shares(centre, side).T


def _shares(middle: float, side: float) -> Ink:
    """(pixel, cell): the mean over the cells that each of 8 pixels covers along one axis."""
    edges = middle - side / 2 + side / SMALL * np.arange(SMALL + 1)
    cells = np.arange(SIDE)
    low, high = np.maximum(edges[:-1, None], cells), np.minimum(edges[1:, None], cells + 1)
    shares: Ink = (high - low).clip(0) / (side / SMALL)
    return shares

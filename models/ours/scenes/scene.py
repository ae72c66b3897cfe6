"""Small pictures of shapes: 1 to 4 things on a grid of 3 × 3 cells, drawn without any library.

A seed makes the same picture everywhere. Every thing lies wholly in its cell, and its box is the
smallest rectangle around its pixels.

>>> scene = Scene((Thing("circle", "red", "small", cell=4, left=3, top=2),))
>>> box_of(scene.things[0])
Box(left=19, top=18, right=28, bottom=27)
>>> draw(scene).shape  # (row, column, red green blue)
(48, 48, 3)
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attention_core.axes.patches import Box

Pixels = NDArray[np.uint8]

SHAPES: Final = ("circle", "square", "triangle", "star")
COLOURS: Final = ("red", "green", "blue", "yellow")
SIZES: Final = ("small", "large")
GRID: Final = 3
CELL: Final = 16
"""Pixels along one side of a cell."""
SIDE: Final = GRID * CELL
CELLS: Final = GRID * GRID
MOST: Final = 4
"""Things of one picture."""

PIXELS: Final = {"small": 9, "large": 14}
PAINT: Final = {
    "red": (214, 48, 49),
    "green": (39, 155, 72),
    "blue": (45, 92, 214),
    "yellow": (240, 196, 25),
}
GROUND: Final = 226
"""How light the ground is, of 255; each picture differs from it by `UNEVEN` at most."""
UNEVEN: Final = 14
SHADE: Final = 16
"""How far the paint of a thing may differ from its colour."""


@dataclass(frozen=True)
class Thing:
    """One shape of a picture.

    cell       row by row from 0 to 8
    left, top  pixels from the corner of its cell
    shade      added to its paint
    """

    shape: str
    colour: str
    size: str
    cell: int
    left: int = 1
    top: int = 1
    shade: int = 0

    @property
    def row(self) -> int:
        return self.cell // GRID

    @property
    def column(self) -> int:
        return self.cell % GRID


@dataclass(frozen=True)
class Scene:
    """A picture: its things, in the order of their cells, and how light its ground is."""

    things: tuple[Thing, ...]
    ground: int = GROUND

    def without(self, cell: int) -> Scene:
        """The same picture with nothing in that cell."""
        return replace(self, things=tuple(one for one in self.things if one.cell != cell))


@cache
def stamp(shape: str, side: int) -> NDArray[np.bool_]:
    """(row, column): which pixels of a square a shape covers."""
    middle = (side - 1) / 2
    down, across = np.mgrid[:side, :side] - middle
    covered: NDArray[np.bool_] = COVERS[shape](down / (side / 2), across / (side / 2))
    return covered


def _star(down: NDArray[Any], across: NDArray[Any]) -> NDArray[np.bool_]:
    """Five points, one of them below: inside of straight lines from each to the notches beside."""
    outer, inner, turn = 1.12, 0.45, np.pi / 5
    angle = np.arctan2(across, -down) % (2 * turn)
    angle = np.minimum(angle, 2 * turn - angle)  # 0 towards a notch, `turn` towards a point
    line = inner * np.sin(angle) + outer * np.sin(turn - angle)
    covered: NDArray[np.bool_] = np.hypot(down, across) * line <= outer * inner * np.sin(turn)
    return covered


COVERS: Final[dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[np.bool_]]]] = {
    "circle": lambda down, across: np.hypot(down, across) <= 1,
    "square": lambda down, across: np.maximum(np.abs(down), np.abs(across)) <= 0.9,
    "triangle": lambda down, across: np.abs(across) <= (down + 1) / 2,
    "star": _star,
}


def box_of(thing: Thing) -> Box:
    """The smallest rectangle of the picture around the pixels of a thing."""
    covered = stamp(thing.shape, PIXELS[thing.size])
    down, across = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    left = thing.column * CELL + thing.left
    top = thing.row * CELL + thing.top
    return Box(
        left + int(across[0]), top + int(down[0]),
        left + int(across[-1]) + 1, top + int(down[-1]) + 1,
    )  # fmt: skip


def cell_box(cell: int) -> Box:
    """The pixels of a cell."""
    left, top = cell % GRID * CELL, cell // GRID * CELL
    return Box(left, top, left + CELL, top + CELL)


def draw(scene: Scene) -> Pixels:
    """(48, 48, 3), red, green and blue from 0 to 255."""
    picture = np.full((SIDE, SIDE, 3), scene.ground, np.uint8)
    for thing in scene.things:
        side = PIXELS[thing.size]
        left, top = thing.column * CELL + thing.left, thing.row * CELL + thing.top
        paint = np.clip(np.add(PAINT[thing.colour], thing.shade), 0, 255)
        picture[top : top + side, left : left + side][stamp(thing.shape, side)] = paint
    return picture


def placed(shape: str, colour: str, size: str, cell: int, dice: random.Random) -> Thing:
    """A thing somewhere in that cell, a little lighter or darker than its colour."""
    room = CELL - PIXELS[size]
    return Thing(
        shape, colour, size, cell, dice.randint(0, room), dice.randint(0, room),
        dice.randint(-SHADE, SHADE),
    )  # fmt: skip


def random_scene(dice: random.Random, least: int = 1, most: int = MOST) -> Scene:
    """A picture of so many different things; no two have the same shape, colour and size."""
    kinds = [(shape, colour, size) for shape in SHAPES for colour in COLOURS for size in SIZES]
    count = dice.randint(least, most)
    chosen = dice.sample(kinds, count)
    cells = sorted(dice.sample(range(CELLS), count))
    things = (placed(*kind, cell, dice) for kind, cell in zip(chosen, cells, strict=True))
    return Scene(tuple(things), GROUND + dice.randint(-UNEVEN, UNEVEN))


def centred(shape: str, colour: str, size: str, cell: int) -> Thing:
    """A thing in the middle of that cell, in its plain colour."""
    room = CELL - PIXELS[size]
    return Thing(shape, colour, size, cell, room // 2, room // 2)


def written(scene: Scene) -> str:
    """A picture in a few letters, for an address; where in its cell a thing lies is lost.

    >>> written(Scene((Thing("circle", "red", "small", 4),)))
    '5-small-red-circle'
    """
    return ".".join(f"{one.cell + 1}-{one.size}-{one.colour}-{one.shape}" for one in scene.things)


def parsed(text: str) -> Scene | None:
    """The picture that is written so; None where none is.

    >>> parsed("5-small-red-circle") == Scene((centred("circle", "red", "small", 4),))
    True
    >>> parsed("10-small-red-circle") is None
    True
    """
    things: dict[int, Thing] = {}
    for part in text.split(".") if text else ():
        pieces = part.split("-")
        if len(pieces) != 4 or pieces[0] not in map(str, range(1, CELLS + 1)):
            return None
        cell, size, colour, shape = int(pieces[0]) - 1, *pieces[1:]
        if size not in SIZES or colour not in COLOURS or shape not in SHAPES:
            return None
        things[cell] = centred(shape, colour, size, cell)
    return Scene(tuple(things[cell] for cell in sorted(things)))

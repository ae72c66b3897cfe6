"""Short clips of shapes: one moves, one changes its colour twice, two come and go.

Eight frames of 32 × 32 pixels over a grid of 4 × 4 cells. Each question needs the order of frames:
the same frames in another order have another answer, or none.

>>> clip = random_clip(random.Random(1))
>>> film(clip).shape  # (frame, row, column, channel)
(8, 32, 32, 3)
>>> [question.kind for question in clip_questions(clip)]
['before', 'before', 'way', 'last']
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attention_core.axes.patches import Box
from models.ours.scenes.scene import (
    COLOURS,
    GROUND,
    PAINT,
    SHADE,
    SHAPES,
    UNEVEN,
    Pixels,
    stamp,
)
from models.ours.scenes.words import WAYS

FRAMES: Final = 8
SECONDS: Final = 0.25
"""Of one frame."""
CLIP_GRID: Final = 4
CLIP_CELL: Final = 8
CLIP_SIDE: Final = CLIP_GRID * CLIP_CELL
THING_SIDE: Final = 7
STEPS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
CLIP_KINDS: Final = ("before", "way", "last")
CLIP_ANSWERS: Final = (*COLOURS, *WAYS, *SHAPES)


@dataclass(frozen=True)
class Actor:
    """A thing of a clip.

    colours  in each frame; empty where it is not to be seen
    corners  (left, top) in pixels, in each frame
    """

    shape: str
    colours: tuple[str, ...]
    corners: tuple[tuple[int, int], ...]

    def box(self, frame: int) -> Box:
        """The smallest rectangle around its pixels."""
        covered = outline(self.shape)
        down, across = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
        left, top = self.corners[frame]
        return Box(
            left + int(across[0]), top + int(down[0]),
            left + int(across[-1]) + 1, top + int(down[-1]) + 1,
        )  # fmt: skip


@dataclass(frozen=True)
class Clip:
    """mover, changer, and two visitors, of four different shapes.

    way      in which the mover goes
    changes  the first frames of the changer's second and third colour
    arrived  the first frame of each visitor
    """

    mover: Actor
    changer: Actor
    visitors: tuple[Actor, Actor]
    way: str
    changes: tuple[int, int]
    arrived: tuple[int, int]
    ground: int = GROUND
    shade: int = 0

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (self.mover, self.changer, *self.visitors)


class ClipQuestion(NamedTuple):
    """frames: those that show the answer; actor: who it is about."""

    kind: str
    text: str
    answer: str
    frames: tuple[int, ...]
    actor: Actor


def outline(shape: str) -> NDArray[np.bool_]:
    """(row, column): which pixels of its square a shape covers.

    A star stands on two points here; in pictures, whose models learnt it so, it stands on one.
    """
    covered = stamp(shape, THING_SIDE)
    return covered[::-1] if shape == "star" else covered


def cell_of(actor: Actor, frame: int) -> int:
    """The cell of the grid, row by row, in which the middle of an actor lies."""
    left, top = actor.corners[frame]
    middle = THING_SIDE // 2
    return (top + middle) // CLIP_CELL * CLIP_GRID + (left + middle) // CLIP_CELL


def random_clip(dice: random.Random) -> Clip:
    """A clip of four shapes; nobody stands where the mover comes by."""
    shapes = dice.sample(SHAPES, len(SHAPES))
    way = dice.choice(WAYS)
    lane = dice.randrange(CLIP_GRID)
    free = [
        (column, row)
        for column in range(CLIP_GRID)
        for row in range(CLIP_GRID)
        if (row if way in ("left", "right") else column) != lane
    ]
    spots = [
        (column * CLIP_CELL + dice.randint(0, 1), row * CLIP_CELL + dice.randint(0, 1))
        for column, row in dice.sample(free, 3)
    ]
    mover = Actor(shapes[0], (dice.choice(COLOURS),) * FRAMES, _path(way, lane, dice))
    changes = dice.choice([(a, b) for a in range(1, FRAMES) for b in range(a + 2, FRAMES)])
    three = dice.sample(COLOURS, 3)
    turned = tuple(three[(frame >= changes[0]) + (frame >= changes[1])] for frame in range(FRAMES))
    changer = Actor(shapes[1], turned, (spots[0],) * FRAMES)
    stay = dice.randint(2, 3)
    early = dice.randint(0, FRAMES - stay - 2)
    late = dice.randint(early + 2, FRAMES - stay)
    visitors = tuple(
        Actor(shape, _visible(first, stay, dice.choice(COLOURS)), (spot,) * FRAMES)
        for shape, first, spot in zip(shapes[2:], (early, late), spots[1:], strict=True)
    )
    return Clip(
        mover, changer, (visitors[0], visitors[1]), way, changes, (early, late),
        GROUND + dice.randint(-UNEVEN, UNEVEN), dice.randint(-SHADE, SHADE),
    )  # fmt: skip


def _path(way: str, lane: int, dice: random.Random) -> tuple[tuple[int, int], ...]:
    """Corners of something that goes along a row or a column, 2 or 3 pixels in each frame."""
    pace = dice.choice((2, 3))
    room = CLIP_SIDE - THING_SIDE - pace * (FRAMES - 1)
    start = dice.randint(0, room)
    along = [start + pace * frame for frame in range(FRAMES)]
    if way in ("left", "up"):
        along.reverse()
    beside = lane * CLIP_CELL + dice.randint(0, 1)
    return tuple((one, beside) if way in ("left", "right") else (beside, one) for one in along)


def _visible(first: int, stay: int, colour: str) -> tuple[str, ...]:
    return tuple(colour if first <= frame < first + stay else "" for frame in range(FRAMES))


def film(clip: Clip) -> Pixels:
    """(8, 32, 32, 3), red, green and blue from 0 to 255."""
    frames = np.full((FRAMES, CLIP_SIDE, CLIP_SIDE, 3), clip.ground, np.uint8)
    for actor in clip.actors:
        covered = outline(actor.shape)
        for frame, (colour, (left, top)) in enumerate(
            zip(actor.colours, actor.corners, strict=True)
        ):
            if colour:
                paint = np.clip(np.add(PAINT[colour], clip.shade), 0, 255)
                frames[frame, top : top + THING_SIDE, left : left + THING_SIDE][covered] = paint
    return frames


def clip_questions(clip: Clip) -> tuple[ClipQuestion, ...]:
    """Every question about a clip: two of before, one of the way, one of who appears last."""
    shape, colours = clip.changer.shape, clip.changer.colours
    before = tuple(
        ClipQuestion(
            "before", f"what colour was the {shape} before it turned {colours[change]}",
            colours[change - 1], (change - 1, change), clip.changer,
        )
        for change in clip.changes
    )  # fmt: skip
    way = ClipQuestion(
        "way", f"which way does the {clip.mover.shape} move", clip.way,
        tuple(range(FRAMES)), clip.mover,
    )  # fmt: skip
    last = clip.visitors[1]
    arrived = clip.arrived[1]
    return (
        *before, way,
        ClipQuestion(
            "last", "what appears last", last.shape,
            tuple(frame for frame in range(arrived, FRAMES) if last.colours[frame]), last,
        ),
    )  # fmt: skip

"""Questions about a picture, each with its answer and the things that it is about.

>>> scene = Scene((Thing("circle", "red", "small", 0), Thing("star", "blue", "large", 2)))
>>> [(one.text, one.answer) for one in asked(scene, random.Random(1), "colour")]
[('what colour is the circle', 'red')]
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from models.ours.scenes.scene import COLOURS, MOST, SHAPES, SIZES, Scene, Thing
from models.ours.scenes.words import THING

KINDS: Final = ("colour", "shape", "count", "left", "exists")
ANSWERS: Final = (*COLOURS, *SHAPES, *map(str, range(MOST + 1)), "yes", "no")


class Kind(NamedTuple):
    """What a phrase says of a thing; an empty part says nothing."""

    size: str = ""
    colour: str = ""
    shape: str = ""

    def fits(self, thing: Thing) -> bool:
        return all(
            not wanted or wanted == found
            for wanted, found in zip(self, (thing.size, thing.colour, thing.shape), strict=True)
        )

    def among(self, scene: Scene) -> list[Thing]:
        return [thing for thing in scene.things if self.fits(thing)]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.size, self.colour, self.shape or THING)))


class Question(NamedTuple):
    """things: those that the answer rests on; none where something is not there."""

    kind: str
    text: str
    answer: str
    things: tuple[Thing, ...]


def asked(scene: Scene, dice: random.Random, kind: str) -> Iterator[Question]:
    """One question of that kind; none where this picture does not allow it."""
    yield from ASK[kind](scene, dice)


def _only(scene: Scene, dice: random.Random, hidden: str) -> tuple[Kind, Thing] | None:
    """A thing and a shortest way to speak of it alone without saying the hidden part."""
    thing = dice.choice(scene.things)
    size, colour, shape = thing.size, thing.colour, thing.shape
    kinds = (
        [Kind(shape=shape), Kind(size, shape=shape)]
        if hidden == "colour"
        else [Kind(colour=colour), Kind(size, colour)]
    )
    alone = [kind for kind in kinds if len(kind.among(scene)) == 1]
    return (dice.choice(alone), thing) if alone else None


def _colour(scene: Scene, dice: random.Random) -> Iterator[Question]:
    found = _only(scene, dice, "colour")
    if found:
        kind, thing = found
        yield Question("colour", f"what colour is the {kind}", thing.colour, (thing,))


def _shape(scene: Scene, dice: random.Random) -> Iterator[Question]:
    found = _only(scene, dice, "shape")
    if found:
        kind, thing = found
        yield Question("shape", f"what shape is the {kind}", thing.shape, (thing,))


def _any_kind(scene: Scene, dice: random.Random) -> Kind:
    """A phrase that often fits something of the picture and often nothing."""
    thing = dice.choice(scene.things)
    like = Kind(thing.size, thing.colour, thing.shape)
    other = Kind(dice.choice(SIZES), dice.choice(COLOURS), dice.choice(SHAPES))
    mixed = Kind(*(dice.choice(pair) for pair in zip(like, like, other, strict=True)))
    parts = dice.choice(((0, 1), (0, 2), (1, 2), (1,), (2,), (1, 2)))
    return Kind(*(part if place in parts else "" for place, part in enumerate(mixed)))


def _count(scene: Scene, dice: random.Random) -> Iterator[Question]:
    kind = Kind() if dice.random() < 0.15 else _any_kind(scene, dice)
    found = kind.among(scene)
    yield Question("count", f"how many {kind}s are there", str(len(found)), tuple(found))


def _left(scene: Scene, dice: random.Random) -> Iterator[Question]:
    named = [
        (Kind(colour=thing.colour, shape=thing.shape), thing)
        for thing in scene.things
        if len(Kind(colour=thing.colour, shape=thing.shape).among(scene)) == 1
    ]
    pairs = [(a, b) for a in named for b in named if a[1].column != b[1].column]
    if pairs:
        (one, first), (other, second) = dice.choice(pairs)
        side = dice.choice(("left", "right"))
        yes = (first.column < second.column) == (side == "left")
        text = f"is the {one} {side} of the {other}"
        yield Question("left", text, "yes" if yes else "no", (first, second))


def _exists(scene: Scene, dice: random.Random) -> Iterator[Question]:
    there = dice.random() < 0.5
    for _ in range(20):
        kind = _any_kind(scene, dice)
        found = kind.among(scene)
        if bool(found) == there:
            answer = "yes" if there else "no"
            yield Question("exists", f"is there a {kind}", answer, tuple(found))
            return


ASK: Final = {
    "colour": _colour, "shape": _shape, "count": _count, "left": _left, "exists": _exists,
}  # fmt: skip

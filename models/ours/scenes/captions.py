"""Captions of pictures: what they say, where each phrase lies, and whether they are true.

>>> scene = Scene((Thing("circle", "red", "small", 0), Thing("square", "blue", "large", 2)))
>>> made = caption(scene, random.Random(1))
>>> made.text
'a small red circle left of a large blue square'
>>> true_of(made, scene), [phrase.thing.cell for phrase in made.phrases]
(True, [0, 2])
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise, permutations
from typing import Final, NamedTuple

from models.ours.scenes.questions import Kind
from models.ours.scenes.scene import COLOURS, SHAPES, SIZES, Scene, Thing

RELATIONS: Final[dict[str, Callable[[Thing, Thing], bool]]] = {
    "left of": lambda one, other: one.column < other.column,
    "right of": lambda one, other: one.column > other.column,
    "above": lambda one, other: one.row < other.row,
    "below": lambda one, other: one.row > other.row,
}


class Phrase(NamedTuple):
    """A thing in words. first: the place of its article among the caption's words."""

    kind: Kind
    thing: Thing
    first: int

    @property
    def words(self) -> range:
        """The places of its size, colour and shape."""
        return range(self.first + 1, self.first + 1 + len(str(self.kind).split()))


class Caption(NamedTuple):
    """relations: between each phrase and the one before it; "and" says nothing of places."""

    phrases: tuple[Phrase, ...]
    relations: tuple[str, ...]

    @property
    def text(self) -> str:
        parts = [f"a {self.phrases[0].kind}"]
        for relation, phrase in zip(self.relations, self.phrases[1:], strict=True):
            parts.append(f"{relation} a {phrase.kind}")
        return " ".join(parts)


def caption(scene: Scene, dice: random.Random) -> Caption:
    """Every thing of a picture in full, in any order, one relation between the first two."""
    things = dice.sample(scene.things, len(scene.things))
    relations = list[str]()
    for place, (one, other) in enumerate(pairwise(things)):
        true = [name for name, holds in RELATIONS.items() if holds(one, other)]
        relations.append(dice.choice(true) if place == 0 else "and")
    kinds = [Kind(thing.size, thing.colour, thing.shape) for thing in things]
    return _counted(kinds, things, relations)


def _counted(kinds: list[Kind], things: list[Thing], relations: list[str]) -> Caption:
    """The caption with the place of each phrase."""
    phrases, place = list[Phrase](), 0
    for at, (kind, thing) in enumerate(zip(kinds, things, strict=True)):
        place += len(relations[at - 1].split()) if at else 0
        phrases.append(Phrase(kind, thing, place))
        place += 1 + len(str(kind).split())
    return Caption(tuple(phrases), tuple(relations))


def true_of(said: Caption, scene: Scene) -> bool:
    """Whether different things of the picture are as the caption says, each where it says."""
    if not all(phrase.kind.among(scene) for phrase in said.phrases):
        return False
    for things in permutations(scene.things, len(said.phrases)):
        fits = all(
            phrase.kind.fits(thing) for phrase, thing in zip(said.phrases, things, strict=True)
        )
        holds = all(
            relation == "and" or RELATIONS[relation](one, other)
            for relation, one, other in zip(said.relations, things, things[1:], strict=False)
        )
        if fits and holds:
            return True
    return False


def one_word_changed(said: Caption, scene: Scene, dice: random.Random) -> tuple[Caption, int]:
    """A caption that is no longer true because one size, colour or shape is another.

    returns  the caption, and which of its words was changed
    """
    while True:
        at, part = dice.randrange(len(said.phrases)), dice.randrange(3)
        phrase = said.phrases[at]
        others = [word for word in (SIZES, COLOURS, SHAPES)[part] if word != phrase.kind[part]]
        parts = list(phrase.kind)
        parts[part] = dice.choice(others)
        changed = phrase._replace(kind=Kind(*parts))
        phrases = (*said.phrases[:at], changed, *said.phrases[at + 1 :])
        made = said._replace(phrases=phrases)
        if not true_of(made, scene):
            return made, phrase.first + 1 + part


def colours_swapped(said: Caption, scene: Scene) -> Caption | None:
    """The caption with the colours of two of its things exchanged; None where that stays true."""
    for one in range(len(said.phrases)):
        for other in range(one + 1, len(said.phrases)):
            phrases = list(said.phrases)
            first, second = phrases[one].kind, phrases[other].kind
            phrases[one] = phrases[one]._replace(kind=first._replace(colour=second.colour))
            phrases[other] = phrases[other]._replace(kind=second._replace(colour=first.colour))
            made = said._replace(phrases=tuple(phrases))
            if not true_of(made, scene):
                return made
    return None

"""Batches to learn from: pictures with what `Cells` sees of them, and what is said about them.

>>> dice = random.Random(1)
>>> pool = Pool.of(Cells(), [random_scene(dice) for _ in range(3)])
>>> pool.seen.shape
torch.Size([3, 9, 64])
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from models.ours.scenes.captions import Caption, caption
from models.ours.scenes.cells import Cells
from models.ours.scenes.clips import (
    CLIP_GRID,
    CLIP_KINDS,
    FRAMES,
    Clip,
    ClipQuestion,
    cell_of,
    clip_questions,
    film,
    random_clip,
)
from models.ours.scenes.moments import Frames
from models.ours.scenes.questions import KINDS, Question, asked
from models.ours.scenes.scene import (
    CELL,
    COLOURS,
    GROUND,
    SHAPES,
    SIZES,
    UNEVEN,
    Scene,
    Thing,
    draw,
    placed,
    random_scene,
)

AT_ONCE: Final = 256
SIDES: Final = "left"
"""The kind of question that two things decide together."""
OTHER_WAY: Final = " right of "
ALONE, ONE_WAY, BOTH_WAYS = 0.4, 0.5, 0.6
"""So far, of all steps, nothing is asked about sides; so far nothing else, in one direction; and so
far nothing else, in both. With both from the beginning neither thing's place tells anything of the
answer by itself; and among other questions sides are learnt by far the slowest."""


def pixels(scenes: Sequence[Scene]) -> Tensor:
    """(picture, row, column, channel), 0 to 255."""
    return torch.from_numpy(np.stack([draw(scene) for scene in scenes]))


@dataclass(frozen=True)
class Pool:
    """Pictures, and what the cells of each look like: (picture, cell, width)."""

    scenes: tuple[Scene, ...]
    seen: Tensor

    @classmethod
    def of(cls, cells: Cells, scenes: Sequence[Scene]) -> Pool:
        with torch.no_grad():
            parts = [
                cells(pixels(scenes[start : start + AT_ONCE]))
                for start in range(0, len(scenes), AT_ONCE)
            ]
        return cls(tuple(scenes), torch.cat(parts))

    def at(self, which: Sequence[int]) -> Tensor:
        """(picture, cell, width) of these."""
        return self.seen[list(which)]


@dataclass(frozen=True)
class ClipPool:
    """Clips, and what every frame looks like: (clip, frame, cell, width)."""

    scenes: tuple[Clip, ...]
    seen: Tensor

    @classmethod
    def of(cls, cells: Frames, clips: Sequence[Clip]) -> ClipPool:
        with torch.no_grad():
            parts = [cells(films(clips[start : start + 50])) for start in range(0, len(clips), 50)]
        return cls(tuple(clips), torch.cat(parts))

    def at(self, which: Sequence[int]) -> Tensor:
        """(clip, frame, cell, width) of these."""
        return self.seen[list(which)]


def films(clips: Sequence[Clip]) -> Tensor:
    """(clip, frame, row, column, channel), 0 to 255."""
    return torch.from_numpy(np.stack([film(clip) for clip in clips]))


def single_frames(dice: random.Random, clips: int) -> tuple[Tensor, Tensor]:
    """All frames of clips, and the shape and the colour of what has its middle in each cell.

    returns  (frame, row, column, channel) and (frame, cell, shape colour), the last = nothing
    """
    made = random_clips(dice, clips)
    named = np.full((clips, FRAMES, CLIP_GRID**2, 2), len(SHAPES), np.int64)
    for number, clip in enumerate(made):
        for actor in clip.actors:
            for frame, colour in enumerate(actor.colours):
                if colour:
                    names = SHAPES.index(actor.shape), COLOURS.index(colour)
                    named[number, frame, cell_of(actor, frame)] = names
    return films(made).flatten(0, 1), torch.from_numpy(named).flatten(0, 1)


def single_cells(dice: random.Random, count: int) -> tuple[Tensor, Tensor]:
    """Pictures of one cell each, a tenth of them empty, and what is in them.

    returns  (cell, row, column, channel) and (cell, shape colour size), the last number = nothing
    """
    pictures = np.empty((count, CELL, CELL, 3), np.uint8)
    named = np.empty((count, 3), np.int64)
    for number in range(count):
        things: tuple[Thing, ...] = ()
        names = len(SHAPES), len(COLOURS), len(SIZES)
        if dice.random() < 0.9:
            names = dice.randrange(4), dice.randrange(4), dice.randrange(2)
            shape, colour, size = SHAPES[names[0]], COLOURS[names[1]], SIZES[names[2]]
            things = (placed(shape, colour, size, 0, dice),)
        scene = Scene(things, GROUND + dice.randint(-UNEVEN, UNEVEN))
        pictures[number], named[number] = draw(scene)[:CELL, :CELL], names
    return torch.from_numpy(pictures), torch.from_numpy(named)


def any_question(scene: Scene, dice: random.Random, kinds: Sequence[str] = KINDS) -> Question:
    """A question of a random kind among those that the picture allows."""
    while True:
        for question in asked(scene, dice, dice.choice(kinds)):
            return question


def taught(
    scenes: Sequence[Scene], which: Sequence[int], dice: random.Random, at: float
) -> tuple[list[int], list[Question]]:
    """What to learn from: a question about each of these pictures.

    at       how far training is, from 0 to 1
    returns  numbers of pictures, and the questions; while sides alone are learnt, a picture that
             allows no such question gives way to another one
    """
    others = [kind for kind in KINDS if kind != SIDES]
    kinds = others if at < ALONE else [SIDES] if at < BOTH_WAYS else [SIDES] * len(others) + others
    shown, questions = list[int](), list[Question]()
    for number in which:
        while kinds == [SIDES] and not any(asked(scenes[number], dice, SIDES)):
            number = dice.randrange(len(scenes))
        question = any_question(scenes[number], dice, kinds)
        while at < ONE_WAY and OTHER_WAY in question.text:
            question = any_question(scenes[number], dice, kinds)
        shown.append(number)
        questions.append(question)
    return shown, questions


def any_clip_question(clip: Clip, dice: random.Random) -> ClipQuestion:
    """A question of a random kind about a clip."""
    kind = dice.choice(CLIP_KINDS)
    return dice.choice([one for one in clip_questions(clip) if one.kind == kind])


def twin(scene: Scene, dice: random.Random) -> Scene:
    """The same picture with the colours of two things exchanged, or of one changed."""
    things = list(scene.things)
    pairs = [
        (one, other)
        for one in range(len(things))
        for other in range(one + 1, len(things))
        if things[one].colour != things[other].colour
    ]
    if pairs:
        one, other = dice.choice(pairs)
        first, second = things[one].colour, things[other].colour
        things[one] = replace(things[one], colour=second)
        things[other] = replace(things[other], colour=first)
    else:
        at = dice.randrange(len(things))
        others = [colour for colour in COLOURS if colour != things[at].colour]
        things[at] = replace(things[at], colour=dice.choice(others))
    return replace(scene, things=tuple(things))


def shorter(said: Caption, dice: random.Random, share: float = 0.25) -> Caption:
    """The caption with the size of some of its things left unsaid."""
    phrases, lost = [], 0
    for phrase in said.phrases:
        phrase = phrase._replace(first=phrase.first - lost)
        if dice.random() < share:
            phrase, lost = phrase._replace(kind=phrase.kind._replace(size="")), lost + 1
        phrases.append(phrase)
    return said._replace(phrases=tuple(phrases))


def described(scene: Scene, dice: random.Random) -> Caption:
    return shorter(caption(scene, dice), dice)


def random_scenes(dice: random.Random, count: int) -> list[Scene]:
    return [random_scene(dice) for _ in range(count)]


def random_clips(dice: random.Random, count: int) -> list[Clip]:
    return [random_clip(dice) for _ in range(count)]


def with_twins(dice: random.Random, count: int) -> list[Scene]:
    """Pictures and their twins, one after the other."""
    scenes = random_scenes(dice, count)
    return [one for scene in scenes for one in (scene, twin(scene, dice))]

"""The models of scenes as pages use them: a picture or a clip and a text in; a record and more out.

>>> from models.ours.scenes.scene import Thing
>>> scene = Scene((Thing("circle", "red", "small", 4),))
>>> reply = ask("scenes-co-attention", scene, "What colour is the circle?")
>>> reply.answers[0].text
'red'
>>> str(reply.record.sites[0].keys.tokens[4].text)  # the cell in the middle
'2, 2'
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from attention_core.axes.frames import frames
from attention_core.axes.patches import PatchAxis, patches
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import AttentionError
from attention_core.watching.record import AttentionRecord, Integrity, Site, Stored
from models.ours.looks import Traced, integrity, site
from models.ours.scenes import asking, matching, towers
from models.ours.scenes.clips import (
    CLIP_ANSWERS,
    CLIP_GRID,
    CLIP_SIDE,
    FRAMES,
    SECONDS,
    Clip,
)
from models.ours.scenes.lessons import films, pixels
from models.ours.scenes.moments import TIME
from models.ours.scenes.questions import ANSWERS
from models.ours.scenes.recipes import open_model
from models.ours.scenes.scene import COLOURS, GRID, SHAPES, SIDE, SIZES, Scene
from models.ours.scenes.words import known, read

SAYS: Final = (SIZES, COLOURS, SHAPES)
"""What one word of a caption may be exchanged within."""


class Answer(NamedTuple):
    """An answer and its probability."""

    text: str
    share: float


class Reply(NamedTuple):
    """An answered question.

    answers   every answer, the likeliest first
    words     (place,), how much each place of the question was listened to; None where nothing says
    affinity  (place, cell) of co-attention, −1 to 1; None where there is none
    """

    record: AttentionRecord[Any]
    text: TextAxis
    answers: tuple[Answer, ...]
    words: Tensor | None = None
    affinity: Tensor | None = None


class Fit(NamedTuple):
    """A caption held against a picture, word by word.

    words  (word,), the cosine of each word and of what it found in the picture
    fit    their mean
    """

    record: AttentionRecord[Any]
    text: TextAxis
    words: Tensor
    fit: float


class Likeness(NamedTuple):
    """Captions held against a picture by two towers that never see each other.

    captions  the reader's, then the same with one word exchanged
    cosines   (caption,)
    shares    (caption,), which of them belongs to the picture, by CLIP's own softmax
    patches   (cell,), the cosine of each patch and the reader's caption
    words     (place, cell), that of each patch and the caption up to each of its places
    """

    record: AttentionRecord[Any]
    text: TextAxis
    captions: tuple[str, ...]
    cosines: Tensor
    shares: Tensor
    patches: Tensor
    words: Tensor


@lru_cache(maxsize=8)
def network(name: str) -> Any:
    """The network of that name, opened once."""
    return open_model(name)


def _seen(model: Any, scene: Scene, covered: Sequence[int]) -> Tensor:
    """(1, cell, width): what the model sees; a covered cell is drawn as empty ground."""
    for cell in covered:
        scene = scene.without(cell)
    seen: Tensor = model.cells(pixels([scene]))
    return seen


def _cells(before: tuple[str, ...] = ()) -> PatchAxis:
    return patches(GRID, GRID, SIDE, SIDE, before)


@torch.inference_mode()
def ask(name: str, scene: Scene, question: str, covered: Sequence[int] = ()) -> Reply:
    """What a model answers to a question about a picture.

    covered  cells that are hidden from it

    Raises TextError where the question cannot be read.
    """
    axis, numbers = read(question, asking.LONGEST)
    model = network(name)
    answered = model(_seen(model, scene, covered), torch.tensor([numbers]))
    sites = tuple(
        site(look, axis, _cells() if look.place.crosses else axis) for look in answered.looks
    )
    extras = {one.name: one.tensor[0] for one in answered.looks[0].trace.extras}
    return Reply(
        AttentionRecord(name, sites, (axis, _cells())),
        axis,
        _ranked(answered.logits[0], ANSWERS),
        None if answered.words is None else answered.words[0],
        extras["affinity"][0] if "affinity" in extras else None,
    )


def _ranked(logits: Tensor, names: Sequence[str]) -> tuple[Answer, ...]:
    shares = logits.softmax(-1)
    order = shares.argsort(descending=True).tolist()
    return tuple(Answer(names[one], float(shares[one])) for one in order)


@torch.inference_mode()
def match(scene: Scene, caption: str, covered: Sequence[int] = ()) -> Fit:
    """How well each word of a caption finds its match in a picture, by stacked cross attention.

    Raises TextError where the caption cannot be read.
    """
    axis, numbers = read(caption, matching.LONGEST + 2)
    axis = TextAxis(axis.name, axis.text, axis.tokens[1:-1], axis.language)
    name = "scenes-stacked-cross"
    model = network(name)
    regions = model.regions(_seen(model, scene, covered))
    fits = model.fits(regions, torch.tensor([numbers[1:-1]]))
    record: AttentionRecord[Any] = AttentionRecord(
        name, (site(fits.look, axis, _cells()),), (axis, _cells())
    )
    return Fit(record, axis, fits.words[0], float(fits.mean[0]))


@torch.inference_mode()
def compare(scene: Scene, caption: str, covered: Sequence[int] = ()) -> Likeness:
    """A caption and its neighbours against a picture, by two towers.

    Raises TextError where the caption cannot be read.
    """
    axis, numbers = read(caption, towers.LONGEST)
    name = "scenes-clip"
    model = network(name)
    seen, said = model.see(_seen(model, scene, covered)), model.hear(torch.tensor([numbers]))
    captions = (axis.text, *neighbours(axis))
    read_all = [read(one, towers.LONGEST)[1] for one in captions]
    heard = torch.cat([model.hear(torch.tensor([one])).whole for one in read_all])
    cosines = heard @ seen.whole[0]
    cells = _cells(("[CLS]",))
    sites = (
        *(site(look, cells, cells) for look in seen.looks),
        *(site(look, axis, axis) for look in said.looks),
    )
    towards = said.parts[0] @ seen.parts[0, 1:].mT
    return Likeness(
        AttentionRecord(name, sites, (cells, axis)), axis, captions, cosines,
        (model.scale * cosines).softmax(-1), seen.parts[0, 1:] @ said.whole[0], towards,
    )  # fmt: skip


def neighbours(axis: TextAxis) -> tuple[str, ...]:
    """The caption with one size, colour or shape exchanged for each other one, in turn."""
    made = []
    for token in axis.tokens:
        word = None if token.special else known(token.text)
        for group in SAYS:
            if word in group:
                made += [
                    axis.text[: token.start] + other + axis.text[token.end :]
                    for other in group
                    if other != word
                ]
    return tuple(made)


@torch.inference_mode()
def watch(clip: Clip, question: str, order: Sequence[int] = tuple(range(FRAMES))) -> Reply:
    """What the model answers to a question about a clip, its frames shown in that order.

    record  of two sites: `space-cross.0` from every frame to its cells, `time-cross.0` from the
            question to the frames

    Raises TextError where the question cannot be read.
    """
    if not order or any(not 0 <= frame < FRAMES for frame in order) or len(order) > FRAMES:
        raise AttentionError(
            "A clip has {frames} frames; show from 1 to {frames} of them.", frames=FRAMES
        )
    axis, numbers = read(question, asking.LONGEST)
    model = network("scenes-clips")
    seen = model.cells(films([clip])[:, list(order)])
    answered = model(seen, torch.tensor([numbers]))
    time, cells = (
        frames(len(order), SECONDS, "clip"),
        patches(CLIP_GRID, CLIP_GRID, CLIP_SIDE, CLIP_SIDE),
    )
    asks = TextAxis("question", axis.text, (Token(axis.text, 0, len(axis.text)),), "en")
    sites = tuple(
        site(look, asks, time) if look.place == TIME else _of_frames(look, time, cells)
        for look in answered.looks
    )
    record = AttentionRecord("scenes-clips", sites, (axis, time, cells))
    return Reply(record, axis, _ranked(answered.logits[0], CLIP_ANSWERS))


def _of_frames(look: Traced, time: Any, cells: PatchAxis) -> Site[Any]:
    """One site of a look that every frame has for itself: its rows are the frames."""
    weights = look.trace.weights.flatten(0, 2).unsqueeze(0)  # (1 head, frame, cell)
    gaps = [integrity(look, row) for row in range(len(look.trace.weights))]
    worst = Integrity(max(one.rows for one in gaps), max(one.output or 0.0 for one in gaps))
    return Site((look.place,), 1, time, cells, Stored(weights), worst)

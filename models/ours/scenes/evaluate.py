"""Measure a model of scenes on pictures that it never saw, beside controls; write its card.

python -m models.ours.scenes.evaluate scenes-co-attention
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from models.ours.scenes.asking import Answered, Asking
from models.ours.scenes.captions import Caption, caption, colours_swapped, one_word_changed, true_of
from models.ours.scenes.clips import (
    CLIP_ANSWERS,
    CLIP_KINDS,
    FRAMES,
    ClipQuestion,
    cell_of,
    clip_questions,
    random_clip,
)
from models.ours.scenes.lessons import ClipPool, Pool, any_question, random_scenes
from models.ours.scenes.matching import Matching
from models.ours.scenes.moments import SPACE, TIME, Moments
from models.ours.scenes.network import padded
from models.ours.scenes.questions import ANSWERS, Question
from models.ours.scenes.recipes import CHECKPOINTS, RECIPES, open_model
from models.ours.scenes.scene import CELLS, COLOURS, SHAPES, SIZES, Scene, placed
from models.ours.scenes.towers import Towers
from models.ours.scenes.words import numbered

SEED: Final = 1_000_003
"""Of what is measured; training never draws with it."""
SCENES, CLIPS, RETRIEVED, ROUNDS = 2000, 1000, 100, 10

Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    name: str = parser.parse_args().name
    torch.set_num_threads(1)
    model = open_model(name)
    folder = CHECKPOINTS / name
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    card = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "megabytes": round((folder / "model.safetensors").stat().st_size / 1e6, 2),
        "licence": "Apache-2.0",
        "data": "Pictures, captions and questions made by this project",
        **config["training"],
        "measured": measured(RECIPES[name].loss, model),
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


@torch.inference_mode()
def measured(loss: str, model: Any) -> Figures:
    """What the catalogue asks of the models that are trained with this loss."""
    return MEASURE[loss](model)


# --- questions about pictures ---


def asking(model: Asking, scenes: int = SCENES) -> Figures:
    """Accuracy for each kind, what the words alone would give, attention, and what hiding does."""
    dice = random.Random(SEED)
    pictures = random_scenes(dice, scenes)
    questions = [any_question(scene, dice) for scene in pictures]
    answered = _answers(model, pictures, questions)
    right = _right(answered, questions)
    return {
        "questions": scenes,
        "accuracy": _share(right),
        "by_kind": _by_kind(right, [one.kind for one in questions]),
        "question_only": _share(_guessed(questions, _taught(dice, scenes * 4))),
        "attention": _looked_at(answered, questions),
        "sides": _on_both(answered, questions),
        "hidden": _hidden(model, pictures, questions, dice),
    }


def _taught(dice: random.Random, count: int) -> list[Question]:
    return [any_question(scene, dice) for scene in random_scenes(dice, count)]


def _guessed(asked: Iterable[Question], taught: Iterable[Question]) -> list[bool]:
    """Whether the commonest answer to the same words is right: of the kind, where they are new."""
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for one in taught:
        answers[one.text][one.answer] += 1
        answers[one.kind][one.answer] += 1
    return [
        (answers[one.text] or answers[one.kind]).most_common(1)[0][0] == one.answer for one in asked
    ]


def _answers(model: Asking, pictures: Sequence[Scene], questions: Sequence[Question]) -> Answered:
    words = padded([numbered(one.text) for one in questions])
    answered: Answered = model(Pool.of(model.cells, pictures).seen, words)
    return answered


def _right(answered: Answered, questions: Sequence[Question]) -> list[bool]:
    chosen = answered.logits.argmax(-1).tolist()
    return [ANSWERS[one] == asked.answer for one, asked in zip(chosen, questions, strict=True)]


def _looked_at(answered: Answered, questions: Sequence[Question]) -> Figures:
    """Of questions about the colour or the shape of one thing: how much falls on its cell, and how
    often the cell that gets most is the one, for each head, beside a uniform and a random head.

    Co-attention has one row; in layers the rows of all words are averaged.
    """
    rows = [at for at, one in enumerate(questions) if one.kind in ("colour", "shape")]
    cells = torch.tensor([questions[at].things[0].cell for at in rows])
    found: Figures = {
        "questions": len(rows),
        "uniform": {"mass": round(1 / CELLS, 3), "points": round(1 / CELLS, 3)},
        "random_head": _pointed(_random_heads(len(rows), CELLS), cells),
    }
    for name, mean in _heads(answered, rows):
        found[name] = _pointed(mean, cells)
    return found


def _heads(answered: Answered, rows: list[int]) -> Iterator[tuple[str, Tensor]]:
    """Every head that looks at cells, and (question, cell): its weights, averaged over words."""
    for look in answered.looks:
        if look.place.crosses:
            weights = look.trace.weights[rows]  # (question, head, word, cell)
            there = look.trace.allowed.expand_as(look.trace.weights)[rows]
            rows_there = there.any(-1, keepdim=True).float()
            mean = (weights * rows_there).sum(2) / rows_there.sum(2)
            for head in range(weights.shape[1]):
                yield f"{look.place} head {head}", mean[:, head]


def _on_both(answered: Answered, questions: Sequence[Question]) -> Figures:
    """Of questions about sides: how much of each head's look falls on the two things."""
    rows = [at for at, one in enumerate(questions) if one.kind == "left"]
    cells = torch.tensor([[thing.cell for thing in questions[at].things] for at in rows])
    return {
        "questions": len(rows),
        "uniform": round(2 / CELLS, 3),
        **{
            name: round(float(mean.gather(1, cells).sum(1).mean()), 3)
            for name, mean in _heads(answered, rows)
        },
    }


def _random_heads(rows: int, keys: int) -> Tensor:
    """(row, key): the softmax of random scores, another one for each row."""
    dice = torch.Generator().manual_seed(SEED)
    return (2 * torch.randn(rows, keys, generator=dice)).softmax(-1)


def _pointed(weights: Tensor, wanted: Tensor) -> Figures:
    """weights (row, key), wanted (row,): the mean weight there, and how often it is the largest."""
    mass = weights.gather(1, wanted.unsqueeze(1)).mean()
    return {
        "mass": round(float(mass), 3),
        "points": round(float((weights.argmax(-1) == wanted).float().mean()), 3),
    }


def _hidden(
    model: Asking, pictures: Sequence[Scene], questions: Sequence[Question], dice: random.Random
) -> Figures:
    """Accuracy about the colour or shape of one thing when it, or another thing, is taken away."""
    chosen = [
        (scene, one)
        for scene, one in zip(pictures, questions, strict=True)
        if one.kind in ("colour", "shape") and len(scene.things) > 1
    ]
    asked = [one for _, one in chosen]
    itself = [scene.without(one.things[0].cell) for scene, one in chosen]
    another = [
        scene.without(dice.choice([thing for thing in scene.things if thing != one.things[0]]).cell)
        for scene, one in chosen
    ]
    return {
        "questions": len(asked),
        "nothing": _share(_right(_answers(model, [scene for scene, _ in chosen], asked), asked)),
        "the_thing": _share(_right(_answers(model, itself, asked), asked)),
        "another": _share(_right(_answers(model, another, asked), asked)),
    }


# --- captions and pictures: two towers ---


def towers(model: Towers, rounds: int = ROUNDS) -> Figures:
    """Retrieval among 100 pictures, captions with colours exchanged, and names of single things."""
    dice = random.Random(SEED)
    ranks, backs, swaps = list[int](), list[int](), list[bool]()
    for _ in range(rounds):
        pictures, said = told_apart(dice, RETRIEVED)
        alike = _alike(model, pictures, [one.text for one in said])  # (picture, caption)
        ranks += _ranks(alike.mT)
        backs += _ranks(alike)
        swaps += _swapped(model, pictures, said)
    return {
        "pictures": RETRIEVED,
        "rounds": rounds,
        "recall_at_1": _share([rank == 0 for rank in ranks]),
        "recall_at_5": _share([rank < 5 for rank in ranks]),
        "picture_to_caption_at_1": _share([rank == 0 for rank in backs]),
        "chance_at_1": 1 / RETRIEVED,
        "swapped_below": _share(swaps),
        "swapped": len(swaps),
        "zero_shot": _zero_shot(model, dice),
        "scale": round(float(model.scale), 2),
    }


def told_apart(dice: random.Random, count: int) -> tuple[list[Scene], list[Caption]]:
    """Pictures with captions, none of which is true of another of the pictures."""
    pictures, said = list[Scene](), list[Caption]()
    while len(pictures) < count:
        for scene in random_scenes(dice, 1):
            made = caption(scene, dice)
            if not any(true_of(made, other) for other in pictures) and not any(
                true_of(one, scene) for one in said
            ):
                pictures.append(scene)
                said.append(made)
    return pictures, said


def _alike(model: Towers, pictures: Sequence[Scene], texts: Sequence[str]) -> Tensor:
    """(picture, caption), cosines."""
    seen = model.see(Pool.of(model.cells, pictures).seen).whole
    return seen @ model.hear(padded([numbered(text) for text in texts])).whole.mT


def _ranks(alike: Tensor) -> list[int]:
    """How many others are more alike than the partner, for each row of a square."""
    ranks: list[int] = (alike > alike.diagonal().unsqueeze(1)).sum(1).tolist()
    return ranks


def _swapped(model: Towers, pictures: Sequence[Scene], said: Sequence[Caption]) -> list[bool]:
    """Whether the true caption is nearer than the same with the colours of two things exchanged."""
    pairs = [
        (scene, one, other)
        for scene, one in zip(pictures, said, strict=True)
        if (other := colours_swapped(one, scene)) is not None
    ]
    scenes = [scene for scene, _, _ in pairs]
    true = _alike(model, scenes, [one.text for _, one, _ in pairs]).diagonal()
    false = _alike(model, scenes, [other.text for _, _, other in pairs]).diagonal()
    nearer: list[bool] = (true > false).tolist()
    return nearer


def _zero_shot(model: Towers, dice: random.Random, pictures: int = 480) -> Figures:
    """Which of 16 names belongs to a picture of one thing; each name is said in both sizes."""
    names = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    wanted = [dice.randrange(len(names)) for _ in range(pictures)]
    scenes = [
        Scene(
            (placed(names[one][1], names[one][0], dice.choice(SIZES), dice.randrange(CELLS), dice),)
        )
        for one in wanted
    ]
    both = [
        _alike(model, scenes, [f"a {size} {colour} {shape}" for colour, shape in names])
        for size in SIZES
    ]
    found = torch.stack(both).mean(0).argmax(-1)
    right = (found == torch.tensor(wanted)).tolist()
    return {"pictures": pictures, "names": len(names), "accuracy": _share(right)}


# --- captions and pictures: word by word ---


def matching(model: Matching, scenes: int = SCENES) -> Figures:
    """True captions against those with one word changed, where words look, and the word found."""
    dice = random.Random(SEED)
    pictures = random_scenes(dice, scenes)
    said = [caption(scene, dice) for scene in pictures]
    changed = [
        one_word_changed(one, scene, dice) for one, scene in zip(said, pictures, strict=True)
    ]
    regions = model.regions(Pool.of(model.cells, pictures).seen)
    true = model.fits(regions, padded([numbered(one.text)[1:-1] for one in said]))
    words = padded([numbered(one.text)[1:-1] for one, _ in changed])
    false = model.fits(regions, words)
    weights = true.look.trace.weights[:, 0]  # (caption, word, cell)
    spots = [
        (at, word, phrase.thing.cell)
        for at, one in enumerate(said)
        for phrase in one.phrases
        for word in phrase.words
    ]
    where = torch.tensor(spots)
    lowest = false.words.masked_fill(words == 0, 2.0).argmin(-1).tolist()
    return {
        "captions": scenes,
        "auc": round(auc(true.mean, false.mean), 4),
        "pairwise": _share((true.mean > false.mean).tolist()),
        "attention": {
            "words": len(spots),
            "model": _pointed(weights[where[:, 0], where[:, 1]], where[:, 2]),
            "uniform": {"mass": round(1 / CELLS, 3), "points": round(1 / CELLS, 3)},
            "random_head": _pointed(_random_heads(len(spots), CELLS), where[:, 2]),
        },
        "wrong_word_found": _share(
            [found == word for found, (_, word) in zip(lowest, changed, strict=True)]
        ),
        "wrong_word_by_chance": round(
            sum(1 / len(numbered(one.text)[1:-1]) for one, _ in changed) / scenes, 3
        ),
    }


def auc(true: Tensor, false: Tensor) -> float:
    """How often a true caption scores above a false one, over all pairs; equal counts half."""
    above = (true.unsqueeze(1) > false).double().mean()
    return float(above + (true.unsqueeze(1) == false).double().mean() / 2)


# --- questions about clips ---


def moments(model: Moments, clips: int = CLIPS) -> Figures:
    """Accuracy, where in time and place it looks, and the same frames in another order."""
    dice = random.Random(SEED)
    pictures = [random_clip(dice) for _ in range(clips)]
    asked = [one for clip in pictures for one in clip_questions(clip)]
    per_clip = len(asked) // clips
    words = padded([numbered(one.text) for one in asked])
    seen = ClipPool.of(model.cells, pictures).seen.repeat_interleave(per_clip, 0)
    order = torch.stack([torch.tensor(dice.sample(range(FRAMES), FRAMES)) for _ in range(clips)])
    order = order.repeat_interleave(per_clip, 0)
    mixed = seen[torch.arange(len(seen)).unsqueeze(1), order]
    answered = model(seen, words)
    right, shuffled = _clip_right(answered, asked), _clip_right(model(mixed, words), asked)
    kinds = [one.kind for one in asked]
    return {
        "clips": clips,
        "questions": len(asked),
        "accuracy": _share(right),
        "by_kind": _by_kind(right, kinds),
        "shuffled": _share(shuffled),
        "shuffled_by_kind": _by_kind(shuffled, kinds),
        "time": _in_time(answered, asked),
        "space": _in_space(answered, asked),
    }


def _clip_right(answered: Answered, asked: Sequence[ClipQuestion]) -> list[bool]:
    chosen = answered.logits.argmax(-1).tolist()
    return [CLIP_ANSWERS[one] == asks.answer for one, asks in zip(chosen, asked, strict=True)]


def _look(answered: Answered, place: Any) -> Tensor:
    return next(look.trace.weights for look in answered.looks if look.place == place)


def _in_time(answered: Answered, asked: Sequence[ClipQuestion]) -> Figures:
    """How much of the look in time falls on the frames that show the answer, for each kind."""
    weights = _look(answered, TIME)[:, 0, 0]  # (question, frame)
    random_weights = _random_heads(len(asked), FRAMES)
    found: Figures = {}
    for kind in CLIP_KINDS:
        rows = [at for at, one in enumerate(asked) if one.kind == kind]
        within = torch.zeros(len(rows), FRAMES)
        for row, at in enumerate(rows):
            within[row, list(asked[at].frames)] = 1
        found[kind] = {
            "mass": round(float((weights[rows] * within).sum(1).mean()), 3),
            "uniform": round(float(within.mean(1).mean()), 3),
            "random_head": round(float((random_weights[rows] * within).sum(1).mean()), 3),
        }
    return found


def _in_space(answered: Answered, asked: Sequence[ClipQuestion]) -> Figures:
    """In the frames that show the answer: how much falls on the cell where the actor is."""
    weights = _look(answered, SPACE)[:, 0, 0].view(len(asked), FRAMES, -1)
    found: Figures = {}
    for kind in CLIP_KINDS:
        rows = [
            (at, frame, cell_of(one.actor, frame))
            for at, one in enumerate(asked)
            if one.kind == kind
            for frame in one.frames
        ]
        where = torch.tensor(rows)
        found[kind] = _pointed(weights[where[:, 0], where[:, 1]], where[:, 2])
    return found


# --- shares ---


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / max(1, len(right)), 4)


def _by_kind(right: Sequence[bool], kinds: Sequence[str]) -> dict[str, float]:
    return {
        kind: _share([one for one, of in zip(right, kinds, strict=True) if of == kind])
        for kind in dict.fromkeys(kinds)
    }


MEASURE: Final[Mapping[str, Callable[[Any], Figures]]] = {
    "answering": asking, "contrastive": towers, "hardest": matching, "watching": moments,
}  # fmt: skip


if __name__ == "__main__":
    main()

"""Train one of the models of scenes from nothing; the pictures are made on the way.

python -m models.ours.scenes.train scenes-co-attention
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus

from attention_core.mechanisms.families.crossmodal import contrastive_loss
from models.ours.looks import Traced
from models.ours.scenes.asking import Answered, Asking, CoAsking
from models.ours.scenes.captions import one_word_changed, true_of
from models.ours.scenes.cells import Cells, Naming, frozen
from models.ours.scenes.clips import CLIP_ANSWERS
from models.ours.scenes.lessons import (
    BOTH_WAYS,
    ClipPool,
    Pool,
    any_clip_question,
    described,
    random_clips,
    random_scenes,
    single_cells,
    single_frames,
    taught,
    with_twins,
)
from models.ours.scenes.matching import Matching
from models.ours.scenes.moments import FrameNaming, Frames, Moments
from models.ours.scenes.network import padded
from models.ours.scenes.questions import ANSWERS
from models.ours.scenes.recipes import CHECKPOINTS, RECIPES, Recipe
from models.ours.scenes.towers import Towers
from models.ours.scenes.words import numbered

PICTURES: Final = 8000
CLIPS: Final = 6000
CELL_STEPS: Final = 900
CELL_BATCH: Final = 256
CELL_RATE: Final = 3e-3
FRAME_STEPS: Final = 500
FRAME_BATCH: Final = 16
"""Clips, all of whose frames are named."""
SAVED: Final = 300
"""Steps after which a checkpoint is written."""
MARGIN: Final = 0.2
"""Of the triplet loss."""
CHANGED: Final = 20.0
"""How steeply a caption with one word changed must fit worse."""
OPEN: Final = 0.02
"""What the one look of co-attention costs for each nat of its entropy, once sides are learnt, for
which it must fall on two things."""

Loss = Callable[[Any, Any, Sequence[int], random.Random, float], Tensor]
"""(model, pictures, which of them, dice, how far training is from 0 to 1) to a number to lessen."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument(
        "--cells", type=Path, help="a checkpoint of another model, to take what sees cells from it"
    )
    given = parser.parse_args()
    torch.set_num_threads(1)
    train(RECIPES[given.name], given.cells)


def train(recipe: Recipe, cells: Path | None) -> None:
    """From nothing to a checkpoint."""
    began = time.process_time()
    torch.manual_seed(recipe.seed)
    dice = random.Random(recipe.seed)
    model = recipe.shape.build()
    if cells is None:
        seeing = learn_frames(dice) if recipe.loss == "watching" else learn_cells(dice)
        model.cells.load_state_dict(seeing.state_dict())
    else:
        model.cells.load_state_dict(_part(cells, "cells."))
    frozen(model.cells)
    lessons: Any = LESSONS[recipe.loss](dice, CLIPS if recipe.loss == "watching" else PICTURES)
    kind: Any = ClipPool if recipe.loss == "watching" else Pool
    pool = kind.of(model.cells, lessons)
    learn(model, pool, recipe, dice)
    write(recipe, model, time.process_time() - began, recipe.steps)


def _part(path: Path, prefix: str) -> dict[str, Tensor]:
    found = load_file(path)
    return {
        key.removeprefix(prefix): value.float()
        for key, value in found.items()
        if key.startswith(prefix)
    }


def learn_cells(dice: random.Random) -> Cells:
    """What names the shape, the colour and the size in one cell."""
    model = Naming()
    optimiser, schedule = _optimiser(model, CELL_RATE, CELL_STEPS)
    for step in range(CELL_STEPS):
        pictures, named = single_cells(dice, CELL_BATCH)
        losses = [cross_entropy(logits, named[:, at]) for at, logits in enumerate(model(pictures))]
        _step(model, torch.stack(losses).sum(), optimiser, schedule, step)
    return model.cells


def learn_frames(dice: random.Random) -> Frames:
    """What names the shape and the colour of what has its middle in each cell of a frame."""
    model = FrameNaming()
    optimiser, schedule = _optimiser(model, CELL_RATE, FRAME_STEPS)
    for step in range(FRAME_STEPS):
        pictures, named = single_frames(dice, FRAME_BATCH)
        losses = [
            cross_entropy(logits.flatten(0, 1), named[..., at].flatten())
            for at, logits in enumerate(model(pictures))
        ]
        _step(model, torch.stack(losses).sum(), optimiser, schedule, step)
    return model.cells


def learn(model: nn.Module, pool: Pool | ClipPool, recipe: Recipe, dice: random.Random) -> None:
    """AdamW with one cycle of the learning rate; pictures are drawn from the pool again."""
    optimiser, schedule = _optimiser(model, recipe.rate, recipe.steps)
    model.train()
    for step in range(recipe.steps):
        which = batch_of(recipe, len(pool.scenes), dice)
        loss = LOSSES[recipe.loss](model, pool, which, dice, step / recipe.steps)
        _step(model, loss, optimiser, schedule, step)
        if step % SAVED == SAVED - 1:
            write(recipe, model, time.process_time(), step + 1)


def batch_of(recipe: Recipe, pictures: int, dice: random.Random) -> list[int]:
    """Numbers of pictures; beside each its twin, where they are in pairs."""
    if recipe.loss != "contrastive":
        return [dice.randrange(pictures) for _ in range(recipe.batch)]
    chosen = dice.sample(range(pictures // 2), recipe.batch // 2)
    return [one for number in chosen for one in (2 * number, 2 * number + 1)]


def _optimiser(
    model: nn.Module, rate: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learnt, rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps, pct_start=0.1
    )
    return optimiser, schedule


def _step(
    model: nn.Module, loss: Tensor, optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler, step: int,
) -> None:  # fmt: skip
    optimiser.zero_grad()
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    schedule.step()
    if step % 50 == 0:
        print(f"  {step} steps, loss {float(loss):.3f}, {time.process_time():.0f} s", flush=True)


def answering(
    model: Asking, pool: Pool, which: Sequence[int], dice: random.Random, at: float
) -> Tensor:
    """Cross-entropy of the answer; once all is learnt an open look of co-attention has a price."""
    which, questions = taught(pool.scenes, which, dice, at)
    words = padded([numbered(question.text) for question in questions])
    wanted = torch.tensor([ANSWERS.index(question.answer) for question in questions])
    answered: Answered = model(pool.at(which), words)
    loss = cross_entropy(answered.logits, wanted)
    priced = isinstance(model, CoAsking) and at >= BOTH_WAYS
    return loss + OPEN * nats(answered.looks[0]) if priced else loss


def nats(look: Traced) -> Tensor:
    """The mean entropy of the rows of a look."""
    shares = look.trace.weights  # (batch, head, query, key)
    return -(shares * shares.clamp_min(1e-12).log()).sum(-1).mean()


def contrastive(
    model: Towers, pool: Pool, which: Sequence[int], dice: random.Random, _at: float
) -> Tensor:
    """CLIP's loss; what a cosine is multiplied by stays at 100 or below."""
    with torch.no_grad():
        model.logit_scale.clamp_(max=torch.tensor(100.0).log())
    said = padded([numbered(described(pool.scenes[number], dice).text) for number in which])
    pictures, texts = model.see(pool.at(which)), model.hear(said)
    return contrastive_loss(texts.whole, pictures.whole, model.logit_scale)


def hardest(
    model: Matching, pool: Pool, which: Sequence[int], dice: random.Random, _at: float
) -> Tensor:
    """The triplet loss of the hardest negative of the batch, and of one word that was changed."""
    scenes = [pool.scenes[number] for number in which]
    said = [described(scene, dice) for scene in scenes]
    changed = [
        one_word_changed(one, scene, dice)[0] for one, scene in zip(said, scenes, strict=True)
    ]
    regions = model.regions(pool.at(which))
    words = padded([numbered(one.text)[1:-1] for one in said])
    spoken = model.spoken(words)
    fit = model.fits(regions.unsqueeze(1), words.unsqueeze(0), spoken.unsqueeze(0)).mean
    false = torch.tensor([[not true_of(one, scene) for one in said] for scene in scenes])
    right, wrong = fit.diagonal(), fit.masked_fill(~false, -2.0)
    ranked = (MARGIN + wrong.amax(1) - right).relu() + (MARGIN + wrong.amax(0) - right).relu()
    edited = padded([numbered(one.text)[1:-1] for one in changed])
    closer = model.fits(regions, edited).mean
    return ranked.mean() + softplus(CHANGED * (closer - right)).mean()


def watching(
    model: Moments, pool: ClipPool, which: Sequence[int], dice: random.Random, _at: float
) -> Tensor:
    """Cross-entropy of the answer about a clip."""
    questions = [any_clip_question(pool.scenes[number], dice) for number in which]
    words = padded([numbered(question.text) for question in questions])
    wanted = torch.tensor([CLIP_ANSWERS.index(question.answer) for question in questions])
    return cross_entropy(model(pool.at(which), words).logits, wanted)


LOSSES: Final[dict[str, Loss]] = {
    "answering": answering, "contrastive": contrastive, "hardest": hardest,
    "watching": watching,
}  # fmt: skip
LESSONS: Final[dict[str, Callable[[random.Random, int], Any]]] = {
    "answering": random_scenes,
    "contrastive": lambda dice, count: with_twins(dice, count // 2),
    "hardest": random_scenes,
    "watching": random_clips,
}


def write(recipe: Recipe, model: nn.Module, seconds: float, steps: int) -> None:
    """Half-precision weights, the network's sizes and how it was trained."""
    folder = CHECKPOINTS / recipe.name
    folder.mkdir(exist_ok=True)
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    config = {
        "family": "scenes",
        "shape": asdict(recipe.shape),
        "training": {
            "steps": steps,
            "batch": recipe.batch,
            "seed": recipe.seed,
            "processor_seconds": round(seconds),
            "command": f"python -m models.ours.scenes.train {recipe.name}",
        },
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

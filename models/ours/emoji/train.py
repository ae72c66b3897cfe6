"""Trains both towers from nothing on the drawings and texts that ship.

python -m models.ours.emoji.train

It stops and resumes: what is under way lies in `training/emoji`. What it writes is the state that
was best at `tried`. Beside CLIP's loss stands that of a proxy for each drawing, a learnt direction
that both towers are drawn to and that is thrown away at the end (Movshovitz-Attias et al. 2017): so
a text is held against all drawings at every step, not against those of its batch alone.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models.ours.emoji.collection import LANGUAGES, Said, collection, every, sheet
from models.ours.emoji.pieces import CHECKPOINT, FILE, FORGOTTEN, learnt, numbered
from models.ours.emoji.showing import drawn, whitened
from models.ours.emoji.towers import Shape, Towers

STEPS: Final = 3000
BATCH: Final = 64
RATE: Final = 2e-3
SEED: Final = 30
LOOKED: Final = 300
"""Steps after which it is tried on the texts that it is chosen on, and kept."""
NAMED: Final = 0.4
"""How often a lesson says a drawing's name; otherwise a keyword."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, default=Path("training/emoji"))
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.state.mkdir(parents=True, exist_ok=True)
    train(options.state / "towers.pt", options.steps)


@dataclass(frozen=True)
class Lessons:
    """Texts that are taught, and to which drawings each belongs."""

    said: tuple[Said, ...]

    @cached_property
    def texts(self) -> list[str]:
        """Every taught text, once."""
        return list(dict.fromkeys(one.text for one in self.said))

    @cached_property
    def number(self) -> dict[str, int]:
        return {text: number for number, text in enumerate(self.texts)}

    @cached_property
    def belongs(self) -> Tensor:
        """(text, drawing), bool."""
        made = torch.zeros(len(self.texts), len(collection()), dtype=torch.bool)
        for one in self.said:
            made[self.number[one.text], one.drawing] = True
        return made

    @cached_property
    def of(self) -> list[dict[str, tuple[list[int], list[int]]]]:
        """For each drawing and language that it is taught in: its name and its keywords."""
        made: list[dict[str, tuple[list[int], list[int]]]] = [{} for _ in collection()]
        for one in self.said:
            both = made[one.drawing].setdefault(one.language, ([], []))
            both[one.kind == "keyword"].append(self.number[one.text])
        return made

    def some(self, drawings: Sequence[int], dice: random.Random) -> list[int]:
        """Three texts for each drawing, in every language that it is taught in."""
        made = list[int]()
        for drawing in drawings:
            known = self.of[drawing]
            for language in LANGUAGES:
                names, keywords = known.get(language) or dice.choice(list(known.values()))
                named = names and (not keywords or dice.random() < NAMED)
                made.append(dice.choice(names if named else keywords))
        return made


def train(path: Path, steps: int) -> None:
    """From nothing, or from where it stopped, to a checkpoint."""
    torch.manual_seed(SEED)
    lessons = Lessons(tuple(one for one in every() if one.part == "taught"))
    known = learnt(one.text for one in lessons.said)
    towers = Shape(known.get_vocab_size()).build()
    print(f"{towers.parameter_count():,} parameters, {len(lessons.texts)} texts", flush=True)
    tiles = drawn(sheet())
    proxies = nn.Embedding(len(tiles), towers.shape.out)
    nn.init.normal_(proxies.weight, std=0.1)  # short, so that they turn quickly
    learnt_here = [*towers.parameters(), *proxies.parameters()]
    optimiser = torch.optim.AdamW(learnt_here, RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps, pct_start=0.1
    )
    parts: dict[str, Any] = {
        "towers": towers, "proxies": proxies, "optimiser": optimiser, "schedule": schedule,
    }  # fmt: skip
    step, seconds, best = resumed(path, parts)
    began = time.process_time()
    while step < steps:
        towers.train()
        torch.manual_seed(SEED * 1_000_000 + step)
        dice = random.Random(SEED * 1_000_000 + step)
        loss = loss_of(towers, proxies, known, lessons, tiles, dice)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(towers.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        step += 1
        if step % LOOKED == 0 or step == steps:
            seconds, began = seconds + time.process_time() - began, time.process_time()
            recalls = tried(towers, known, lessons, tiles)
            told = ", ".join(f"{one:.3f}" for one in recalls)
            print(f"{step}: loss {loss.item():.3f}, tried {told}, {seconds:.0f} s", flush=True)
            if sum(recalls) >= best:
                best = sum(recalls)
                write(towers, known, (step, steps), seconds, recalls)
            kept = {name: part.state_dict() for name, part in parts.items()}
            torch.save({**kept, "step": step, "seconds": seconds, "best": best}, path)


def resumed(path: Path, parts: dict[str, Any]) -> tuple[int, float, float]:
    """Steps, seconds and the best recall so far; everything as it was when it stopped."""
    if not path.exists():
        return 0, 0.0, 0.0
    kept = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return kept["step"], kept["seconds"], kept["best"]


@torch.no_grad()
def pictured(towers: Towers, pictures: Tensor) -> Tensor:
    """(picture, width)"""
    towers.eval()
    return torch.cat([towers.see(some).whole for some in torch.split(pictures, 8 * BATCH)])


def loss_of(
    towers: Towers, proxies: nn.Embedding, known: Tokenizer, lessons: Lessons, tiles: Tensor,
    dice: random.Random,
) -> Tensor:  # fmt: skip
    """CLIP's loss, both ways, where a text may belong to several drawings; and that of proxies.

    proxies  (drawing, width), of any length
    """
    chosen = dice.sample(range(len(tiles)), BATCH)
    said = lessons.some(chosen, dice)
    known.model.dropout = FORGOTTEN
    pieces = numbered(known, [lessons.texts[one] for one in said])
    known.model.dropout = None
    seen, heard = towers.see(varied(tiles[chosen])).whole, towers.hear(pieces).whole
    theirs = lessons.belongs[said]
    among = theirs[:, chosen]
    logits = towers.scale * heard @ seen.mT  # (text, drawing of the batch)
    clip = (several(logits, among) + several(logits.mT, among.mT)) / 2
    drawn_to = towers.scale * nn.functional.normalize(proxies.weight, dim=-1).mT
    proxy = several(heard @ drawn_to, theirs) + cross_entropy(seen @ drawn_to, torch.tensor(chosen))
    return clip + proxy


def several(logits: Tensor, theirs: Tensor) -> Tensor:
    """Cross-entropy with one target spread evenly over all that belong to a row.

    logits, theirs  (row, column), theirs bool: every row has one at least
    """
    wanted = theirs.float() / theirs.sum(1, keepdim=True)
    return -(wanted * logits.log_softmax(1)).sum(1).mean()


def varied(tiles: Tensor) -> Tensor:
    """Drawings larger, smaller, turned, moved, in other inks and on other grounds.

    tiles    (drawing, 4, row, column), colours times opacity, and opacity
    returns  (drawing, 3, WIDTH, WIDTH)
    """
    count = len(tiles)
    size = 0.85 + 0.4 * torch.rand(count)
    angle = math.radians(15) * (2 * torch.rand(count) - 1)
    moved = 0.15 * (2 * torch.rand(count, 2) - 1)
    cos, sin = torch.cos(angle) * size, torch.sin(angle) * size
    back = torch.stack([cos, sin, moved[:, 0], -sin, cos, moved[:, 1]], -1).view(count, 2, 3)
    light = torch.where(torch.rand(count, 1) < 0.7, 1.0, torch.rand(count, 3))
    made = whitened(tiles, back, light)
    ink = (1 - made) * (0.85 + 0.3 * torch.rand(count, 3, 1, 1))
    grey = torch.rand(count, 1, 1, 1) < 0.05
    ink = torch.where(grey, ink.mean(1, keepdim=True), ink)
    return (1 - ink + 0.02 * torch.randn_like(ink)).clamp(0, 1)


@torch.inference_mode()
def tried(towers: Towers, known: Tokenizer, lessons: Lessons, tiles: Tensor) -> tuple[float, float]:
    """How often a drawing is among the ten nearest: of the texts that it is chosen on; and of
    taught names, when all drawings are varied, as if another hand had drawn them."""
    plain = pictured(towers, whitened(tiles))
    torch.manual_seed(SEED)
    otherwise = pictured(towers, varied(tiles))
    unheard = [one for one in every() if one.part == "chosen_on"]
    names = [one for one in lessons.said if one.kind == "name"][::4]
    found = []
    for said, pictures in ((unheard, plain), (names, otherwise)):
        alike = towers.hear(numbered(known, [one.text for one in said])).whole @ pictures.mT
        mine = alike.gather(1, torch.tensor([[one.drawing] for one in said]))
        found.append(float(((alike > mine).sum(1) < 10).float().mean()))
    return found[0], found[1]


def write(
    towers: Towers, known: Tokenizer, step: tuple[int, int], seconds: float,
    recalls: tuple[float, float],
) -> None:  # fmt: skip
    """Half-precision weights, the pieces, the sizes and how it was trained."""
    CHECKPOINT.mkdir(exist_ok=True)
    weights = {key: value.half().contiguous() for key, value in towers.state_dict().items()}
    save_file(weights, CHECKPOINT / "model.safetensors")
    (CHECKPOINT / "model.safetensors").chmod(0o644)
    known.save(str(CHECKPOINT / FILE), pretty=False)
    training = {
        "steps": step[0], "of": step[1], "batch": BATCH, "seed": SEED,
        "processor_seconds": round(seconds),
        "tried_recall_at_10": [round(one, 4) for one in recalls],
        "command": "python -m models.ours.emoji.train",
    }  # fmt: skip
    config = {"family": "emoji", "shape": towers.shape.as_dict(), "training": training}
    (CHECKPOINT / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Trains the eye on drawings, then the translator on sentences with pictures.

python -m models.ours.decides.train --drawings training/drawings

Both stop and resume. The eye learns to name what lies at each cell of a canvas; the translator
then learns with the eye as it is, as Calixto et al. 2017 do with VGG-19. The checkpoint that ships
was stopped and resumed with longer schedules; its config says which.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from models.ours.decides.canvas import composed, covering, scattered
from models.ours.decides.network import PAD_ID, Eye, Network, Shape
from models.ours.decides.nouns import Language, Sense, drawings, senses
from models.ours.decides.sentences import Sentence, sentences
from models.ours.decides.vocabulary import LANGUAGES, Vocabulary, vocabulary

CHECKPOINT: Final = Path(__file__).parent / "checkpoint"
EYE_STEPS: Final = 1600
STEPS: Final = 2200
EYE_BATCH, BATCH = 32, 32
EYE_RATE, RATE = 2e-3, 3e-3
WARM_UP: Final = 100
PRICE: Final = 0.08
"""What an open gate costs at the end, in nats a word: it should open where the picture helps by
more."""
FREE: Final = 0.5
"""The share of the steps in which it costs nothing: what the picture is good for is learnt first.
The price then rises for half as long."""
WITHOUT: Final = 0.15
"""The share of lessons without a picture, and of those whose picture does not show the word."""
REUSED: Final = 4
"""Steps that take the same canvases with other sentences: to draw them takes as long as a step."""
FORGOTTEN: Final = 0.1
"""The share of written words that it is not told, so that it looks rather than recalls."""
SEED: Final = 20


class Bank:
    """The drawings of one style, small enough for a canvas."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as kept:
            self.names = [str(name) for name in kept["names"]]
            pixels = torch.from_numpy(kept["pixels"]).permute(0, 3, 1, 2).float() / 255
        self.pixels = torch.cat([pixels[:, :3] * pixels[:, 3:], pixels[:, 3:]], 1)
        self.number = {name: number for number, name in enumerate(self.names)}

    def of(self, names: tuple[str, ...]) -> list[int]:
        return [self.number[name] for name in names]


def jittered(canvases: Tensor, dice: torch.Generator) -> Tensor:
    """Other inks: each channel stronger or weaker, some canvases in grey, a little noise."""
    ink = 1 - canvases
    ink = ink * (0.7 + 0.5 * torch.rand(len(ink), 3, 1, 1, generator=dice))
    grey = torch.rand(len(ink), 1, 1, 1, generator=dice) < 0.15
    ink = torch.where(grey, ink.mean(1, keepdim=True), ink)
    ink = ink + 0.02 * torch.randn(ink.shape, generator=dice)
    return (1 - ink).clamp(0, 1)


def mirrored(pixels: Tensor, dice: torch.Generator) -> Tensor:
    """Half of the drawings as in a mirror. pixels (canvas, drawing, 4, row, column)."""
    turn = torch.rand(pixels.shape[:2], generator=dice) < 0.3
    return torch.where(turn[..., None, None, None], pixels.flip(-1), pixels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True, help="what `fetch` rendered")
    parser.add_argument("--state", type=Path, default=Path("training/decides"))
    parser.add_argument("--eye-steps", type=int, default=EYE_STEPS)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    torch.set_num_threads(1)  # two threads on a busy machine are slower than one
    options.state.mkdir(parents=True, exist_ok=True)
    bank = Bank(options.drawings / "noto.npz")
    eye = Eye(len(drawings()) + 1)
    learn_drawings(Run(options.state / "eye.pt", eye, options.eye_steps, EYE_RATE), bank)
    learn_sentences(eye, bank, options.state / "translator.pt", options.steps)


class Run:
    """A training under way: everything that must be kept to go on after a stop."""

    def __init__(self, path: Path, model: nn.Module, steps: int, rate: float) -> None:
        torch.manual_seed(SEED)
        self.path, self.model, self.steps = path, model, steps
        trained = [one for one in model.parameters() if one.requires_grad]
        self.optimiser = torch.optim.AdamW(trained, rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser,
            lambda step: min((step + 1) / WARM_UP, max(0.0, 1 - step / steps) + 0.01),
        )
        self.step, self.seconds = 0, 0.0
        if path.exists():
            kept = torch.load(path, weights_only=True)
            for name in ("model", "optimiser", "schedule"):
                getattr(self, name).load_state_dict(kept[name])
            self.step, self.seconds = kept["step"], kept["seconds"]

    def save(self) -> None:
        parts = {
            name: getattr(self, name).state_dict() for name in ("model", "optimiser", "schedule")
        }
        torch.save({**parts, "step": self.step, "seconds": self.seconds}, self.path)

    def learn(self, loss: Tensor) -> None:
        """One step down a loss."""
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.step += 1


def learn_drawings(run: Run, bank: Bank) -> None:
    """The eye names what lies at each cell; cells without a drawing count a tenth."""
    ours = torch.full((len(bank.names),), len(drawings()))
    for number, name in enumerate(drawings()):
        ours[bank.number[name]] = number
    nothing = len(drawings()) + 1
    weight = torch.ones(nothing + 1)
    weight[nothing], weight[nothing - 1] = 0.1, 0.3
    mine = torch.tensor(bank.of(drawings()))
    run.model.train()
    began = time.monotonic()
    right = 0.0
    while run.step < run.steps:
        dice = torch.Generator().manual_seed(SEED * 100_000 + run.step)
        chosen = mine[torch.randint(len(mine), (EYE_BATCH, 4), generator=dice)]
        other = torch.rand(EYE_BATCH, 4, generator=dice) < 0.2
        chosen = torch.where(
            other, torch.randint(len(bank.names), (EYE_BATCH, 4), generator=dice), chosen
        )
        where = scattered(4, EYE_BATCH, dice)
        where[..., 2] *= torch.rand(EYE_BATCH, 4, generator=dice) < 0.9
        canvases = jittered(composed(mirrored(bank.pixels[chosen], dice), where), dice)
        inside = covering(where) & (where[..., 2:3] > 0)  # (canvas, drawing, cell)
        names = torch.full((EYE_BATCH, inside.shape[-1]), nothing)
        for place in range(4):
            names = torch.where(inside[:, place], ours[chosen[:, place, None]], names)
        logits = run.model(canvases)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), names.flatten(), weight)
        run.learn(loss)
        drawn = names < nothing - 1
        found = float((logits.argmax(-1) == names)[drawn].float().mean())
        right = found if run.step == 1 else 0.98 * right + 0.02 * found
        if run.step % 100 == 0 or run.step == run.steps:
            run.seconds += time.monotonic() - began
            began = time.monotonic()
            print(f"eye {run.step}: loss {loss.item():.3f}, cells named {right:.3f}, "
                  f"{run.seconds / 60:.1f} minutes", flush=True)  # fmt: skip
            run.save()
    run.model.eval()


class Pictures(NamedTuple):
    """Canvases as the eye sees them, and the sense that each was made for.

    named  (canvas, cell, name)
    open   (canvas, 1)    0 for lessons without a picture
    """

    senses: tuple[Sense, ...]
    named: Tensor
    open: Tensor


@dataclass(frozen=True)
class Lessons:
    """Sentences, and how pictures are put to them."""

    bank: Bank
    known: Vocabulary

    @cached_property
    def sentences(self) -> dict[Sense, list[Sentence]]:
        """To learn from, for each sense."""
        made: dict[Sense, list[Sentence]] = {}
        for one in sentences(False):
            made.setdefault(one.sense, []).append(one)
        return made

    @cached_property
    def senses(self) -> tuple[list[Sense], list[Sense]]:
        """Of words with several senses, and of others."""
        every = [(sense, len(many) > 1) for many in senses().values() for sense in many]
        return [one for one, several in every if several], [
            one for one, several in every if not several
        ]

    @cached_property
    def forbidden(self) -> dict[str, set[int]]:
        """For each English word, the drawings of all its senses: no distraction for it."""
        return {
            word: {number for sense in many for number in self.bank.of(sense.drawings)}
            for word, many in senses().items()
        }

    @cached_property
    def mine(self) -> list[int]:
        return self.bank.of(drawings())

    def pictures(self, number: int, network: Network) -> Pictures:
        """The canvases of that number; the same whenever they are made."""
        luck = random.Random(SEED * 100_000 + number)
        dice = torch.Generator().manual_seed(SEED * 100_000 + number)
        doubtful, clear = self.senses
        chosen = [luck.choice(doubtful if luck.random() < 0.7 else clear) for _ in range(BATCH)]
        where = scattered(4, BATCH, dice)
        shown, open = list[list[int]](), list[float]()
        for row, sense in enumerate(chosen):
            drawn, kept = self.drawn(sense, luck)
            shown.append(drawn)
            where[row, :, 2] *= torch.tensor(kept)
            open.append(float(luck.random() >= WITHOUT))
        pixels = mirrored(self.bank.pixels[torch.tensor(shown)], dice)
        with torch.no_grad():
            named = network.see(jittered(composed(pixels, where), dice))
        return Pictures(tuple(chosen), named, torch.tensor(open)[:, None])

    def drawn(self, sense: Sense, luck: random.Random) -> tuple[list[int], list[float]]:
        """Four drawings, the first of this sense, and which of them lie on the canvas."""
        others = list[int]()
        while len(others) < 3:
            every = range(len(self.bank.names))
            some = luck.choice(self.mine if luck.random() < 0.6 else every)
            if some not in self.forbidden[sense.english]:
                others.append(some)
        right = luck.choice(self.bank.of(sense.drawings))
        distractions = luck.choice((0, 1, 2, 2, 2, 3))
        kept = [float(luck.random() >= WITHOUT), *(float(n < distractions) for n in range(3))]
        return [right, *others], kept

    def texts(self, step: int, meant: tuple[Sense, ...]) -> tuple[Tensor, Tensor]:
        """A sentence and a translation for each sense: (lesson, word) both, padded."""
        luck = random.Random(SEED * 1_000_000 + step)
        source, target = list[list[int]](), list[list[int]]()
        for sense in meant:
            one = luck.choice(self.sentences[sense])
            language: Language = luck.choice(LANGUAGES)
            written = self.known.writes([word.text for word in one.target(language)])
            source.append(self.known.reads(one.source))
            target.append([self.known.starts[language], *written])
        return padded(source), padded(target)


def padded(rows: list[list[int]]) -> Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [PAD_ID] * (width - len(row)) for row in rows])


def learn_sentences(eye: Eye, bank: Bank, path: Path, steps: int) -> None:
    """The translator learns with the eye as it is."""
    known = vocabulary()
    network = Network(Shape(len(known.source), len(known.target), len(drawings()) + 1))
    network.eye.load_state_dict(eye.state_dict())
    network.eye.requires_grad_(False)
    run = Run(path, network, steps, RATE)
    lessons = Lessons(bank, known)
    print(f"{network.parameter_count():,} parameters", flush=True)
    began, at = time.monotonic(), -1
    running: float | None = None
    while run.step < steps:
        network.train()
        network.eye.eval()
        torch.manual_seed(SEED * 100_000 + run.step)
        if run.step // REUSED != at:
            at = run.step // REUSED
            pictures = lessons.pictures(at, network)
        loss, gates = loss_of(network, pictures, *lessons.texts(run.step, pictures.senses))
        run.learn(loss + price(run.step / steps) * gates)
        now = loss.item()
        running = now if running is None else 0.98 * running + 0.02 * now
        if run.step % 25 == 0 or run.step == steps:
            run.seconds += time.monotonic() - began
            began = time.monotonic()
            print(f"translator {run.step}: loss {running:.3f}, gates {gates.item():.3f}, "
                  f"{run.seconds / 60:.1f} minutes", flush=True)  # fmt: skip
            run.save()
            write_checkpoint(network, known, run)
    write_checkpoint(network, known, run)


def price(progress: float) -> float:
    """What an open gate costs after this share of the steps, in nats a word."""
    return PRICE * min(1.0, max(0.0, (progress - FREE) / (FREE / 2)))


def loss_of(
    network: Network, pictures: Pictures, source: Tensor, target: Tensor
) -> tuple[Tensor, Tensor]:
    """Cross-entropy for each word, in nats, and how far gates are open on average."""
    given, wanted = target[:, :-1], target[:, 1:]
    forgotten = torch.rand(given.shape) < FORGOTTEN
    forgotten[:, 0] = False  # the language
    made = network.follow(
        source, given.masked_fill(forgotten, PAD_ID), pictures.named, pictures.open
    )
    loss = nn.functional.cross_entropy(
        made.logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD_ID
    )
    real = wanted != PAD_ID
    return loss, (made.gates * real).sum() / real.sum()


def write_checkpoint(network: Network, known: Vocabulary, run: Run) -> None:
    """Half-precision weights, the sizes, the words, and how it was trained."""
    CHECKPOINT.mkdir(exist_ok=True)
    weights = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in network.state_dict().items()
    }
    save_file(weights, CHECKPOINT / "model.safetensors")
    training = {
        "eye_steps": EYE_STEPS, "steps": run.step, "seed": SEED,
        "minutes": round(run.seconds / 60, 1),
        "command": "python -m models.ours.decides.train --drawings training/drawings",
    }  # fmt: skip
    config = {"family": "decides", "shape": network.shape.as_dict(), "training": training}
    (CHECKPOINT / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (CHECKPOINT / "words.json").write_text(known.as_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Trains a translator; stops and resumes; writes the checkpoint and the first half of its card.

python -m models.ours.translator.train bahdanau-en-fr --data eng-fra.tsv.gz

A third faster on Linux with large memory pages and an allocator that keeps what it has:
THP_MEM_ALLOC_ENABLE=1 MALLOC_MMAP_THRESHOLD_=8589934592 MALLOC_TRIM_THRESHOLD_=17179869184
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from models.ours.translator import corpus, vocabulary
from models.ours.translator.network import Network
from models.ours.translator.recipes import CHECKPOINTS, RECIPES, Recipe, family_of

Encoded = tuple[list[int], list[int]]
OF_PIECES = ("embedding.weight", "output_bias")
"""Tensors with one row for each piece of the vocabulary."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated pairs")
    parser.add_argument("--state", type=Path, default=Path("training"), help="resumable state")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    options = parser.parse_args()
    torch.set_num_threads(1)  # two threads on a busy machine are slower than one
    train(options.name, options.data, options.state, options.epochs)


def train(name: str, data: Path, state_folder: Path, epochs: int | None = None) -> None:
    """Runs the recipe from its last saved epoch to its end."""
    recipe = RECIPES[name]
    epochs = epochs or recipe.epochs
    torch.manual_seed(recipe.seed)
    folder = CHECKPOINTS / name
    folder.mkdir(parents=True, exist_ok=True)
    state_folder.mkdir(parents=True, exist_ok=True)
    state = state_folder / f"{name}.pt"

    pieces = CHECKPOINTS / "vocabularies" / recipe.vocabulary
    pieces.parent.mkdir(exist_ok=True)
    lessons, dev = material(recipe, data, pieces)
    steps = len(list(batches(lessons, recipe.tokens_per_batch, seed=0)))
    run = Run(recipe, steps * epochs)
    taken = 0
    if state.exists():
        run.resume(state)
    elif recipe.start:
        taken = begin_with(
            run.model, CHECKPOINTS / recipe.start / "model.safetensors",
            numbers(recipe), numbers(RECIPES[recipe.start]),
        )  # fmt: skip
    print(
        f"{name}: {run.model.parameter_count():,} parameters, {len(lessons):,} pairs, "
        f"{steps} steps an epoch, from epoch {run.epoch} of {epochs}, {taken:,} of the parameters "
        f"from {recipe.start or 'nowhere'}",
        flush=True,
    )
    while run.epoch < epochs:
        began = time.monotonic()
        running = run_epoch(run.model, lessons, recipe, run.optimiser, run.schedule, run.epoch)
        run.seconds += time.monotonic() - began
        run.epoch += 1
        perplexity = math.exp(dev_loss(run.model, dev, recipe.tokens_per_batch))
        print(f"epoch {run.epoch}: train {running:.3f}, dev perplexity {perplexity:.2f}, "
              f"{run.seconds / 60:.1f} minutes in all", flush=True)  # fmt: skip
        run.save(state)
        write_checkpoint(folder, run.model, {
            "start": recipe.start, "epochs": run.epoch, "steps": run.epoch * steps,
            "seed": recipe.seed, "pairs": len(lessons), "minutes": round(run.seconds / 60, 1),
            "dev_perplexity": round(perplexity, 3),
            "command": f"python -m models.ours.translator.train {name} --data {data.name}",
        })  # fmt: skip


def material(
    recipe: Recipe, data: Path, vocabulary_file: Path
) -> tuple[list[Encoded], list[Encoded]]:
    """Pairs to learn from and pairs to judge by; learns the vocabulary where there is none."""
    languages = recipe.source, recipe.target
    public = corpus.read(data, "train", *languages)
    own = corpus.classroom(*languages) * recipe.classroom_repeats
    if not vocabulary_file.exists():
        both = public + own
        vocabulary.train(
            {
                recipe.source: (pair.source for pair in both),
                recipe.target: (pair.target for pair in both),
            },
            recipe.shape.vocabulary,
            recipe.alphabet,
        ).save(str(vocabulary_file))
    source = vocabulary.load(vocabulary_file, recipe.source)
    target = vocabulary.load(vocabulary_file, recipe.target)
    lessons = [
        pair
        for pair in encode(public + own, source, target)
        if max(map(len, pair)) <= recipe.longest
    ]
    return lessons, encode(corpus.read(data, "dev", *languages), source, target)


class Run:
    """A training under way: everything that must be kept to go on after a stop."""

    def __init__(self, recipe: Recipe, steps: int) -> None:
        self.model = recipe.shape.build()
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser,
            lambda step: min((step + 1) / recipe.warm_up, max(0.0, 1 - step / steps) + 0.01),
        )
        self.epoch = 0
        self.seconds = 0.0

    def save(self, path: Path) -> None:
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "schedule": self.schedule.state_dict(),
                "epoch": self.epoch,
                "seconds": self.seconds,
            },
            path,
        )

    def resume(self, path: Path) -> None:
        saved = torch.load(path, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.schedule.load_state_dict(saved["schedule"])
        self.epoch, self.seconds = saved["epoch"], saved["seconds"]


def begin_with(model: Network, path: Path, pieces: dict[str, int], others: dict[str, int]) -> int:
    """Copies every tensor that another model has under the same name and size; how many numbers.

    What belongs to a piece is copied to the same piece, whatever its number in each vocabulary, so
    that English words stay themselves beside another second language.

    pieces, others  the number of each piece in the vocabulary of this model and of the other
    """
    mine, other, copied = model.state_dict(), load_file(path), 0
    shared = [(index, others[piece]) for piece, index in pieces.items() if piece in others]
    to, source = torch.tensor(shared, dtype=torch.long).reshape(-1, 2).unbind(1)
    for name, tensor in other.items():
        if name in OF_PIECES and mine[name].shape[1:] == tensor.shape[1:]:
            mine[name][to] = tensor[source].float()
            copied += tensor[source].numel()
        elif name in mine and name not in OF_PIECES and mine[name].shape == tensor.shape:
            mine[name].copy_(tensor)
            copied += tensor.numel()
    return copied


def numbers(recipe: Recipe) -> dict[str, int]:
    """The number of each piece in a recipe's vocabulary."""
    file = CHECKPOINTS / "vocabularies" / recipe.vocabulary
    return vocabulary.load(file, recipe.source).get_vocab()


def write_checkpoint(folder: Path, model: Network, training: dict[str, object]) -> None:
    """Half-precision weights, the network's sizes and how it was trained."""
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    config = {
        "family": family_of(model.shape),
        "shape": model.shape.as_dict(),
        "training": training,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def encode(pairs: list[corpus.Pair], source: Tokenizer, target: Tokenizer) -> list[Encoded]:
    """Pieces of both sides; the source ends with </s>, the target has it at both ends."""
    left = source.encode_batch([pair.source for pair in pairs])
    right = target.encode_batch([pair.target for pair in pairs])
    return [
        ([*one.ids, vocabulary.END_ID], [vocabulary.START_ID, *other.ids, vocabulary.END_ID])
        for one, other in zip(left, right, strict=True)
    ]


def batches(pairs: list[Encoded], tokens: int, seed: int) -> Iterator[list[Encoded]]:
    """Pairs of like length together, the batches in random order."""
    dice = random.Random(seed)
    order = sorted(pairs, key=lambda pair: (len(pair[1]) + dice.random(), len(pair[0])))
    made, batch = list[list[Encoded]](), list[Encoded]()
    for pair in order:
        if batch and (len(batch) + 1) * len(pair[1]) > tokens:
            made.append(batch)
            batch = []
        batch.append(pair)
    made.append(batch)
    dice.shuffle(made)
    yield from made


def padded(sequences: list[list[int]]) -> Tensor:
    width = max(map(len, sequences))
    return torch.tensor([row + [vocabulary.PAD_ID] * (width - len(row)) for row in sequences])


def loss_of(model: Network, batch: list[Encoded], smoothing: float) -> Tensor:
    """Cross-entropy for each target piece, in nats."""
    source, target = padded([pair[0] for pair in batch]), padded([pair[1] for pair in batch])
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(source, target[:, :-1])
    return nn.functional.cross_entropy(
        logits.float().flatten(0, 1), target[:, 1:].flatten(),
        ignore_index=vocabulary.PAD_ID, label_smoothing=smoothing,
    )  # fmt: skip


def run_epoch(
    model: Network,
    pairs: list[Encoded],
    recipe: Recipe,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    epoch: int,
) -> float:
    """One pass over the pairs; returns the running loss at its end."""
    model.train()
    torch.manual_seed(seed := recipe.seed * 1000 + epoch)  # so that resuming changes nothing
    running, began = 0.0, time.monotonic()
    for step, batch in enumerate(batches(pairs, recipe.tokens_per_batch, seed), 1):
        loss = loss_of(model, batch, recipe.label_smoothing)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        now = loss.item()
        running = now if step == 1 else 0.99 * running + 0.01 * now
        if step % 50 == 0:
            pace = step / (time.monotonic() - began)
            print(f"  {step} steps, loss {running:.3f}, {pace:.2f} steps a second", flush=True)
    return running


@torch.inference_mode()
def dev_loss(model: Network, pairs: list[Encoded], tokens: int) -> float:
    """Mean cross-entropy for a target piece, in nats, without smoothing."""
    model.eval()
    total = count = 0.0
    for batch in batches(pairs, tokens, seed=0):
        pieces = sum(len(pair[1]) - 1 for pair in batch)
        total += float(loss_of(model, batch, 0.0)) * pieces
        count += pieces
    return total / count


if __name__ == "__main__":
    main()

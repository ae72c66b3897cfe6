"""Train every mechanism that has parameters to imitate one trained head; measure how well.

python -m models.ours.imitation.train --data eng-fra.tsv.gz
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import save_file
from torch import Tensor

from attention_core.mechanisms import ALL
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.mechanism import Mechanism, Trace
from models.ours.imitation.head import HEAD, TEACHER, projected, reader
from models.ours.imitation.student import CARD, FOLDER, WEIGHTS, WIDTH, learns
from models.ours.translator import corpus

STEPS: Final = 3000
BATCH: Final = 32
RATE: Final = 3e-3
TRAINED, HELD_OUT = 8000, 400
SHORTEST, LONGEST = 5, 24
"""Pieces of a sentence."""
FLOOR: Final = 1e-4
"""Added to a weight before its logarithm: many mechanisms may give exactly nothing."""

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Queries, keys and values (batch, token, d), and the head's weights (batch, token, token)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated pairs of Tatoeba")
    data: Path = parser.parse_args().data
    torch.set_num_threads(1)
    trained = grouped([pair.source for pair in corpus.read(data, "train", "en", "fr")], TRAINED)
    held_out = grouped([pair.source for pair in corpus.read(data, "test", "en", "fr")], HELD_OUT)
    found: dict[str, Tensor] = {}
    missed: dict[str, float] = {}
    for name in ALL:
        torch.manual_seed(20)
        student = ALL[name].of_width(WIDTH)
        if learns(name):
            train(student, trained)
            found |= {f"{name}/{key}": value for key, value in student.state_dict().items()}
        missed[name] = round(distance(student, held_out), 4)
        print(f"{name}: misses {missed[name]:.3f}", flush=True)
    write(found, missed)


def grouped(sentences: Sequence[str], count: int) -> list[Batch]:
    """Batches of sentences of one length each, so that none needs padding."""
    chosen = random.Random(20).sample(sorted(set(sentences)), count)
    lengths: dict[int, list[list[int]]] = defaultdict(list)
    for sentence in chosen:
        pieces = reader().source_pieces(sentence, True)[1]
        if SHORTEST <= len(pieces) <= LONGEST:
            lengths[len(pieces)].append(pieces)
    cut = [
        many[start : start + BATCH]
        for many in lengths.values()
        for start in range(0, len(many), BATCH)
    ]
    return [taught(torch.tensor(pieces)) for pieces in cut]


def taught(pieces: Tensor) -> Batch:
    query, key, value = (part.clone() for part in projected(pieces))
    trace: Trace = ScaledDotProduct()(query, key, value)
    return query, key, value, trace.weights[..., 0, :, :]


def train(student: Mechanism, batches: Sequence[Batch]) -> None:
    """Adam on the cross-entropy between the head's weights and the student's."""
    optimiser = torch.optim.Adam(student.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for query, key, value, wanted in endless(batches):
        loss = -(wanted * (shares(student, query, key, value) + FLOOR).log()).sum(-1).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()


def endless(batches: Sequence[Batch]) -> Iterator[Batch]:
    """`STEPS` batches, shuffled anew each time round."""
    dice = random.Random(20)
    for step in range(STEPS):
        if step % len(batches) == 0:
            order = dice.sample(range(len(batches)), len(batches))
        yield batches[order[step % len(batches)]]


def shares(student: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The mean of the student's heads, each row scaled to sum to 1: (batch, query, key)."""
    trace: Trace = student(query, key, value)
    mean = trace.weights.mean(-3).clamp_min(0)
    return mean / mean.sum(-1, keepdim=True).clamp_min(FLOOR)


@torch.no_grad()
def distance(student: Mechanism, batches: Sequence[Batch]) -> float:
    """Half the sum of the differences in a row of weights, averaged over all rows."""
    rows = [
        (shares(student, query, key, value) - wanted).abs().sum(-1).flatten() / 2
        for query, key, value, wanted in batches
    ]
    return float(torch.cat(rows).mean())


def write(found: dict[str, Tensor], missed: dict[str, float]) -> None:
    """The students' numbers and the card beside them."""
    FOLDER.mkdir(exist_ok=True)
    save_file({key: value.contiguous() for key, value in found.items()}, WEIGHTS)
    card = {
        "teacher": TEACHER,
        "layer": 1,
        "head": HEAD + 1,
        "sentences": {"trained": TRAINED, "held_out": HELD_OUT},
        "steps": STEPS,
        "command": "python -m models.ours.imitation.train --data eng-fra.tsv.gz",
        "missed": missed,
    }
    WEIGHTS.chmod(0o644)
    CARD.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

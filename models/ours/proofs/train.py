"""Train every mechanism on one task, from nothing, and measure it on examples nobody trained on.

python -m models.ours.proofs.train needle [--only window]
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from attention_core.numbers.share import wilson
from models.ours.proofs.registry import CHECKPOINTS, task, tasks
from models.ours.proofs.stack import Found
from models.ours.proofs.task import Contender, Example, Task

SEED: Final = 11
HELD_OUT: Final = 1_000_003
"""The seed of what is measured; training never draws with it."""
EXAMPLES: Final = 2_000
TOGETHER: Final = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=[one.name for one in tasks()])
    parser.add_argument("--only", help="one of its contenders")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    chosen = task(asked.name)
    folder = CHECKPOINTS / chosen.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "card.json"
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for one in chosen.contenders:
        if asked.only in (None, one.name):
            model, seconds = trained(chosen, one)
            save(folder / f"{one.name}.safetensors", model)
            card[one.name] = {
                "parameters": sum(part.numel() for part in model.parameters()),
                "processor_seconds": round(seconds),
                "steps": chosen.steps,
                "batch": chosen.batch,
                "seed": SEED,
                "command": f"python -m models.ours.proofs.train {chosen.name}",
                **measured(chosen, model),
            }
            print(chosen.name, one.name, card[one.name], flush=True)
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def trained(chosen: Task, contender: Contender) -> tuple[nn.Module, float]:
    """The network after its steps, and the seconds of processor time that they took."""
    torch.manual_seed(SEED)
    dice = random.Random(SEED)
    model, began = contender.build(), time.process_time()
    optimiser = torch.optim.Adam(model.parameters(), chosen.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, chosen.rate, total_steps=chosen.steps, pct_start=0.1
    )
    for step in range(chosen.steps):
        size = dice.random()
        numbers, places, answers, _gold = batch(
            chosen, [chosen.draw(dice, size) for _ in range(chosen.batch)]
        )
        logits = model(numbers).logits[places[:, 0], places[:, 1]]
        loss = cross_entropy(logits, answers)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            print(f"{chosen.name} {contender.name} {step}: {float(loss.detach()):.3f}", flush=True)
    return model.eval(), time.process_time() - began


def batch(chosen: Task, examples: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Numbers (example, token, part); of each place asked: example and token, answer, gold."""
    numbers = torch.tensor([chosen.ids(one.tokens) for one in examples])
    places, answers, gold = [], [], []
    for row, one in enumerate(examples):
        for at, answer, right in zip(one.asked, one.answers, one.gold, strict=True):
            places.append((row, at))
            answers.append(chosen.classes.index(answer))
            gold.append(right)
    return numbers, torch.tensor(places), torch.tensor(answers), torch.tensor(gold)


@torch.inference_mode()
def measured(chosen: Task, model: nn.Module) -> dict[str, Any]:
    """The share of right answers with its interval, and the best head by its mass on the gold.

    Of that head: mass, its weight on the gold; points, how often its largest weight lies there;
    zeros, the share of its layer's weights that are exactly 0.
    """
    dice = random.Random(HELD_OUT)
    right = asked = looked = 0
    mass: dict[str, Tensor] = {}
    points: dict[str, Tensor] = {}
    nothing: dict[str, list[float]] = {}
    for _round in range(EXAMPLES // TOGETHER):
        size = dice.random()
        numbers, places, answers, gold = batch(
            chosen, [chosen.draw(dice, size) for _ in range(TOGETHER)]
        )
        found: Found = model(numbers)
        logits = found.logits[places[:, 0], places[:, 1]]
        hits = found_right(chosen, logits, answers, TOGETHER)
        right, asked, looked = right + int(hits.sum()), asked + len(hits), looked + len(gold)
        for look in found.looks:
            weights = look.trace.weights  # (example, head, query, key)
            queries = places[:, 1] if weights.shape[-2] > 1 else places[:, 1] * 0
            rows = weights[places[:, 0], :, queries]  # (asked, head, key)
            name = str(look.place)
            on_gold = rows[torch.arange(len(gold)), :, gold].sum(0)
            mass[name] = mass.get(name, torch.zeros(1)) + on_gold
            at_gold = (rows.argmax(-1) == gold[:, None]).sum(0)
            points[name] = points.get(name, torch.zeros(1)) + at_gold
            nothing.setdefault(name, []).append(float((rows == 0).float().mean()))
    low, high = wilson(right, asked)
    heads = by_head(mass, looked)
    best = max(heads, key=heads.__getitem__)
    place = best.partition(" ")[0]
    return {
        "examples": EXAMPLES,
        "asked": asked,
        "right": round(right / asked, 4),
        "interval": [round(low, 4), round(high, 4)],
        "best_head": best,
        "mass": heads[best],
        "points": by_head(points, looked)[best],
        "zeros": round(sum(nothing[place]) / len(nothing[place]), 3),
    }


def found_right(chosen: Task, logits: Tensor, answers: Tensor, examples: int) -> Tensor:
    """Whether each place is right; of a task that asks for the whole, whether each example is.

    logits  (asked, class), the places of one example behind each other
    """
    hits = logits.argmax(-1) == answers
    return hits.view(examples, -1).all(-1) if chosen.whole else hits


def by_head(totals: dict[str, Tensor], looked: int) -> dict[str, float]:
    """The mean of each head over all places that asked. totals: (head,) of each place"""
    return {
        f"{place} head {head + 1}": round(float(total) / looked, 3)
        for place, heads in totals.items()
        for head, total in enumerate(heads)
    }


def save(path: Path, model: nn.Module) -> None:
    """In half precision."""
    save_file({name: tensor.half() for name, tensor in model.state_dict().items()}, path)


if __name__ == "__main__":
    main()

"""Train one of the networks of digits from nothing.

python -m models.ours.digits.train reinforce          (needs scikit-learn)
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from attention_core.mechanisms.families.hard import reinforce, running_baseline
from models.ours.digits.capsules import Capsules, margin_loss
from models.ours.digits.glimpses import Glimpses
from models.ours.digits.lessons import Part, papers, pixels, scenes, within
from models.ours.digits.recipes import CHECKPOINTS, RECIPES, Recipe

WARM: Final = 0.4
"""Of the steps of Gumbel: a soft look; drawing from the start it learns nothing."""
SOFT: Final = 0.5
"""How often REINFORCE takes the soft look instead of a draw (Xu et al. 2015, section 4.1)."""
ENTROPY: Final = 0.1
"""What an open choice is worth to REINFORCE at first, for each nat; nothing at the end."""
WEIGHT: Final = 1.0
COLD: Final = 0.5
"""The temperature of Gumbel at the end, from 1."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    recipe = RECIPES[asked.name]
    model, seconds = trained(recipe)
    CHECKPOINTS.mkdir(exist_ok=True)
    held = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    path = CHECKPOINTS / f"{recipe.name}.safetensors"
    save_file(held, path)
    path.chmod(0o644)
    card = {
        "parameters": sum(part.numel() for part in model.parameters()),
        "steps": recipe.steps,
        "batch": recipe.batch,
        "seed": recipe.seed,
        "processor_seconds": round(seconds),
        "command": f"python -m models.ours.digits.train {recipe.name}",
    }
    (CHECKPOINTS / f"{recipe.name}.json").write_text(json.dumps(card, indent=1) + "\n")


def trained(recipe: Recipe) -> tuple[nn.Module, float]:
    """The network after its steps, and the seconds of processor time that they took."""
    torch.manual_seed(recipe.seed)
    dice, began = np.random.default_rng(recipe.seed), time.process_time()
    model: Any = recipe.build().train()
    loss_of: Callable[[Any, Any, int, float], Tensor]
    loss_of = Glimpse() if isinstance(model, Glimpses) else routing
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, recipe.steps, pct_start=0.1)
    for step in range(recipe.steps):
        loss = loss_of(model, dice, recipe.batch, step / recipe.steps)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if (step + 1) % 500 == 0:
            print(recipe.name, step + 1, round(float(loss.detach()), 3), tried(model), flush=True)
    return model.eval(), time.process_time() - began


class Glimpse:
    """The loss of one batch of scenes; it remembers how well a draw usually goes."""

    def __init__(self) -> None:
        self.baseline = 0.0

    def __call__(self, model: Glimpses, dice: np.random.Generator, batch: int, at: float) -> Tensor:
        """at  how far training is, from 0 to 1"""
        made, names = scenes(dice, "learnt", batch)
        if model.way in ("uniform", "soft"):
            return cross_entropy(model(pixels(made)).logits[:, 0], names)
        if model.way == "gumbel":
            return self.gumbel(model, pixels(made), names, at)
        return self.reinforce(model, pixels(made), names, at)

    def gumbel(self, model: Glimpses, seen: Tensor, names: Tensor, at: float) -> Tensor:
        model.mechanism.temperature = max(COLD, 1 - at * (1 - COLD))
        trace = model.look(seen)
        if at < WARM:
            context = chances(trace) @ trace.values[:, 0]
        else:
            noise = -(-torch.rand_like(trace.scores[:, 0]).log()).log()
            drawn, _ = model.mechanism.look(trace.scores[:, 0], noise, trace.allowed[:, 0])
            context = drawn @ trace.values[:, 0]
        return cross_entropy(model.answer(context)[:, 0], names)

    def reinforce(self, model: Glimpses, seen: Tensor, names: Tensor, at: float) -> Tensor:
        """Half of the scenes are looked at softly; the other half draws, and is told how it went."""
        trace = model.look(seen)
        scores, allowed, values = trace.scores[:, 0], trace.allowed[:, 0], trace.values[:, 0]
        noise = -(-torch.rand_like(scores).log()).log()
        drawn, extras = model.mechanism.look(scores, noise, allowed)
        found = {one.name: one.tensor for one in extras}
        shares = found["probabilities"][:, 0]
        softly = torch.rand(len(seen), 1, 1) < SOFT
        context = torch.where(softly, shares, drawn) @ values
        reward = -cross_entropy(model.answer(context)[:, 0], names, reduction="none")
        chance = found["log_probability"][:, 0, 0].masked_fill(softly[:, 0, 0], 0.0)
        entropy = -(shares * shares.clamp_min(1e-12).log()).sum(-1)[:, 0]
        aim = reinforce(
            chance, reward, self.baseline,
            weight=WEIGHT, entropy=entropy, entropy_weight=ENTROPY * max(0.0, 1 - 1.5 * at),
        )  # fmt: skip
        self.baseline = running_baseline(self.baseline, reward)
        return -aim


def chances(trace: Any) -> Tensor:
    """(batch, query, cell): what is drawn by, or the weights where nothing is drawn."""
    found = {one.name: one.tensor for one in trace.extras}
    shares: Tensor = found.get("probabilities", trace.weights)[:, 0]
    return shares


def routing(model: Capsules, dice: np.random.Generator, batch: int, _at: float) -> Tensor:
    """Half of the papers hold one digit, half two."""
    one, alone = papers(dice, "learnt", batch // 2, 1)
    two, both = papers(dice, "learnt", batch // 2, 2)
    return margin_loss(model(torch.cat([one, two])).lengths, torch.cat([alone, both]))


@torch.inference_mode()
def tried(model: Any, part: Part = "chosen", count: int = 500) -> dict[str, float]:
    """How often it is right on digits that it does not learn, and what shows how it looks."""
    dice = np.random.default_rng(5)
    if isinstance(model, Capsules):
        one, alone = papers(dice, part, count, 1)
        two, both = papers(dice, part, count, 2)
        return {
            "one": _share(model(one).lengths.argmax(-1) == alone.argmax(-1)),
            "two": _share(found_both(model(two).lengths, both)),
        }
    made, names = scenes(dice, part, count)
    trace = model.look(pixels(made))
    shares = chances(trace)
    best = nn.functional.one_hot(shares.argmax(-1), shares.shape[-1]).float()
    soft, hard = (model.answer(one @ trace.values[:, 0])[:, 0].argmax(-1) for one in (shares, best))
    there = within(made)
    return {
        "soft": _share(soft == names),
        "best": _share(hard == names),
        "mass": round(float((shares[:, 0] * there).sum(-1).mean()), 3),
        "points": _share(there.gather(1, shares.argmax(-1))[:, 0]),
    }


def found_both(lengths: Tensor, there: Tensor) -> Tensor:
    """(paper,), whether the two longest capsules are the two digits."""
    return there.gather(1, lengths.topk(2).indices).all(-1)


def _share(right: Tensor) -> float:
    return round(float(right.float().mean()), 3)


if __name__ == "__main__":
    main()

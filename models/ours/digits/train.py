"""Train one of the networks of digits, from nothing or from another one.

python -m models.ours.digits.train reinforce          (needs scikit-learn)
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from attention_core.mechanisms.families.hard import reinforce, running_baseline
from attention_core.mechanisms.mechanism import Trace
from models.ours.digits.capsules import Capsules, margin_loss
from models.ours.digits.glimpses import DRAWS, Glimpses, drawn, whole
from models.ours.digits.lessons import DATA, Part, papers, pixels, scenes, within
from models.ours.digits.recipes import CHECKPOINTS, RECIPES, Recipe, open_model, write

WARM: Final = 0.4
"""Of the steps of Gumbel: a soft look; drawing from the start it learns nothing."""
EVERY: Final = 500
"""Steps between two looks at how far it is; what is learnt so far is kept beside the rest."""
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
    save(recipe.name, model)
    card = {
        "parameters": sum(part.numel() for part in model.parameters()),
        "licence": "Apache-2.0",
        "data": DATA,
        "steps": recipe.steps,
        "planned": recipe.whole,
        "after": recipe.after,
        "batch": recipe.batch,
        "seed": recipe.seed,
        "processor_seconds": round(seconds),
        "command": f"python -m models.ours.digits.train {recipe.name}",
    }
    write(recipe.name, card)


def save(name: str, model: nn.Module) -> None:
    """In half precision."""
    path = CHECKPOINTS / f"{name}.safetensors"
    save_file({key: tensor.half().contiguous() for key, tensor in model.state_dict().items()}, path)
    path.chmod(0o644)


def trained(recipe: Recipe) -> tuple[nn.Module, float]:
    """The network after its steps, and the seconds of processor time that they took."""
    torch.manual_seed(recipe.seed)
    dice, began = np.random.default_rng(recipe.seed), time.process_time()
    model: Any = recipe.build().train()
    if recipe.after:
        model.load_state_dict(open_model(recipe.after).state_dict())
    loss_of: Callable[[Any, Any, int, float], Tensor]
    loss_of = Glimpse() if isinstance(model, Glimpses) else routing
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, recipe.whole, pct_start=0.1
    )
    for step in range(recipe.steps):
        loss = loss_of(model, dice, recipe.batch, step / recipe.whole)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if (step + 1) % EVERY == 0:
            save(f"{recipe.name}.part", model)
            print(recipe.name, step + 1, round(float(loss.detach()), 3), tried(model), flush=True)
    return model.eval(), time.process_time() - began


class Glimpse:
    """The loss of one batch of scenes; it remembers how well a draw usually goes."""

    def __init__(self) -> None:
        self.baseline = 0.0

    def __call__(self, model: Glimpses, dice: np.random.Generator, batch: int, at: float) -> Tensor:
        """at  how far training is, from 0 to 1"""
        made, names = scenes(dice, "learnt", batch)
        if model.way == "reinforce":
            return self.reinforce(model, pixels(made), names, at)
        if model.way == "gumbel":
            return gumbel(model, pixels(made), names, at)
        return -said(model(pixels(made)).logits, names).mean()

    def reinforce(self, model: Glimpses, seen: Tensor, names: Tensor, at: float) -> Tensor:
        """Each look is soft as often as not; the others are draws, which are told how it went."""
        chance, entropy = [], []

        def take(trace: Trace, _look: int) -> tuple[Tensor, Tensor]:
            shares = chances(trace)
            found, told = drawn(model, trace, -(-torch.rand_like(shares).log()).log())
            softly = torch.rand(len(seen), 1, 1) < SOFT
            logs = told["log_probability"][:, 0, 0]
            chance.append(logs.masked_fill(softly[:, 0, 0], 0.0))
            entropy.append(-(shares * shares.clamp_min(1e-12).log()).sum(-1)[:, 0])
            return torch.where(softly, shares, found) @ trace.values[:, 0], found[:, 0].argmax(-1)

        gains = said(model(seen, take=take).logits, names)
        aim, self.baseline = by_trial(torch.stack(chance, 1), gains, self.baseline)
        return -aim - ENTROPY * max(0.0, 1 - 1.5 * at) * torch.stack(entropy).mean()


def by_trial(chance: Tensor, gains: Tensor, usual: float) -> tuple[Tensor, float]:
    """What to climb so that the mean of `gains` grows, and how well a path usually goes now.

    A draw is told how it went from then on. What one may expect is what was believed before it,
    which the draw cannot change: so it takes nothing away from the mean of the estimate.

    chance  (batch, look)  log-probability of each draw, in nats; 0 where nothing was drawn
    gains   (batch, look)  log-probability of the right digit after each look
    usual   how well a path usually goes
    """
    looks = gains.shape[1]
    aim = gains.mean()
    went = gains.detach().flip(1).cumsum(1).flip(1) / looks  # (batch, look): from this look on
    for look in range(looks):
        before = gains[:, look - 1].detach() * (looks - look) / looks if look else usual
        aim = aim + reinforce(chance[:, look], went[:, look], before, weight=WEIGHT)
    return aim, running_baseline(usual, went[:, 0])


def gumbel(model: Glimpses, seen: Tensor, names: Tensor, at: float) -> Tensor:
    """Soft looks first, then draws whose gradient is that of a soft look."""
    model.mechanism.temperature = max(COLD, 1 - at * (1 - COLD))

    def take(trace: Trace, _look: int) -> tuple[Tensor, Tensor]:
        shares = chances(trace)
        if at >= WARM:
            shares, _ = drawn(model, trace, -(-torch.rand_like(shares).log()).log())
        return shares @ trace.values[:, 0], shares[:, 0].argmax(-1)

    return -said(model(seen, take=take).logits, names).mean()


def said(logits: Tensor, names: Tensor) -> Tensor:
    """(batch, look): the log-probability of the right digit after each look, in nats."""
    return logits.log_softmax(-1).gather(-1, names[:, None, None].expand(-1, logits.shape[1], 1))[
        ..., 0
    ]


def chances(trace: Trace) -> Tensor:
    """(batch, query, cell): what is drawn by, or the weights where nothing is drawn."""
    found = {one.name: one.tensor for one in trace.extras}
    return found.get("probabilities", trace.weights)[:, 0]


def likeliest(trace: Trace, _look: int) -> tuple[Tensor, Tensor]:
    """What the likeliest cell gives, alone."""
    best = chances(trace)[:, 0].argmax(-1)
    taken = trace.values[:, 0].gather(1, best[:, None, None].expand(-1, 1, trace.values.shape[-1]))
    return taken, best


def routing(model: Capsules, dice: np.random.Generator, batch: int, _at: float) -> Tensor:
    """A quarter of the papers hold one digit, the others two, which is harder."""
    one = papers(dice, "learnt", batch // 4, 1)
    two = papers(dice, "learnt", batch - batch // 4, 2)
    lengths: Tensor = model(torch.cat([one.pixels, two.pixels])).lengths
    return margin_loss(lengths, torch.cat([one.there, two.there]))


@torch.inference_mode()
def tried(model: Any, part: Part = "chosen", count: int = 500) -> dict[str, Any]:
    """How often it is right on digits that it does not learn, and what shows how it looks."""
    dice = np.random.default_rng(5)
    if isinstance(model, Capsules):
        one, two = (papers(dice, part, count, digits) for digits in (1, 2))
        return {
            "one": _share(model(one.pixels).lengths.argmax(-1) == one.there.argmax(-1)),
            "two": _share(found_both(model(two.pixels).lengths, two.there)),
        }
    made, names = scenes(dice, part, count)
    found = model(pixels(made), take=likeliest if model.way in DRAWS else whole)
    there = within(made)
    shares = [chances(look.trace)[:, 0] for look in found.looks]
    return {
        "right": [_share(one.argmax(-1) == names) for one in found.logits.unbind(1)],
        "mass": [round(float((one * there).sum(-1).mean()), 3) for one in shares],
        "points": [_share(there.gather(1, one.argmax(-1, keepdim=True))[:, 0]) for one in shares],
    }


def found_both(lengths: Tensor, there: Tensor) -> Tensor:
    """(paper,), whether the two longest capsules are the two digits."""
    return there.gather(1, lengths.topk(2).indices).all(-1)


def _share(right: Tensor) -> float:
    return round(float(right.float().mean()), 3)


if __name__ == "__main__":
    main()

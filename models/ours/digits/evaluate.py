"""Measure a network of digits on digits that nobody trained on or chose by; write its card.

python -m models.ours.digits.evaluate reinforce          (needs scikit-learn)
"""

from __future__ import annotations

import argparse
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from attention_core.mechanisms.mechanism import Trace
from attention_core.numbers.share import wilson
from models.ours.digits.capsules import Capsules
from models.ours.digits.glimpses import DRAWS, Glimpses, Taken, drawn, whole
from models.ours.digits.lessons import Papers, own, papers, pixels, scenes, within
from models.ours.digits.recipes import RECIPES, card, open_model, write
from models.ours.digits.scene import GRID, SHIFT, WIDE, scattered
from models.ours.digits.strokes import SMALL
from models.ours.digits.train import chances, found_both, likeliest

HELD_OUT: Final = 1_000_003
"""The seed of what is measured; training and choosing never draw with it."""
COUNT: Final = 2_000
TOGETHER: Final = 250
DIGITS: Final = 360
"""Different digits among what is measured: of so many, not of all scenes, an interval is."""
APART: Final = 3
"""Pixels down or across from which two digits of a pair count as apart."""
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    name: str = parser.parse_args().name
    torch.set_num_threads(1)
    write(name, {**card(name), "measured": measured(open_model(name))})


@torch.inference_mode()
def measured(model: Glimpses | Capsules, count: int = COUNT) -> Figures:
    """What the project asks of such a network, on held-out digits and on digits of ours."""
    return routed(model, count) if isinstance(model, Capsules) else glimpsed(model, count)


# --- glimpses ---


def glimpsed(model: Glimpses, count: int) -> Figures:
    """How often it is right after each look, and how often it looks at the digit.

    Networks that draw are measured twice: as they draw, and taking the likeliest cell each time.
    """
    dice = np.random.default_rng(HELD_OUT)
    made, names = scenes(dice, "measured", count)
    there, seen = within(made), pixels(made)
    ours = own(HELD_OUT, count)
    scattered_ours = pixels([scattered(dice, ink, ours.ink) for ink in ours.ink])
    ways: dict[str, Taken] = {"as_it_looks": whole}
    if model.way in DRAWS:
        ways = {"as_it_looks": drawing(model), "likeliest": likeliest}
    return {
        "scenes": count,
        "digits": DIGITS,
        "area": round((SMALL * GRID / WIDE) ** 2 / GRID**2, 3),
        **{name: looked(model, seen, names, there, take) for name, take in ways.items()},
        "of_ours": _share(
            after(model, scattered_ours, next(reversed(ways.values())))[:, -1]
            == torch.from_numpy(ours.names)
        ),
    }


def drawing(model: Glimpses) -> Taken:
    """Each scene draws for itself, which the mechanism alone does not do: a place has one noise."""
    dice = torch.Generator().manual_seed(HELD_OUT)

    def take(trace: Trace, _look: int) -> tuple[Tensor, Tensor]:
        noise = -(-torch.rand(trace.scores[:, 0].shape, generator=dice).log()).log()
        found, _ = drawn(model, trace, noise)
        return found @ trace.values[:, 0], found[:, 0].argmax(-1)

    return take


def after(model: Glimpses, seen: Tensor, take: Taken) -> Tensor:
    """(scene, look): the digit that it believes in after each look."""
    return torch.cat(
        [model(some, take=take).logits.argmax(-1) for some in torch.split(seen, TOGETHER)]
    )


def looked(model: Glimpses, seen: Tensor, names: Tensor, there: Tensor, take: Taken) -> Figures:
    """right after each look, with an interval after the last; its mass and its peak in the box."""
    right, shares = [], []
    for some, known in zip(torch.split(seen, TOGETHER), torch.split(names, TOGETHER), strict=True):
        found = model(some, take=take)
        right.append(found.logits.argmax(-1) == known[:, None])
        shares.append(torch.cat([chances(one.trace) for one in found.looks], 1))
    every, cells = torch.cat(right), torch.cat(shares)  # (scene, look), (scene, look, cell)
    best = there.gather(1, cells.argmax(-1))
    return {
        "right": [_share(one) for one in every.unbind(1)],
        "interval": _interval(_share(every[:, -1]), DIGITS),
        "mass": [round(float(one), 3) for one in (cells * there[:, None]).sum(-1).mean(0)],
        "points": [_share(one) for one in best.unbind(1)],
        "points_interval": _interval(_share(best[:, 0]), DIGITS),
    }


# --- capsules ---


def routed(model: Capsules, count: int) -> Figures:
    """One digit named, both of a pair found, near or far; and how routing sharpens."""
    dice = np.random.default_rng(HELD_OUT)
    one, pairs = (papers(dice, "measured", count, digits) for digits in (1, 2))
    ours = own(HELD_OUT, count)
    drawn = torch.from_numpy(np.pad(ours.ink, ((0, 0), (2, 2), (2, 2)))).float()
    single = _share(_lengths(model, one.pixels).argmax(-1) == one.there.argmax(-1))
    both = _both(model, pairs)
    fewer = {str(rounds): _rounds(model, rounds, one, pairs) for rounds in (1, 2, 3, 5)}
    return {
        "papers": count,
        "digits": DIGITS,
        "one": {"right": single, "interval": _interval(single, DIGITS)},
        "pair": {"right": _share(both), "interval": _interval(_share(both), DIGITS // 2)},
        "pair_apart": {
            "pixels": APART,
            "pairs": int((pairs.apart >= APART).sum()),
            "right": _share(both[pairs.apart >= APART]),
            "interval": _interval(_share(both[pairs.apart >= APART]), DIGITS // 2),
        },
        "by_distance": {
            str(far): {
                "pairs": int((pairs.apart == far).sum()),
                "right": _share(both[pairs.apart == far]),
            }
            for far in range(SHIFT + 1)
        },
        "rounds": fewer,
        "entropy": spread(model, one.pixels),
        "entropy_pair": spread(model, pairs.pixels),
        "of_ours": _share(_lengths(model, drawn).argmax(-1) == torch.from_numpy(ours.names)),
    }


def _rounds(model: Capsules, rounds: int, one: Papers, pairs: Papers) -> Figures:
    """The same network, routing more or less often than it was trained to."""
    usual, model.routing.rounds = model.routing.rounds, rounds
    single = _share(_lengths(model, one.pixels).argmax(-1) == one.there.argmax(-1))
    pair = _share(_both(model, pairs))
    model.routing.rounds = usual
    return {"one": single, "pair": pair}


def _both(model: Capsules, pairs: Papers) -> Tensor:
    return found_both(_lengths(model, pairs.pixels), pairs.there)


def _lengths(model: Capsules, sheets: Tensor) -> Tensor:
    return torch.cat([model(some).lengths for some in torch.split(sheets, TOGETHER)])


def spread(model: Capsules, sheets: Tensor) -> list[float]:
    """(round,): the mean entropy of a part's shares, in nats, parts counted by their length."""
    total, weight = torch.zeros(model.routing.rounds), 0.0
    for some in torch.split(sheets, TOGETHER):
        found = model(some)
        films = [
            one.tensor[:, 0] for one in found.look.trace.extras if one.name.startswith("round")
        ]
        shares = torch.stack(films)  # (round, paper, digit, part)
        nats = -(shares * shares.clamp_min(1e-12).log()).sum(2)
        total += (nats * found.parts).sum((1, 2))
        weight += float(found.parts.sum())
    return [round(float(one), 3) for one in total / weight]


def _share(right: Tensor) -> float:
    return round(float(right.double().mean()), 4) if len(right) else 0.0


def _interval(share: float, of: int) -> list[float]:
    """Of a share among so many independent trials, at 95 %."""
    return [round(one, 4) for one in wilson(round(share * of), of)]


if __name__ == "__main__":
    main()

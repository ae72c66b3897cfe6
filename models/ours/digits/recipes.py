"""The networks of digits: what each is, how long it is trained, and where its checkpoint lies.

>>> list(RECIPES)
['uniform', 'soft', 'reinforce', 'gumbel', 'routing']
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load_file
from torch import nn

from attention_core.marking import N_
from models.ours.digits.capsules import Capsules
from models.ours.digits.glimpses import WAYS, Glimpses, Way

CHECKPOINTS: Final = Path(__file__).parents[1] / "checkpoints" / "digits"


@dataclass(frozen=True)
class Recipe:
    """steps  that it is trained
    whole  steps that the rate of learning is planned for; it is stopped before they are over
    able   whether it should reach the floor
    after  the network whose weights it begins with; from nothing, where it names none
    """

    name: str
    title: str
    build: Callable[..., nn.Module]
    steps: int
    whole: int
    able: bool = True
    batch: int = 64
    rate: float = 2e-3
    seed: int = 3
    after: str = ""


def _glimpse(name: Any, title: str, steps: int, whole: int, able: bool = True) -> Recipe:
    return Recipe(name, title, partial(Glimpses, name), steps, whole, able)


RECIPES: Final = {
    recipe.name: recipe
    for recipe in (
        _glimpse("uniform", N_("everywhere alike"), 1000, 1500, able=False),
        _glimpse("soft", N_("soft"), 1500, 3000),
        replace(_glimpse("reinforce", N_("hard, by REINFORCE"), 400, 400), rate=1e-3, after="soft"),
        _glimpse("gumbel", N_("hard, by Gumbel"), 4000, 4000),
        Recipe("routing", N_("three rounds"), Capsules, 4500, 9000),
    )
}


@cache
def card(name: str) -> Mapping[str, Any]:
    """What training and evaluation wrote down."""
    found: Mapping[str, Any] = json.loads(
        (CHECKPOINTS / f"{name}.json").read_text(encoding="utf-8")
    )
    return found


def ways() -> tuple[Way, ...]:
    """The ways to look that are here, trained."""
    return tuple(way for way in WAYS if (CHECKPOINTS / f"{way}.safetensors").is_file())


def write(name: str, made: Mapping[str, Any]) -> None:
    """Puts down the card of a network."""
    path = CHECKPOINTS / f"{name}.json"
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


def open_model(name: str, *draw: int) -> Any:
    """The trained network, in single precision. draw: what it draws by, where it draws"""
    model = RECIPES[name].build(*draw)
    held = load_file(CHECKPOINTS / f"{name}.safetensors")
    model.load_state_dict({key: tensor.float() for key, tensor in held.items()})
    return model.eval().requires_grad_(False)

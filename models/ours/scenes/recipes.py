"""The models of scenes: what each is, how it is trained, and where its checkpoint lies.

>>> sorted(RECIPES)[0]
'scenes-clip'
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load_file

from attention_core.marking import N_
from models.ours.scenes.asking import AskingShape
from models.ours.scenes.matching import MatchingShape
from models.ours.scenes.moments import MomentsShape
from models.ours.scenes.towers import TowersShape

CHECKPOINTS: Final = Path(__file__).parent.parent / "checkpoints"


@dataclass(frozen=True)
class Recipe:
    name: str
    title: str
    shape: Any
    loss: str
    steps: int
    batch: int
    rate: float
    seed: int


RECIPES: Final = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "scenes-co-attention", N_("Co-attention"), AskingShape("co_attention", normed=True),
            "answering", 3500, 224, 3e-3, 1,
        ),
        Recipe(
            "scenes-cross-attention", N_("Cross-attention"),
            AskingShape("cross_attention", normed=True), "answering", 2000, 160, 2e-3, 2,
        ),
        Recipe(
            "scenes-clip", N_("Two towers (CLIP)"), TowersShape(text_layers=2),
            "contrastive", 3000, 96, 2e-3, 3,
        ),
        Recipe(
            "scenes-stacked-cross", N_("Stacked cross attention"), MatchingShape(),
            "hardest", 600, 32, 2e-3, 4,
        ),
        Recipe(
            "scenes-clips", N_("Temporal and spatial attention"), MomentsShape(),
            "watching", 3000, 64, 2e-3, 5,
        ),
    )
}  # fmt: skip


def shipped(name: str) -> bool:
    """Whether the checkpoint of that name is here, measured."""
    return (CHECKPOINTS / name / "card.json").exists()


@cache
def measured(name: str) -> Mapping[str, Any]:
    """The figures on the card of that name, which evaluation wrote beside the weights."""
    card = json.loads((CHECKPOINTS / name / "card.json").read_text(encoding="utf-8"))
    found: Mapping[str, Any] = card["measured"]
    return found


def open_model(name: str) -> Any:
    """The network of a checkpoint, ready to be asked."""
    folder = CHECKPOINTS / name
    model = RECIPES[name].shape.build()
    weights = load_file(folder / "model.safetensors")
    model.load_state_dict({key: value.float() for key, value in weights.items()})
    return model.eval()

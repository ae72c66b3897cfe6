"""The translators of this project: one line of a table decides how each comes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from attention_core.marking import N_
from models.translator.network import Shape

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
DATA = N_(
    "Tatoeba sentence pairs of the train split (manythings.org/anki and tatoeba.org, CC BY 2.0 FR),"
    " and classroom lines written for this project"
)
LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a model comes out, and what a reader is told of it."""

    title: str
    good_for: str
    source: str
    target: str
    shape: Shape
    epochs: int = 11
    tokens_per_batch: int = 4000
    """Target pieces in a batch, padding included."""
    learning_rate: float = 1.5e-3
    warm_up: int = 300
    label_smoothing: float = 0.1
    classroom_repeats: int = 6
    longest: int = 60
    """Pairs with more pieces on either side are left out of training."""
    seed: int = 20


RECIPES = {
    "bahdanau-en-fr": Recipe(
        title=N_("English → French, GRU with additive attention"),
        good_for=N_("short everyday English sentences, and seeing how they were aligned"),
        source="en",
        target="fr",
        shape=Shape(),
    ),
}

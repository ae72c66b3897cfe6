"""The translators of this project: one line of a table decides how each comes out.

>>> RECIPES["bahdanau-en-fr"].vocabulary
'en-fr.json'
>>> family_of(RECIPES["transformer-en-fr"].shape)
'transformer'
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from attention_core.marking import N_
from models.ours.translator.network import Shape
from models.ours.translator.recurrent import Looks, RecurrentShape
from models.ours.translator.transformer import TransformerShape

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
    short: str
    """The name on a crowded page, beside the other translators."""
    good_for: str
    source: str
    target: str
    shape: Shape
    start: str = ""
    """The recipe whose finished weights it begins with, wherever a tensor has the same name."""
    epochs: int = 11
    tokens_per_batch: int = 4000
    """Target pieces in a batch, padding included."""
    learning_rate: float = 1.5e-3
    warm_up: int = 300
    label_smoothing: float = 0.1
    classroom_repeats: int = 6
    longest: int = 60
    """Pairs with more pieces on either side are left out of training."""
    alphabet: int = 160
    """Different characters that the vocabulary keeps."""
    seed: int = 20

    @property
    def vocabulary(self) -> str:
        """The file of pieces that all translators between two languages share."""
        return "-".join(sorted((self.source, self.target))) + ".json"


def _en_fr(
    title: str, short: str, good_for: str, looks: Looks, start: str = "bahdanau-en-fr",
    epochs: int = 1,
) -> Recipe:  # fmt: skip
    """A recurrent translator from English to French; most begin with the weights of another."""
    finished = start == "luong-general-en-fr"  # only the look itself is new
    return Recipe(
        title, short, good_for, "en", "fr", RecurrentShape(looks=looks), start, epochs,
        learning_rate=1e-3 if finished else 1.5e-3, warm_up=100 if finished else 300,
    )  # fmt: skip


_LUONG = N_("comparing Luong's scores with each other and with Bahdanau's")
_LOCAL = N_("seeing what a window of eleven pieces does to a translation")

RECIPES: dict[str, Recipe] = {
    "fixed-en-fr": _en_fr(
        N_("English → French, GRU without attention"),
        N_("No attention"),
        N_("seeing why attention was invented: one vector must hold the whole sentence"),
        "none",
        epochs=3,
    ),
    "bahdanau-en-fr": _en_fr(
        N_("English → French, GRU with additive attention"),
        N_("Bahdanau, additive"),
        N_("short everyday English sentences, and seeing how they were aligned"),
        "additive",
        start="",
        epochs=11,
    ),
    "luong-dot-en-fr": _en_fr(
        N_("English → French, GRU with Luong's dot attention"),
        N_("Luong, dot"),
        _LUONG,
        "dot",
        start="luong-general-en-fr",
    ),
    "luong-general-en-fr": _en_fr(
        N_("English → French, GRU with Luong's general attention"),
        N_("Luong, general"),
        _LUONG,
        "general",
        epochs=5,
    ),
    "luong-concat-en-fr": _en_fr(
        N_("English → French, GRU with Luong's concat attention"),
        N_("Luong, concat"),
        _LUONG,
        "concat",
        start="luong-general-en-fr",
    ),
    "luong-location-en-fr": _en_fr(
        N_("English → French, GRU with Luong's location attention"),
        N_("Luong, location"),
        N_("seeing how far a translator comes that looks by position alone"),
        "location",
        start="luong-general-en-fr",
    ),
    "local-m-en-fr": _en_fr(
        N_("English → French, GRU with local monotonic attention"),
        N_("Local, monotonic"),
        _LOCAL,
        "local_monotonic",
        start="luong-general-en-fr",
    ),
    "local-p-en-fr": _en_fr(
        N_("English → French, GRU with local predictive attention"),
        N_("Local, predictive"),
        _LOCAL,
        "local_predictive",
        start="luong-general-en-fr",
    ),
    "transformer-en-fr": Recipe(
        N_("English → French, Transformer"),
        N_("Transformer"),
        N_("the best French of this family, and finding which of its heads aligns"),
        "en", "fr", TransformerShape(), start="bahdanau-en-fr", epochs=8, warm_up=400,
    ),
    "transformer-fr-en": Recipe(
        N_("French → English, Transformer"),
        N_("Transformer, back"),
        N_("aligning a pair from the other side, so that both directions can be joined"),
        "fr", "en", TransformerShape(), start="transformer-en-fr", epochs=2,
    ),
    "bahdanau-en-zh": Recipe(
        N_("English → Chinese, GRU with additive attention"),
        N_("Bahdanau, Chinese"),
        N_("very short sentences: it was trained on 28,568 pairs only and often errs"),
        "en", "zh", RecurrentShape(dropout=0.3), start="bahdanau-en-fr", epochs=14,
        alphabet=3000,
    ),
}  # fmt: skip


def shape_of(family: str, sizes: dict[str, object]) -> Shape:
    """The shape that a checkpoint's configuration names."""
    return FAMILIES[family](**sizes)  # type: ignore[arg-type]


def family_of(shape: Shape) -> str:
    return next(name for name, kind in FAMILIES.items() if isinstance(shape, kind))


FAMILIES: dict[str, type[Shape]] = {"recurrent": RecurrentShape, "transformer": TransformerShape}


def shipped() -> Iterable[tuple[str, Recipe]]:
    """The recipes whose weights are here, in the order of the story."""
    return (
        (name, recipe)
        for name, recipe in RECIPES.items()
        if (CHECKPOINTS / name / "card.json").is_file()
    )

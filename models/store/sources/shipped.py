"""The translators that this project trained, as far as their checkpoints are here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from models.families.family import Origin
from models.ours.translator.recipes import CHECKPOINTS, DATA, LICENCE, Recipe, shipped
from models.store.card import Card, Entry, from_files
from models.store.sources import Source, register


def _listed() -> Iterator[Entry]:
    for name, recipe in shipped():
        yield from_files(_card(name, recipe), partial(_origin, name), "translate")


def _origin(name: str) -> Origin:
    return Origin(CHECKPOINTS / name, CHECKPOINTS, ours=True)


def _card(name: str, recipe: Recipe) -> Card:
    """The card that evaluation wrote beside the weights."""
    written = json.loads((CHECKPOINTS / name / "card.json").read_text(encoding="utf-8"))
    return Card(
        name=name,
        title=recipe.title,
        parameters=written["parameters"],
        megabytes=written["megabytes"],
        languages=(recipe.source, recipe.target),
        licence=LICENCE,
        data=DATA,
        good_for=recipe.good_for,
        source=written["command"],
        heads=getattr(recipe.shape, "heads", 1),
        short=recipe.short,
        measured=written,
    )


register(Source("shipped", 10, _listed))

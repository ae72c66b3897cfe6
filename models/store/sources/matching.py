"""The two towers that we trained on drawings and their names."""

from __future__ import annotations

import json
from collections.abc import Iterator

from attention_core.marking import N_
from models.ours.emoji.pieces import CHECKPOINT, shipped
from models.ours.emoji.reader import NAME, load_reader
from models.store.card import Card, Entry
from models.store.sources import Source, register


def _listed() -> Iterator[Entry]:
    if shipped():
        yield Entry(_card(), load_reader, "match")


def _card() -> Card:
    written = json.loads((CHECKPOINT / "card.json").read_text(encoding="utf-8"))
    return Card(
        name=NAME,
        title=N_("Drawings and words (a small CLIP)"),
        parameters=int(written["parameters"]),
        megabytes=float(written["megabytes"]),
        languages=("en", "fr", "zh"),
        licence=written["licence"],
        data=written["data"],
        good_for=N_("seeing how a text and a drawing are compared by two towers"),
        source=written["command"],
        reads="other",
    )


register(Source("emoji", 35, _listed))

"""The small BERT that we taught a grammar, as far as its checkpoint is here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from attention_core.marking import N_
from attention_core.watching.record import Note
from models.families.family import Origin
from models.ours.grammar.train import CHECKPOINT
from models.store.card import Card, Entry, from_files
from models.store.sources import Source, register


def _listed() -> Iterator[Entry]:
    file = CHECKPOINT / "card.json"
    if file.is_file():
        written = json.loads(file.read_text(encoding="utf-8"))
        yield from_files(_card(written), lambda: Origin(CHECKPOINT, CHECKPOINT, ours=True))


def _card(written: dict[str, Any]) -> Card:
    """The card that evaluation wrote beside the weights."""
    right, subject = written["agreement"], written["heads"]["nsubj"]
    return Card(
        name="grammar",
        title=N_("Small BERT that was taught a grammar"),
        parameters=written["parameters"],
        megabytes=written["megabytes"],
        languages=("en",),
        licence="Apache-2.0",
        data=N_("60,000 sentences drawn from rules of this project, each with its tree"),
        good_for=N_("seeing heads that follow grammar where every tree is known; knows 214 words"),
        source=written["command"],
        measured=written,
        figures=(
            Note(
                "It gives {share:.1%} of {count:,} hidden verbs the right number, in sentences of "
                "shapes that it was not taught.",
                share=right["share"], count=right["of"],
            ),
            Note(
                "Its best head for subjects names {share:.1%} of their verbs; the best fixed "
                "offset {offset:.1%}.",
                share=subject["share"], offset=subject["offset_share"],
            ),
        ),
    )  # fmt: skip


register(Source("grammar", 35, _listed))

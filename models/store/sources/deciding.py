"""The translator that we trained on ambiguous words and drawings."""

from __future__ import annotations

import json
from collections.abc import Iterator

from attention_core.marking import N_
from models.families.family import Origin
from models.ours.decides.reader import CHECKPOINT
from models.store.card import Card, Entry, from_files
from models.store.sources import Source, register

DATA = N_(
    "Sentences written for this project; drawings of Noto Emoji (Google, Apache-2.0), from the "
    "package @iconify-json/noto 1.2.9"
)


def _listed() -> Iterator[Entry]:
    file = CHECKPOINT / "card.json"
    if file.is_file():
        written = json.loads(file.read_text(encoding="utf-8"))
        yield from_files(
            _card(written), lambda: Origin(CHECKPOINT, CHECKPOINT, ours=True), "decide"
        )


def _card(written: dict[str, object]) -> Card:
    """The card that evaluation wrote beside the weights."""
    return Card(
        name="decides",
        title=N_("English → French and Chinese, with a picture"),
        parameters=int(str(written["parameters"])),
        megabytes=float(str(written["megabytes"])),
        languages=("en", "fr", "zh"),
        licence=str(written["licence"]),
        data=DATA,
        good_for=N_("seeing when a translation needs a picture, and where it then looks"),
        source=str(written["command"]),
        heads=1,
        short=N_("The picture decides"),
        measured=written,
    )


register(Source("deciding", 15, _listed))

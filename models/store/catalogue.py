"""Every model that can be watched, in the order in which a reader meets them.

The models themselves come from the sources (`models.store.sources`), one file each; here they are
put together and found by name.

>>> entry("bahdanau-en-fr").card.languages
('en', 'fr')
>>> "fake" in [known.card.name for known in entries()]
True
"""

from __future__ import annotations

from attention_core.errors import ModelError
from models.families.family import Task
from models.store.card import Card, Entry
from models.store.sources import sources
from models.store.sources.minilm import minilm_folder
from models.store.sources.seeing import HEARS, MATCHES, SEES
from models.store.sources.writing import WRITES, named, parted

__all__ = [
    "HEARS",
    "MATCHES",
    "SEES",
    "WRITES",
    "Card",
    "Entry",
    "Task",
    "entries",
    "entry",
    "minilm_folder",
    "named",
    "parted",
]

NAMED = 20
"""Models that a sentence names: all that come with us, and no endless list of an operator's."""


def entries() -> tuple[Entry, ...]:
    """The models that are on this machine now, in story order."""
    return tuple(entry for source in sources() for entry in source.listed())


def entry(name: str) -> Entry:
    """The model of that name; any model of the hub has the name ``hub:owner/name``.

    Raises ModelError with the known names when there is no such model.
    """
    for source in sources():
        if source.find and name.startswith(source.prefix):
            return source.find(name)
    known = entries()
    for found in known:
        if found.card.name == name:
            return found
    names = ", ".join([found.card.name for found in known[:NAMED]] + ["…"] * (len(known) > NAMED))
    raise ModelError(
        "There is no model “{name}”. Choose one of {names}, or name one of the "
        "Hugging Face hub as hub:owner/name.",
        name=name[:80],
        names=names,
    )

"""Models from elsewhere that are named for what they see or hear: the eyes of CLIP, ….

Their names say where the model lies, and what is done with it: `see:hub:owner/name`, or
`match:hub:owner/name` for both towers of CLIP.

>>> where("see:folder:mine"), where("hear:hub:openai/whisper-tiny")
('folder:mine', 'hub:openai/whisper-tiny')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from attention_core.errors import ModelError
from models.families.family import Task, families
from models.store.card import Entry, from_files
from models.store.sources import Source, register, sources
from models.store.sources.folders import names, origin

SEES, HEARS, MATCHES = "see:", "hear:", "match:"
"""Begin the names of models that are opened for the pictures that they see, for sound, or for how
well a text fits a picture."""
_TASKS: Final[Mapping[str, Task]] = {SEES: "see", HEARS: "hear", MATCHES: "match"}


def where(name: str) -> str:
    """Where the model of that name lies: ``folder:my-model`` or ``hub:owner/name``."""
    return next((name.removeprefix(one) for one in _TASKS if name.startswith(one)), name)


def _listed(prefix: str) -> Iterator[Entry]:
    """Those models of the operator's directory that do this besides something else."""
    task = _TASKS[prefix]
    able = [one for one in families() if one.task == task]
    for name in names():
        found = origin(name)
        if found and any(one.takes(found.config) for one in able):
            entry = _found(f"{prefix}{name}")
            if entry.card.task != task:
                yield entry


def _found(name: str) -> Entry:
    place = where(name)
    for source in sources():
        files = source.files(place) if source.files and place.startswith(source.prefix) else None
        if files is not None:
            task = _TASKS[name.removesuffix(place)]
            return from_files(replace(files[0], name=name), files[1], task)
    raise ModelError(
        "There is no model “{name}” that sees or hears; choose one of the list.", name=place[:80]
    )


register(Source("seeing", 55, lambda: _listed(SEES), SEES, _found))
register(Source("hearing", 56, lambda: (), HEARS, _found))
register(Source("matching", 57, lambda: _listed(MATCHES), MATCHES, _found))

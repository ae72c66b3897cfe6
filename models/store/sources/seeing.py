"""Models from elsewhere that also see pictures, opened for what they see: the eyes of CLIP, ….

Their names say where the model lies: `see:hub:owner/name`.

>>> where("see:folder:mine")
'folder:mine'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from attention_core.errors import ModelError
from models.families.family import families
from models.store.card import Entry, from_files
from models.store.sources import Source, register, sources
from models.store.sources.folders import names, origin

SEES = "see:"
"""Begins the names of models that are opened for the pictures that they see."""


def where(name: str) -> str:
    """Where the model of that name lies: ``folder:my-model`` or ``hub:owner/name``."""
    return name.removeprefix(SEES)


def _listed() -> Iterator[Entry]:
    """Those models of the operator's directory that see pictures besides something else."""
    seeing = [one for one in families() if one.task == "see"]
    for name in names():
        found = origin(name)
        if found and any(one.takes(found.config) for one in seeing):
            entry = _found(f"{SEES}{name}")
            if entry.card.task != "see":
                yield entry


def _found(name: str) -> Entry:
    place = where(name)
    for source in sources():
        files = source.files(place) if source.files and place.startswith(source.prefix) else None
        if files is not None:
            return from_files(replace(files[0], name=name), files[1], "see")
    raise ModelError(
        "There is no model “{name}” that sees pictures; choose one of the list.", name=place[:80]
    )


register(Source("seeing", 55, _listed, SEES, _found))

"""The real models out of wheels of the package index, as far as they are in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attention_core.errors import DownloadNeeded
from models.families.family import Origin
from models.store.card import Card, Entry, from_files
from models.store.carriers import cache, registry
from models.store.carriers.carrier import Carrier
from models.store.sources import Files, Source, register

PREFIX: Final = "wheel:"


def card(carrier: Carrier) -> Card:
    """What a reader is told of a carrier's model, whether it is here or not."""
    return Card(
        name=f"{PREFIX}{carrier.name}",
        title=carrier.title,
        parameters=carrier.parameters,
        megabytes=carrier.megabytes,
        languages=carrier.languages,
        licence=carrier.licence,
        data=carrier.data,
        good_for=carrier.good_for,
        source=carrier.source,
        reads=carrier.reads,
    )


def folder(carrier: Carrier) -> Path:
    """Where its model is; raises DownloadNeeded when it is not in the cache."""
    found = cache.whole(carrier)
    if found is None:
        raise DownloadNeeded(
            "{title} is not on this machine. Its operator can fetch it: "
            "python -m models.store.carriers {name}",
            title=carrier.title,
            name=carrier.name,
        )
    return found


def _files(name: str) -> Files:
    carrier = registry.carrier(name.removeprefix(PREFIX))
    return card(carrier), lambda: _origin(carrier)


def _origin(carrier: Carrier) -> Origin:
    found = folder(carrier)
    return Origin(found, found, ours=True)


def _found(name: str) -> Entry:
    known, origin = _files(name)
    folder(registry.carrier(name.removeprefix(PREFIX)))
    return from_files(known, origin, registry.carrier(name.removeprefix(PREFIX)).task)


def _listed() -> Iterator[Entry]:
    for carrier in registry.carriers():
        if carrier.promise is not None and cache.whole(carrier) is not None:
            yield _found(f"{PREFIX}{carrier.name}")


register(Source("carriers", 25, _listed, PREFIX, _found, _files))

"""The models of the operator's directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from attention_core.marking import N_
from models.families.family import Origin, families
from models.loading import kinds, places, weights
from models.loading.places import Place
from models.settings import settings
from models.store.card import Card, Entry, from_files
from models.store.sources import Files, Source, register

PREFIX = "folder:"
_RESERVED: Final = {ord(mark): f"%{ord(mark):02X}" for mark in "%?,"}
"""What ends a name in the name of a translator or in a list of names."""


def names() -> tuple[str, ...]:
    """The names of the models in the operator's directory."""
    root = settings().models_dir
    if root is None or not root.is_dir():
        return ()
    found = (f"{PREFIX}{name.translate(_RESERVED)}" for name in places.names(root))
    return tuple(name for name in found if _brought(name))


def _brought(name: str) -> bool:
    """Whether that model is of a family that folders may hold: a checkpoint of ours is not."""
    found = origin(name)
    return not any(found and not one.brought and one.takes(found.config) for one in families())


def origin(name: str) -> Origin | None:
    """Where the files of that model are; None where there is none of that name."""
    found = _place(name)
    return None if found is None else _origin(found)


def _place(name: str) -> Place | None:
    root = settings().models_dir
    if root is None or not root.is_dir():
        return None
    return places.place(root, unquote(name.removeprefix(PREFIX)))


def _card(name: str, place: Place) -> Card:
    """What is known of a folder without opening it."""
    parameters, size = weights.held(place.folder)
    return Card(
        name=name,
        title=place.title,
        parameters=parameters,
        megabytes=round(size / 1e6, 1),
        languages=(),
        licence=N_("see its folder"),
        data=N_("see its folder"),
        good_for=N_("a model that the operator of this server has added"),
        source="",
        reads=kinds.reads(_origin(place).config.get("model_type")),
    )


def _origin(place: Place) -> Origin:
    return Origin(place.folder, place.bounds, place.links)


def _files(name: str) -> Files | None:
    found = _place(name)
    if found is None:
        return None
    return _card(name, found), lambda: _origin(found)


def _listed() -> Iterator[Entry]:
    for name in names():
        files = _files(name)
        if files is not None:
            yield from_files(*files)


register(Source("folders", 40, _listed, PREFIX, files=_files))

"""The models of the operator's directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attention_core.marking import N_
from models.families.family import Origin
from models.loading import folders
from models.settings import settings
from models.store.card import Card, Entry, from_files
from models.store.sources import Files, Source, register

PREFIX = "folder:"


def place(name: str) -> tuple[Path, Path] | None:
    """The folder of that name and the directory that it is in; None where there is none."""
    root = settings().models_dir
    if root is None or not root.is_dir() or name not in folders.names(root):
        return None
    return root / name, root


def names() -> tuple[str, ...]:
    """The folders of the operator's directory that hold a model."""
    root = settings().models_dir
    return () if root is None or not root.is_dir() else folders.names(root)


def card(name: str) -> Card:
    """What is known of a folder without opening it."""
    root = settings().models_dir or Path()
    size = sum(path.stat().st_size for path in (root / name).glob("*.safetensors"))
    return Card(
        name=f"{PREFIX}{name}",
        title=name,
        parameters=0,
        megabytes=round(size / 1e6, 1),
        languages=(),
        licence=N_("see its folder"),
        data=N_("see its folder"),
        good_for=N_("a model that the operator of this server has added"),
        source="",
    )


def _listed() -> Iterator[Entry]:
    for name in names():
        files = _files(f"{PREFIX}{name}")
        if files is not None:
            yield from_files(*files)


def _files(name: str) -> Files | None:
    found = place(name.removeprefix(PREFIX))
    return None if found is None else (card(found[0].name), lambda: Origin(*found))


register(Source("folders", 40, _listed, PREFIX, files=_files))

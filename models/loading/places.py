"""Where the models of the operator's directory lie, however other tools have laid them there.

A model is a folder, at most DEEPEST below the directory, with a configuration or weights in it:
also one of a trainer's checkpoints, or a snapshot in the cache of the Hugging Face hub
(`models--owner--name/snapshots/…`, whose files are links to `blobs`).

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as root:
...     (Path(root) / "mine" / "small").mkdir(parents=True)
...     _ = (Path(root) / "mine" / "small" / "config.json").write_text("{}")
...     names(Path(root))
('mine/small',)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.loading import programs

DEEPEST = 6
MOST = 5_000
"""Folders that are looked into; a directory with more is no directory of models."""
_SIGNS = ("config.json", "adapter_config.json", "pytorch_model.bin")
_WEIGHTS = (".safetensors", ".gguf", ".onnx", ".h5", ".msgpack")
_PARTS = "modules.json"
"""Stands where the folders below are parts of a model of sentence-transformers, and no models."""
_READER = "_Transformer"
"""Ends the name of the part that reads, which older versions saved apart as `0_Transformer`."""
_CACHED = "models--"


@dataclass(frozen=True)
class Place:
    """A folder that looks like a model's.

    name    its way below the directory; "." for the directory itself
    bounds  the folder that its files and what they are linked to must be below
    links   True where files may be links
    """

    name: str
    title: str
    folder: Path
    bounds: Path
    links: bool


def names(root: Path) -> tuple[str, ...]:
    """The ways from the directory to the models in it, in alphabetical order."""
    return tuple(sorted(_found(root)))


def place(root: Path, name: str) -> Place | None:
    """The model at the end of that way; None where there is none, or the way leads out."""
    way = PurePosixPath(name)
    if way.is_absolute() or ".." in way.parts or str(way) != name or "\x00" in name:
        return None
    folder = root / name
    if not folder.is_dir() or not _is_model(set(os.listdir(folder))):
        return None
    return _snapshot(root, way) or Place(
        name, root.name if name == "." else name, folder, root, False
    )


def _snapshot(root: Path, way: PurePosixPath) -> Place | None:
    """A snapshot in a cache of the hub, wherever the cache was copied to below the directory."""
    for at, part in enumerate(way.parts[:-2]):
        if part.startswith(_CACHED) and way.parts[at + 1] == "snapshots":
            owned = PurePosixPath(*way.parts[:at], part.removeprefix(_CACHED).replace("--", "/"))
            title = f"{owned} ({'/'.join(way.parts[at + 2 :])[:7]})"
            bounds = root.joinpath(*way.parts[: at + 1])
            return Place(str(way), title, root / way, bounds, True)
    return None


def _found(root: Path) -> Iterator[str]:
    waiting = [(root, 0)]
    for _ in range(MOST):
        if not waiting:
            return
        folder, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        is_model = _is_model({entry.name for entry in entries})
        if is_model:
            yield folder.relative_to(root).as_posix()
        parted = any(entry.name == _PARTS for entry in entries)
        if depth < DEEPEST and not (parted and is_model):
            waiting += [
                (Path(entry.path), DEEPEST if entry.is_symlink() else depth + 1)
                for entry in entries
                if _may_hold(entry) and (not parted or entry.name.endswith(_READER))
            ]


def _may_hold(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is looked into: not a hidden one, nor one whose name is no text."""
    shown = not entry.name.startswith(".") and entry.name.isprintable()
    return shown and entry.is_dir()


def _is_model(files: Set[str]) -> bool:
    """Whether a folder with these files holds a model, be it one that another program saved."""
    ours = any(file in _SIGNS or file.endswith(_WEIGHTS) for file in files)
    return ours or programs.known(files) is not None

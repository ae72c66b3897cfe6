"""The registry of families: each says which checkpoints are its own and how to watch them.

A family is one module of this folder, or of `models.ours`, that calls `register`; nothing else
lists it. A package elsewhere names such a module under the entry point group
`attention_atlas.families`. Which family a checkpoint belongs to is decided by what its
configuration says it is, never by its name.

>>> family({"model_type": "bert"}, "read").name
'text'
>>> family({"model_type": "marian"}, "translate").inputs
('source', 'target')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from attention_core.errors import AttentionError, ModelError
from attention_core.finding import found
from models.loading.documents import read_json
from models.loading.folders import CONFIG_BYTES

Task = Literal["read", "translate", "see", "name", "hear", "decide", "match"]
"""What a reader does with a model: give it a text, have it write, show it a picture so that it
looks, so that it names what it shows, so that it decides what a text means, or so that it says how
well a text fits, or let it listen."""
GROUP: Final = "attention_atlas.families"


class Watched(Protocol):
    """Any model in memory that can be watched. What it can be asked is the task of its family."""

    name: str
    limit: int
    """The most tokens of one input."""


@dataclass(frozen=True)
class Origin:
    """Where the files of a checkpoint are.

    links   True where files may be links, as in the hub's cache; they must stay below root
    ours    True where the files came with this program, or with a package that it names
    wishes  what a reader asks of the model, such as its languages, by name
    """

    folder: Path
    root: Path
    links: bool = False
    ours: bool = False
    wishes: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Mapping[str, Any]:
        """What the checkpoint says of itself; empty where that cannot be read."""
        try:
            return read_json(self.folder / "config.json", CONFIG_BYTES)
        except AttentionError:
            return {}


@dataclass(frozen=True)
class Family:
    """Models that are loaded, fed and watched alike.

    inputs  the axes that a reader fills, in order: a text, a second one, a picture, …
    takes   whether a checkpoint with this configuration is one of them
    open    the model in memory, by its name in the catalogue; raises ModelError
    last    True for a family that takes whatever no other one does
    brought True where others may bring such models; else they are not looked for in folders
    """

    name: str
    task: Task
    inputs: tuple[str, ...]
    takes: Callable[[Mapping[str, Any]], bool]
    open: Callable[[str, Origin], Watched]
    last: bool = False
    brought: bool = True


_FAMILIES: dict[str, Family] = {}


def register(made: Family) -> Family:
    """Make a family known; raises ModelError when its name is taken by another one."""
    if _FAMILIES.get(made.name, made) != made:
        raise ModelError("There are two families of models called “{name}”.", name=made.name)
    _FAMILIES[made.name] = made
    return made


def families() -> tuple[Family, ...]:
    """All families, those that take the rest at the end."""
    _discovered()
    return tuple(sorted(_FAMILIES.values(), key=lambda one: one.last))


def family(config: Mapping[str, Any], task: Task) -> Family:
    """The family of a checkpoint for that task; raises ModelError when there is none."""
    for one in families():
        if one.task == task and one.takes(config):
            return one
    raise ModelError(
        "No family of models can {task} with a model of the kind “{kind}”; there are {known}.",
        task=task,
        kind=config.get("model_type", "–"),
        known=", ".join(one.name for one in families()),
    )


@cache
def _discovered() -> None:
    """Import every module of both folders and of other packages' entry points, once."""
    list(found(import_module("models.families"), GROUP))
    list(found(import_module("models.ours")))

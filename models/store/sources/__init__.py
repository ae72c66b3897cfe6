"""Where models come from: each module of this folder is one source, and registers itself.

A source lists the models that it has on this machine now, and may find others by their names.

>>> [source.name for source in sources()][:2]
['shipped', 'minilm']
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from attention_core.errors import ModelError
from attention_core.finding import found
from models.families.family import Origin
from models.store.card import Card, Entry

GROUP: Final = "attention_atlas.sources"
Files = tuple[Card, Callable[[], Origin]]
"""A model's card, and where its files are, asked for only when it is opened."""


@dataclass(frozen=True)
class Source:
    """One origin of models.

    place   where its models stand in the story: sources with a smaller number come first
    listed  the models that are here now
    prefix  how the names of its models begin; empty where they begin in no way of their own
    find    the model of a name with that prefix, where not every model is listed; raises
            ModelError when there is none
    files   card and files of a model with that prefix, for those who open it in another way;
            None where there is none
    """

    name: str
    place: int
    listed: Callable[[], Iterable[Entry]]
    prefix: str = ""
    find: Callable[[str], Entry] | None = None
    files: Callable[[str], Files | None] | None = None


_SOURCES: dict[str, Source] = {}


def register(made: Source) -> Source:
    """Make a source known; raises ModelError when its name is taken by another one."""
    if _SOURCES.get(made.name, made) != made:
        raise ModelError("There are two sources of models called “{name}”.", name=made.name)
    _SOURCES[made.name] = made
    return made


def sources() -> tuple[Source, ...]:
    """All sources, in story order."""
    _discovered()
    return tuple(sorted(_SOURCES.values(), key=lambda one: one.place))


@cache
def _discovered() -> None:
    list(found(sys.modules[__name__], GROUP))

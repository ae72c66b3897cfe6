"""The looks of one model that parts its text, heard as it runs and laid out afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any, Final

import torch
from torch import Tensor, nn

from attention_core.finding import found
from attention_core.watching.record import Note
from models.families.sites import Seen
from models.families.unfolding.layout import Heard, Layout

GROUP: Final = "attention_atlas.layouts"


@dataclass(frozen=True)
class _Event:
    """One call of a module: what it was called with and what it gave."""

    module: nn.Module
    given: tuple[Any, ...]
    named: dict[str, Any]
    made: Any


_HEARING: ContextVar[list[_Event] | None] = ContextVar("unfolding", default=None)


@cache
def layouts() -> tuple[Layout, ...]:
    """Every way to part a text that is known."""
    package = import_module("models.families.unfolding.layouts")
    return tuple(module.LAYOUT for module in found(package, GROUP))


def layout(module: nn.Module) -> Layout | None:
    """How a module parts its text; None where it does not."""
    return next((one for one in layouts() if one.takes(module)), None)


class Unfolding:
    """What one model and its twins do; the hooks stay, and do nothing where nobody hears."""

    def __init__(self, model: nn.Module) -> None:
        self._found = [(part, layout(part)) for part in model.modules()]
        heard = [part for part, way in self._found if way is not None]
        inner = [getattr(part, name) for part, way in self._found if way is not None
                 for name in way.parts if hasattr(part, name)]  # fmt: skip
        for part in dict.fromkeys([*heard, *inner]):
            part.register_forward_hook(_hear, with_kwargs=True)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader must know, one sentence for each way in which the model parts a text."""
        ways = {way: part for part, way in reversed(self._found) if way is not None}
        return tuple(way.note(part) for way, part in ways.items())

    @property
    def needed(self) -> bool:
        """Whether this model parts its text at all."""
        return any(way is not None for _, way in self._found)


@contextmanager
def hearing() -> Iterator[list[_Event]]:
    """Whatever modules that part their text do in this thread, inside the block."""
    events: list[_Event] = []
    token = _HEARING.set(events)
    try:
        yield events
    finally:
        _HEARING.reset(token)


def _hear(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], made: Any) -> None:
    events = _HEARING.get()
    if events is not None:
        events.append(_Event(module, given, named, made))


@torch.no_grad()
def laid_out(
    events: Sequence[_Event], kind: Callable[[nn.Module], str],
    number: Callable[[nn.Module], int | None], back: Mapping[int, nn.Module] | None = None,
) -> list[Seen]:  # fmt: skip
    """The looks of a run, in its order.

    kind, number  the stack and the layer of a module
    back          the module of the model for each of a twin that ran
    """
    made, before = list[Seen](), list[_Event]()
    for event in events:
        way = layout(event.module)
        if way is None:
            before.append(event)
            continue
        look = way.look(_heard(event, before, way))
        before.clear()
        module = event.module if back is None else back.get(id(event.module), event.module)
        source, check = look.source, look.integrity
        made.append(Seen(kind(module), look.heads, source, check, number(module), module))
    return made


def _heard(event: _Event, before: Sequence[_Event], way: Layout) -> Heard:
    """A call of an attention module with those of its parts, detached from any history."""
    arguments = signature(event.module.forward).bind_partial(*event.given, **event.named)
    parts = {id(getattr(event.module, name, None)): name for name in way.parts}
    inner = [(parts[id(one.module)], one) for one in before if id(one.module) in parts]
    return Heard(
        event.module,
        arguments.arguments,
        event.made,
        {name: one.given[0] for name, one in inner},
        {name: one.made for name, one in inner if isinstance(one.made, Tensor)},
    )

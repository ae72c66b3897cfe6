"""Checking what a model reports of itself, where it computes attention by code of its own.

Which module a reported matrix comes from is seen by who hands it on. Where in that module its
values are, and what its heads take away, is found once, by trying: a place is right when weights
× values give what is there. From then on every reading is checked in the same places. Where none
is right, the reported weights stay unchecked.

>>> weights = torch.tensor([[[0.25, 0.75], [1.0, 0.0]]])
>>> values = torch.tensor([[[4.0, 0.0], [0.0, 4.0]]])
>>> taken = torch.tensor([[[1.0, 3.0], [4.0, 0.0]]])
>>> gap(weights, whole(values, 1), taken)
0.0
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from attention_core.watching.record import Integrity
from models.families.sites import Seen, stored
from models.families.untouched import Inputs, counterparts, twin

Calls = dict[int, list[tuple[Any, Any]]]
"""What each module took and gave, by its `id`, in the order of its calls."""
_HEARD: ContextVar[Calls | None] = ContextVar("heard", default=None)


def whole(made: Tensor, _heads: int) -> Tensor:
    """A projection of the values alone."""
    return made


def last_third(made: Tensor, _heads: int) -> Tensor:
    """Queries, keys and values one after the other."""
    return made[..., made.shape[-1] // 3 * 2 :]


def third_of_each(made: Tensor, heads: int) -> Tensor:
    """For each head its query, key and value."""
    return made.reshape(*made.shape[:-1], heads, -1).chunk(3, -1)[-1].flatten(-2)


def middle_of_quarters(made: Tensor, _heads: int) -> Tensor:
    """In each of four parts the queries, then the values, then the keys of some heads."""
    return made.reshape(*made.shape[:-1], 4, -1).chunk(3, -1)[1].flatten(-2)


def behind_all(made: Tensor, heads: int) -> Tensor:
    """The queries of all heads, then one key and one value for all of them."""
    return made[..., -(made.shape[-1] // (heads + 2)) :]


SPLITS: Final[tuple[Callable[[Tensor, int], Tensor], ...]] = (
    whole, last_third, third_of_each, middle_of_quarters, behind_all,
)  # fmt: skip
"""Where the values are in what a module gives: (batch, key, width) to (batch, key, values)."""


_REPORTS: Final = {
    "encoder_attentions": "encoder",
    "decoder_attentions": "decoder",
    "cross_attentions": "cross",
    "attentions": "encoder",  # of an encoder that runs by itself, or of a model with one stack
}


class Heard:
    """What the modules of one run took and gave; each call is asked for once."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._asked: dict[tuple[int, int], int] = {}

    def got(self, module: nn.Module) -> Tensor | None:
        return self._next(module, 0)

    def given(self, module: nn.Module) -> Tensor | None:
        return self._next(module, 1)

    def _next(self, module: nn.Module, side: int) -> Tensor | None:
        calls, asked = self._calls.get(id(module), []), (id(module), side)
        place = self._asked.get(asked, 0)
        self._asked[asked] = place + 1
        return calls[place][side] if place < len(calls) else None


@dataclass(frozen=True)
class Layout:
    """Where in one attention module its values are, and what its heads take away.

    values  the module that gives the values, and how they are cut out
    taken   the module that takes what the heads have taken away; None where that is what the
            attention module itself gives
    """

    module: nn.Module
    values: nn.Module
    split: Callable[[Tensor, int], Tensor]
    taken: nn.Module | None

    @property
    def parts(self) -> tuple[nn.Module, nn.Module]:
        """The modules that must be heard."""
        return self.values, self.taken or self.module

    def checked(self, weights: Tensor, heard: Heard) -> float | None:
        """How far weights × values are from what was taken away; None where nothing was heard.

        weights  (head, query, key)
        """
        values, taken = heard.given(self.values), self._taken(heard)
        if values is None or taken is None:
            return None
        return gap(weights, self.split(values, len(weights)), taken)

    def _taken(self, heard: Heard) -> Tensor | None:
        return heard.given(self.module) if self.taken is None else heard.got(self.taken)


def gap(weights: Tensor, values: Tensor, taken: Tensor) -> float:
    """The largest distance of weights × values from what was taken, in parts of its largest number.

    weights  (head, query, key)
    values   (1, key, group · width) or (key, 1, group · width)
    taken    (1, query, head · width) or (query, 1, head · width)
    """
    values, taken = _batched(values), _batched(taken)
    heads, _, keys = weights.shape
    width = taken.shape[-1] // heads
    fits = taken.shape[-1] == heads * width and width > 0
    if not fits or values.ndim != 3 or values.shape[1] != keys or values.shape[-1] % width:
        return torch.inf
    cut = values[0].reshape(keys, -1, width).transpose(0, 1)
    if heads % len(cut):
        return torch.inf
    made = weights @ cut.repeat_interleave(heads // len(cut), 0).to(weights)
    wanted = taken[0].reshape(-1, heads, width).transpose(0, 1).to(weights)
    if made.shape != wanted.shape:
        return torch.inf
    apart = float(torch.nan_to_num((made - wanted).detach().abs(), nan=torch.inf).max())
    return apart / max(float(wanted.abs().max()), torch.finfo(torch.float32).tiny)


@contextmanager
def hearing() -> Iterator[Heard]:
    """Whatever modules are listened to in this thread, inside the block."""
    calls: Calls = {}
    token = _HEARD.set(calls)
    try:
        yield Heard(calls)
    finally:
        _HEARD.reset(token)


def listen(modules: Sequence[nn.Module]) -> None:
    """Let these modules be heard, for good; their hooks do nothing where nobody hears."""
    for module in dict.fromkeys(modules):
        module.register_forward_hook(_report, with_kwargs=True)


def _report(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], made: Any) -> None:
    calls = _HEARD.get()
    if calls is not None:
        calls.setdefault(id(module), []).append((_first((*given, *named.values())), _first(made)))


def _first(made: Any) -> Any:
    parts = made if isinstance(made, (tuple, list)) else (made,)
    return next((part for part in parts if isinstance(part, Tensor)), None)


@dataclass(frozen=True)
class Event:
    """One call of a module: what it took first, and all that it gave."""

    module: nn.Module
    took: Any
    gave: Any


@contextmanager
def events(model: nn.Module) -> Iterator[list[Event]]:
    """Every call of every module inside the block, in the order in which they end."""
    found: list[Event] = []

    def note(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], made: Any) -> None:
        found.append(Event(module, _first((*given, *named.values())), made))

    hooks = [one.register_forward_hook(note, with_kwargs=True) for one in model.modules()]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def owner(found: Sequence[Event], weights: Tensor) -> int | None:
    """Which event it was that first handed on this very tensor beside what it computed."""
    for place, event in enumerate(found):
        if isinstance(event.gave, (tuple, list)) and any(part is weights for part in event.gave):
            return place
    return None


def layout(found: Sequence[Event], place: int, weights: Tensor) -> Layout | None:
    """Where the module of that event has its values and what they give; None where not found.

    weights  (1, head, query, key)
    """
    inner = _within(found, place)
    takers: list[tuple[nn.Module | None, Any]] = [(one.module, one.took) for one in inner]
    takers.append((None, _first(found[place].gave)))
    makers = [(one.module, one.gave) for one in inner]
    for (taker, taken), (maker, made), split in product(takers, makers, SPLITS):
        if _along(taken) and _along(made) and _explains(weights[0], made, split, taken):
            return Layout(found[place].module, maker, split, taker)
    return None


def _along(made: Any) -> bool:
    """Whether this is one vector for each token of one text."""
    return isinstance(made, Tensor) and made.ndim == 3 and 1 in made.shape[:2]


def _batched(made: Tensor) -> Tensor:
    """The one text first, then its tokens; some models have it the other way round."""
    return made.transpose(0, 1) if made.ndim == 3 and made.shape[1] == 1 else made


def _explains(
    weights: Tensor, made: Tensor, split: Callable[[Tensor, int], Tensor], taken: Tensor
) -> bool:
    heads = len(weights)
    parts = 3 * heads if split is third_of_each else 12 if split is middle_of_quarters else 1
    if made.shape[-1] % parts:
        return False
    values = split(made, heads)
    return gap(weights.float(), values, taken) <= Integrity.TOLERANCE


def _within(found: Sequence[Event], place: int) -> list[Event]:
    """The calls inside that of one module."""
    parts = {id(part) for part in found[place].module.modules() if part is not found[place].module}
    first = place
    while first > 0 and id(found[first - 1].module) in parts:
        first -= 1
    return list(found[first:place])


@dataclass(frozen=True)
class Origin:
    """The module that a reported matrix comes from, and where it can be checked, if anywhere."""

    module: nn.Module
    layout: Layout | None


class Reporting:
    """What one model says of its own attention, as far as possible checked."""

    def __init__(self, numbers: Mapping[int, int | None]) -> None:
        """numbers: the layer of each module, by its `id`."""
        self._numbers = numbers
        self._origins: dict[str, list[Origin | None]] = {}

    @property
    def checked(self) -> bool:
        """Whether every reported matrix is compared with what the model made of it."""
        found = [origin for kind in self._origins.values() for origin in kind]
        return all(origin is not None and origin.layout is not None for origin in found)

    @torch.inference_mode()
    def learned(self, model: PreTrainedModel, inputs: Inputs) -> list[Seen]:
        """What a twin of the model reports of these inputs; where it does is kept."""
        other = twin(model)
        with events(other) as found:
            outputs = other(**inputs, return_dict=True, output_attentions=True)
        back = counterparts(other, model)  # afterwards, for a model may have changed its modules
        self._origins = {}
        for kind, _, weights in self._matrices(outputs):
            self._origins.setdefault(kind, []).append(_origin(found, weights, back))
        heard = Heard(_calls(found, back))
        return list(self._seen(outputs, heard))

    def listen(self, kinds: Collection[str]) -> None:
        """Let the modules be heard by which each reading of these kinds is checked, for good."""
        self._origins = {kind: made for kind, made in self._origins.items() if kind in kinds}
        found = (origin for kind in self._origins.values() for origin in kind if origin)
        listen([part for origin in found if origin.layout for part in origin.layout.parts])

    def run(self, called: Any, inputs: Inputs) -> tuple[Any, list[Seen]]:
        """One pass: what the model gave back, and what it says of its attention."""
        with hearing() as heard:
            outputs = called(**inputs, return_dict=True, output_attentions=True)
        return outputs, list(self._seen(outputs, heard))

    def _matrices(self, outputs: Any) -> Iterator[tuple[str, int, Tensor]]:
        for name, kind in _REPORTS.items():
            layers = getattr(outputs, name, None) or ()
            found = [layer for layer in layers if isinstance(layer, Tensor)]
            yield from ((kind, place, layer) for place, layer in enumerate(found))

    def _seen(self, outputs: Any, heard: Heard) -> Iterator[Seen]:
        for kind, place, weights in self._matrices(outputs):
            origins = self._origins.get(kind, [])
            origin = origins[place] if place < len(origins) else None
            made = stored(kind, weights)
            if origin is not None:
                where = origin.layout
                apart = None if where is None else where.checked(weights[0].float(), heard)
                number = self._numbers.get(id(origin.module))
                made = replace(made, number=number, integrity=replace(made.integrity, output=apart))
            yield made


def _origin(
    found: Sequence[Event], weights: Tensor, back: Mapping[int, nn.Module]
) -> Origin | None:
    """Where on the model itself a matrix comes from that was reported on its twin."""
    place = owner(found, weights)
    module = None if place is None else back.get(id(found[place].module))
    if place is None or module is None:
        return None
    where = layout(found, place, weights) if weights.ndim == 4 else None
    if where is None:
        return Origin(module, None)
    values = back.get(id(where.values))
    taken = None if where.taken is None else back.get(id(where.taken))
    if values is None or (taken is None) != (where.taken is None):
        return Origin(module, None)
    return Origin(module, replace(where, module=module, values=values, taken=taken))


def _calls(found: Sequence[Event], back: Mapping[int, nn.Module]) -> Calls:
    """The same events as they are heard on the model itself."""
    calls: Calls = {}
    for event in found:
        module = back.get(id(event.module))
        if module is not None:
            calls.setdefault(id(module), []).append((event.took, _first(event.gave)))
    return calls

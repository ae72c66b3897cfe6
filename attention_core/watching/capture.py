"""What is watched of a running model and what is changed in it: one place for both.

`with watching(Want(...), changes)` says it for everything that this thread computes inside the
block. The attention function of library models (`attention_core.watching.attend`), our own
mechanisms, and the layers that were `announced` report to the one collector. It lives in a
`ContextVar`: it belongs to the thread that opened it, and nothing of it is on the model, so two
readers of one model never see each other's text, whether the block ends well or not.

`capture` and `editing` are the two halves of it, for those who need only one; they may be nested.

>>> layer = nn.Linear(2, 2)
>>> announced({Place("encoder", 0): layer})
>>> with watching(Want(hidden=True)) as seen:
...     _ = layer(torch.zeros(1, 3, 2))
>>> [(str(hidden.place), hidden.leaving.shape) for hidden in seen.hidden]
[('encoder.0', torch.Size([1, 3, 2]))]
>>> watched() is None
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from attention_core.errors import AttentionError, Superseded
from attention_core.watching.edit import Edit
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, QueryKey

Item = TypeVar("Item")


def never() -> bool:
    """The answer of a request that nothing supersedes."""
    return False


def wanted(items: Iterable[Item], cancelled: Callable[[], bool]) -> Iterator[Item]:
    """The items one by one; raises Superseded before the first that nobody wants any more."""
    for item in items:
        if cancelled():
            raise Superseded
        yield item


@dataclass(frozen=True)
class Want:
    """What is kept of a run. Nothing that is not wanted costs memory or time.

    weights    of every attention call the queries and keys, from which its weights are made
    values     what its keys are worth
    outputs    what each head takes away, before the heads are joined
    hidden     what enters and leaves every layer that was announced
    gradients  the graph, so that `Collector.gradients` can be asked afterwards; the model must
               not run under `torch.inference_mode`
    """

    weights: bool = True
    values: bool = False
    outputs: bool = False
    hidden: bool = False
    gradients: bool = False

    @property
    def attention(self) -> bool:
        """True when anything of an attention call is kept."""
        return self.weights or self.values or self.outputs or self.gradients


WEIGHTS: Final = Want()
"""What every picture of attention needs, and no more."""


@dataclass(frozen=True)
class Live:
    """The tensors of one attention call that the model went on with, graph and all.

    weights  (batch, head, query, key or sink)
    value    (batch, group, key, value width); None where a mechanism of ours keeps its own
    """

    weights: Tensor
    value: Tensor | None = None


@dataclass(frozen=True)
class Call:
    """One attention call: the module that made it, and for each text of the batch what it saw.

    values   (group, key, value width) for each text, where they were wanted
    outputs  (head, query, value width) for each text, where they were wanted
    """

    module: nn.Module
    sources: tuple[QueryKey, ...]
    integrities: tuple[Integrity, ...]
    values: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    live: Live | None = None


@dataclass(frozen=True)
class Hidden:
    """The states around one layer. entering, leaving (batch, token, width).

    A module that serves several layers reports under one place, in the order of its calls.
    """

    place: Place
    entering: Tensor
    leaving: Tensor


@dataclass(frozen=True)
class Announced:
    """One look of a mechanism of ours. weights (..., head, query, key), as used."""

    module: nn.Module
    weights: Tensor


@dataclass(frozen=True)
class Gradients:
    """How much a number grows when what it was made from does; zero where it does not depend on it.

    weights  (batch, head, query, key or sink) for each attention call
    values   (batch, group, key, value width) for each attention call
    looks    (..., head, query, key) for each look of a mechanism
    hidden   (batch, token, width) for what enters each layer
    """

    weights: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    looks: tuple[Tensor, ...]
    hidden: tuple[Tensor, ...]


@dataclass
class Collector:
    """What was seen in one block, in the order in which the model computed it."""

    cancelled: Callable[[], bool] = never
    calls: list[Call] = field(default_factory=list)
    want: Want = WEIGHTS
    looks: list[Announced] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)

    def gradients(self, number: Tensor) -> Gradients:
        """What `number`, a scalar that the model made in this block, owes to what was seen.

        Raises AttentionError when gradients were not wanted or the model ran without a graph.
        """
        if not self.want.gradients or not number.requires_grad:
            raise AttentionError(
                "This number was computed without its history; watch with Want(gradients=True), "
                "outside of inference mode."
            )
        live = [call.live for call in self.calls if call.live is not None]
        groups = (
            [one.weights for one in live],
            [one.value for one in live if one.value is not None],
            [look.weights for look in self.looks],
            [hidden.entering for hidden in self.hidden],
        )
        flat = [tensor for group in groups for tensor in group]
        asked = [tensor for tensor in flat if tensor.requires_grad]
        found = iter(torch.autograd.grad(number, asked, retain_graph=True, allow_unused=True))
        made = iter([_or_zero(next(found), one) if one.requires_grad else torch.zeros_like(one)
                     for one in flat])  # fmt: skip
        return Gradients(*(tuple(next(made) for _ in group) for group in groups))


def _or_zero(found: Tensor | None, tensor: Tensor) -> Tensor:
    return torch.zeros_like(tensor) if found is None else found


@dataclass(frozen=True)
class _Watch:
    """Who watches in this thread, and what is changed of each module."""

    collector: Collector | None = None
    changes: Mapping[nn.Module, Sequence[Edit]] | None = None


_ANNOUNCED: WeakSet[nn.Module] = WeakSet()
_NOTHING = _Watch()
_ACTIVE: ContextVar[_Watch] = ContextVar("attention_watch", default=_NOTHING)


@contextmanager
def watching(
    want: Want = WEIGHTS,
    changes: Mapping[nn.Module, Sequence[Edit]] | None = None,
    cancelled: Callable[[], bool] = never,
) -> Iterator[Collector]:
    """Collect what is wanted and make these changes while this thread is inside the block.

    changes    what is done to the attention of each module; see `edit.placed`
    cancelled  asked before each attention call; True ends the forward pass with Superseded
    """
    collector = Collector(cancelled, want=want)
    graph = torch.set_grad_enabled(want.gradients or torch.is_grad_enabled())
    with graph, _active(_Watch(collector, changes or None)):
        yield collector


@contextmanager
def capture(cancelled: Callable[[], bool] = never, want: Want = WEIGHTS) -> Iterator[Collector]:
    """Collect the attention calls that this thread makes inside the block.

    cancelled  asked before each attention call; True ends the forward pass with Superseded
    """
    collector = Collector(cancelled, want=want)
    with _active(replace(_ACTIVE.get(), collector=collector)):
        yield collector


@contextmanager
def editing(edits: Mapping[nn.Module, Sequence[Edit]]) -> Iterator[None]:
    """Attention calls of these modules are edited inside the block, in this thread only."""
    with _active(replace(_ACTIVE.get(), changes=edits or None)):
        yield


@contextmanager
def _active(watch: _Watch) -> Iterator[None]:
    token = _ACTIVE.set(watch)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


def watched() -> Collector | None:
    """The collector of this thread; None where nobody watches, which is usual."""
    return _ACTIVE.get().collector


def edits_of(module: nn.Module) -> Sequence[Edit]:
    """The edits that are active for a module now; usually none."""
    changes = _ACTIVE.get().changes
    return changes.get(module, ()) if changes else ()


def looked(module: nn.Module, weights: Tensor) -> Tensor:
    """The weights of a mechanism's look, shown to whoever watches; (..., head, query, key)."""
    collector = watched()
    if collector is None or not collector.want.attention:
        return weights
    traced = collector.want.gradients
    if traced and not weights.requires_grad:
        weights = weights.detach().requires_grad_()
    collector.looks.append(Announced(module, weights if traced else weights.detach()))
    return weights


def announced(layers: Mapping[Place, nn.Module]) -> None:
    """Let the states around these modules be watched, for good; once, when a model is loaded.

    The hooks stay on the modules and do nothing unless the thread that runs them wants `hidden`.
    A module that was announced before keeps its place.
    """
    for place, module in layers.items():
        if module in _ANNOUNCED:
            continue
        _ANNOUNCED.add(module)
        module.register_forward_hook(_reporting(place), with_kwargs=True)


def _reporting(place: Place) -> Callable[..., None]:
    def report(
        _module: nn.Module, given: tuple[Any, ...], named: dict[str, Any], made: Any
    ) -> None:
        collector = watched()
        if collector is None or not collector.want.hidden:
            return
        entering = given[0] if given else named["hidden_states"]
        collector.hidden.append(Hidden(place, _states(entering), _states(made)))

    return report


def _states(made: Any) -> Tensor:
    """(batch, token, width) of what a layer takes or gives, which may hold other things behind."""
    if isinstance(made, PackedSequence):
        return pad_packed_sequence(made, batch_first=True)[0]
    return _states(made[0]) if isinstance(made, tuple) else made

"""What the layers of a model did for one number of a run: where they looked, and what they held."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

from attention_core.numbers.attribution import Features, Layer
from attention_core.watching.capture import Call, Want
from models.families.untouched import twin
from models.families.watch import Watch


def layers(
    watch: Watch,
    inputs: Mapping[str, Any],
    part: nn.Module,
    size: int,
    measure: Callable[[Any], Tensor],
) -> tuple[Layer, ...]:
    """The layers of one run that is watched, the first one first.

    part     the module that is called with the inputs
    size     tokens that are looked at; keys behind them are left out
    measure  from what the module gives to the number of each text, (batch,)

    Nothing where the model does not show how each token looks at each other, or where what it
    shows contradicts what it computed.
    """
    return _fitting([one for _kind, one in looks(watch, inputs, part, measure)], size, size)


def stacks(
    watch: Watch,
    inputs: Mapping[str, Any],
    part: nn.Module,
    sizes: tuple[int, int],
    measure: Callable[[Any], Tensor],
) -> dict[str, tuple[Layer, ...]]:
    """The same of an encoder–decoder: the layers of each kind of look that is shown.

    sizes  tokens of the source, and of the target
    """
    source, target = sizes
    fits = {"encoder": (source, source), "decoder": (target, target), "cross": (target, source)}
    found: dict[str, list[Layer]] = {kind: [] for kind in fits}
    for kind, layer in looks(watch, inputs, part, measure):
        found[kind].append(layer)
    return {kind: _fitting(of_kind, *fits[kind]) for kind, of_kind in found.items()}


def looks(
    watch: Watch, inputs: Mapping[str, Any], part: nn.Module, measure: Callable[[Any], Tensor]
) -> list[tuple[str, Layer]]:
    """Every look of one run with its kind, in the order in which the model computed them."""
    want = Want(weights=True, values=True, gradients=True)
    run = watch.run(dict(inputs), want=want, part=part)
    calls = run.collector.calls
    if not run.seen or any(one.integrity.broken for one in run.seen):
        return []
    if len(calls) != len(run.seen) or not watch.routed:
        return [
            (one.kind, Layer(one.source.weights(range(one.heads), slice(None))))
            for one in run.seen
        ]  # fmt: skip
    felt = run.collector.gradients(measure(run.outputs)[0])
    return [
        (
            one.kind,
            Layer(
                call.live.weights[0].detach(), gradient[0],
                _vectors(call, watch.joins.get(call.module)),
            ),
        )
        for one, call, gradient in zip(run.seen, calls, felt.weights, strict=True)
        if call.live is not None
    ]  # fmt: skip


def _fitting(found: Sequence[Layer], queries: int, keys: int) -> tuple[Layer, ...]:
    """Those layers without the keys behind; nothing where one of them has another shape."""
    cut = [
        replace(
            one,
            weights=one.weights[..., :keys],
            gradient=None if one.gradient is None else one.gradient[..., :keys],
        )
        for one in found
    ]
    fits = all(one.weights.shape[-2:] == (queries, keys) for one in cut)
    return tuple(cut) if fits else ()


def _vectors(call: Call, matrix: nn.Module | None) -> Callable[[], Tensor] | None:
    """Makes (head, key, width): what the matrix behind the heads makes of each one's values."""
    if matrix is None:
        return None
    values, heads = call.values[0], len(call.sources[0].query)

    @torch.no_grad()
    def made() -> Tensor:
        each = values.repeat_interleave(heads // len(values), 0)
        head, key, width = each.shape
        apart = each.new_zeros(head, key, head, width)
        apart[range(head), :, range(head)] = each
        nothing = matrix(each.new_zeros(1, 1, head * width))
        return torch.as_tensor(matrix(apart.flatten(2)) - nothing)

    return made


def taken(
    part: nn.Module, inputs: Mapping[str, Any], size: int, measure: Callable[[Any], Tensor]
) -> Tensor | None:
    """(token,), float64: the tokens whose last states the number is made of, alike among them, and
    0 for tokens on whose last state it does not hang. None where that cannot be seen.
    """
    other: Any = twin(part)
    stack = first_stack(other)
    if stack is None:
        return None
    left: list[Tensor] = []

    def leaves(_module: nn.Module, _given: tuple[Any, ...], made: Any) -> Any:
        states = made[0] if isinstance(made, tuple) else made
        left.append(states.detach().requires_grad_())
        return (left[-1], *made[1:]) if isinstance(made, tuple) else left[-1]

    stack[-1].register_forward_hook(leaves)
    with torch.enable_grad():
        number = measure(other(**inputs, return_dict=True))[0]
    if not left or left[-1].shape[:-1] != (1, size) or not number.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(number, left[-1], allow_unused=True)
    if gradient is None:
        return None
    counts = (gradient[0] != 0).any(-1).double()
    return counts / counts.sum() if bool(counts.any()) else None


def features(
    part: nn.Module, inputs: Mapping[str, Any], size: int, measure: Callable[[Any], Tensor]
) -> Features | None:
    """What enters the last layer for each token, where all of them still count.

    A twin is listened to, so that nobody who runs the model meanwhile is touched. None where the
    model has no layers that follow one another, or they hold something else than tokens.
    """
    other: Any = twin(part)
    stack = first_stack(other)
    if stack is None:
        return None
    entered: list[Tensor] = []

    def enters(
        _module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        states = given[0] if given else named["hidden_states"]
        entered.append(states.detach().requires_grad_())
        rest = {name: one for name, one in named.items() if name != "hidden_states"}
        return (entered[-1], *given[1:]), rest

    stack[-1].register_forward_pre_hook(enters, with_kwargs=True)
    with torch.enable_grad():
        number = measure(other(**inputs, return_dict=True))[0]
    if not entered or entered[-1].shape[:-1] != (1, size) or not number.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(number, entered[-1], allow_unused=True)
    return None if gradient is None else Features(entered[-1].detach()[0], gradient[0])


def first_stack(model: nn.Module) -> nn.ModuleList | None:
    """A model's layers; None where it has none that follow one another."""
    return next((one for one in model.modules() if _many(one)), None)


def _many(module: nn.Module) -> TypeGuard[nn.ModuleList]:
    return isinstance(module, nn.ModuleList) and len(module) > 0

"""Changing what a part of a running model gives on: activation patching, and heads left out.

An `Intervention` names a place of the model and one of four outputs there: `heads`, what each head
takes away before the heads are joined by the output projection; `attention`, what that projection
makes of them; `mlp`, what the layer's feed-forward network gives; `hidden`, the states that leave
the layer. It says what shall go on in their place, at all tokens or at some. While
`with intervening(…)` lasts, what this thread computes goes on with it; other threads are not
touched, and at the end the hooks are gone from the model. `keeping` reads the same outputs.

What is watched meanwhile (`attention_core.watching.capture`): weights and outputs of heads as they
were computed, hidden states as they went on.

>>> layer = nn.Linear(2, 2)
>>> off = Intervention("encoder.0", "hidden", "zero", tokens=(1,))
>>> with intervening([off], {}, {Place("encoder", 0): layer}), torch.no_grad():
...     changed = layer(torch.ones(1, 3, 2))
>>> changed[0, 1].tolist(), torch.equal(changed[0, 0], layer(torch.ones(2)))
([0.0, 0.0], True)

Source: Vig et al. 2020, https://arxiv.org/abs/2004.12265, section 3; Meng et al. 2022,
https://arxiv.org/abs/2202.05262, section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import torch
from torch import Tensor, nn

from attention_core.errors import AttentionError, ShapeError
from attention_core.watching.edit import check_places, chosen
from attention_core.watching.place import Place

Part = Literal["heads", "attention", "mlp", "hidden"]

ACTIONS: Final[dict[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "replace": lambda states, value: value.expand_as(states),
    "scale": lambda states, value: states * value,
    "zero": lambda states, _value: torch.zeros_like(states),
    "add": lambda states, value: states + value,
    "mean": lambda states, _value: states.mean(-2, keepdim=True).expand_as(states),
}
"""What goes on in place of the states: (states, value) to states, both (…, token, width). The mean
is that over all tokens of the call."""


@dataclass(frozen=True, eq=False)
class Intervention:
    """What goes on at one place in place of what was computed. None means all heads, all tokens.

    site    such as ``encoder.3``; for `heads` and `attention` also ``cross.0``
    value   what is put there, added, or multiplied with; broadcasts to (batch, token, width), for
            `heads` to (batch, head, token, width)
    heads   of `heads` only
    tokens  the queries of one call, from 0: a decoder is given all its tokens at once
    texts   those of a batch, from 0: many cases are tried in one pass

    Raises ShapeError when a name or a number is not of that kind.
    """

    site: str
    part: Part
    action: str
    value: Tensor | float = 0.0
    heads: tuple[int, ...] | None = None
    tokens: tuple[int, ...] | None = None
    texts: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name, known in ((self.part, get_args(Part)), (self.action, ACTIONS)):
            if name not in known:
                raise ShapeError(
                    "“{name}” is no way to intervene; use one of {known}.",
                    name=name,
                    known=", ".join(known),
                )
        if self.heads is not None and self.part != "heads":
            raise ShapeError(
                "The {part} of {site} has no heads to choose from; intervene in its heads.",
                part=self.part,
                site=self.site,
            )
        for axis, places in (("head", self.heads), ("query", self.tokens), ("text", self.texts)):
            check_places(axis, places)

    def apply(self, states: Tensor) -> Tensor:
        """What goes on in place of these states.

        states  (batch, token, width), or (batch, head, token, width) of heads

        Raises ShapeError when the value does not fit, or a head or token is not there.
        """
        value = torch.as_tensor(self.value).to(states)
        cells = chosen(self._within(self.tokens, states, -2), states.shape[-2], states.device)
        if self.part == "heads":
            heads = self._within(self.heads, states, -3)
            cells = cells & chosen(heads, states.shape[-3], states.device)[:, None]
        if self.texts is not None:
            texts = chosen(self._within(self.texts, states, 0), len(states), states.device)
            cells = cells & texts[(..., *[None] * cells.ndim)]
        try:
            made = ACTIONS[self.action](states, value)
            return torch.where(cells[..., None], made, states).reshape(states.shape)
        except RuntimeError as problem:
            raise ShapeError(
                "What is put in at {site} has the size {given}; there it must fit {wanted}.",
                site=self.site,
                given=_size(value),
                wanted=_size(states),
            ) from problem

    def _within(
        self, places: tuple[int, ...] | None, states: Tensor, axis: int
    ) -> tuple[int, ...] | None:
        if places and max(places) >= states.shape[axis]:
            raise ShapeError(
                "There is no {axis} {place} at {site}: it has {count}, counted from 0.",
                axis={0: "text", -3: "head"}.get(axis, "token"),
                place=max(places),
                site=self.site,
                count=states.shape[axis],
            )
        return places


def _size(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "1"


@dataclass(eq=False)
class _Acting:
    """The interventions of one block, by the module that they are made at.

    joined  what an attention just gave to its output projection, and whose it is
    done    the interventions that something has met
    """

    made: Mapping[tuple[nn.Module, Part], Sequence[Intervention]]
    joined: tuple[nn.Module, Tensor] | None = None
    done: set[Intervention] = field(default_factory=set)

    def owner(self, given: tuple[Any, ...]) -> nn.Module | None:
        """The attention that handed on just what a matrix is given: that is held, so nothing else
        in memory has its address, in no thread.
        """
        if self.joined is None or not given:
            return None
        owner, joined = self.joined
        if given[0].data_ptr() != joined.data_ptr() or given[0].numel() != joined.numel():
            return None
        self.joined = None
        return owner

    def changed(self, module: nn.Module, part: Part, states: Tensor) -> Tensor:
        """What goes on from a module: the same tensor where nothing is to be changed."""
        for one in self.made.get((module, part), ()):
            self.done.add(one)
            states = one.apply(states)
        return states


@dataclass(eq=False)
class _Keeping(_Acting):
    """Keeps what it meets and changes nothing."""

    kept: dict[tuple[str, Part], Tensor] = field(default_factory=dict)

    def changed(self, module: nn.Module, part: Part, states: Tensor) -> Tensor:
        for one in self.made.get((module, part), ()):
            self.kept[one.site, part] = states.detach()
        return states


_ACTIVE: ContextVar[tuple[_Acting, ...]] = ContextVar("interventions", default=())


def handed(module: nn.Module, joined: Tensor, heads: int) -> Tensor:
    """What an attention hands to its output projection: as it is, or as a reader has it.

    joined  (..., token, head · width)
    """
    for acting in _ACTIVE.get():
        if acting.made.get((module, "heads")):
            apart = joined.reshape(*joined.shape[:-1], heads, -1).transpose(-3, -2)
            apart = acting.changed(module, "heads", apart)
            joined = apart.transpose(-3, -2).flatten(-2)
        acting.joined = module, joined
    return joined


@contextmanager
def intervening(
    interventions: Sequence[Intervention],
    sites: Mapping[str, nn.Module],
    layers: Mapping[Place, nn.Module],
    mlps: Mapping[Place, nn.Module] | None = None,
) -> Iterator[None]:
    """What this thread computes inside the block goes on with these changes, in their order.

    sites   the attention behind each name; each tells `handed` what it hands on
    layers  the modules that hidden states leave
    mlps    the module that gives what each layer's feed-forward network adds

    Raises AttentionError when a place is not there, and at the end when nothing met it; ShapeError
    when a value does not fit.
    """
    acting = _Acting(_placed(interventions, sites, layers, mlps or {}))
    with _active(acting, layers):
        yield
    for one in interventions:
        if one not in acting.done:
            raise AttentionError(
                "Nothing was changed at {site}: the model did not run there, or its {part} goes "
                "a way that cannot be followed.",
                site=one.site,
                part=one.part,
            )


@contextmanager
def keeping(
    wanted: Sequence[tuple[str, Part]],
    sites: Mapping[str, nn.Module],
    layers: Mapping[Place, nn.Module],
    mlps: Mapping[Place, nn.Module] | None = None,
) -> Iterator[dict[tuple[str, Part], Tensor]]:
    """What these parts of these sites give on inside the block, as an `Intervention` would meet it.

    Of a module that serves several places, or is called again, the last is kept. The others are as
    in `intervening`.

    Raises AttentionError when a place is not there.
    """
    markers = [Intervention(site, part, "scale", 1.0) for site, part in wanted]
    keeping = _Keeping(_placed(markers, sites, layers, mlps or {}))
    with _active(keeping, layers):
        yield keeping.kept


@contextmanager
def _active(acting: _Acting, layers: Mapping[Place, nn.Module]) -> Iterator[None]:
    token = _ACTIVE.set((*_ACTIVE.get(), acting))
    try:
        with ExitStack() as hooks:
            for module, hook in _hooks(acting, layers):
                hooks.callback(module.register_forward_hook(hook, prepend=True).remove)
            yield
    finally:
        _ACTIVE.reset(token)


def _placed(
    interventions: Sequence[Intervention],
    sites: Mapping[str, nn.Module],
    layers: Mapping[Place, nn.Module],
    mlps: Mapping[Place, nn.Module],
) -> dict[tuple[nn.Module, Part], list[Intervention]]:
    named = {
        part: {str(place): module for place, module in modules.items()}
        for part, modules in (("hidden", layers), ("mlp", mlps))
    }
    found: dict[tuple[nn.Module, Part], list[Intervention]] = {}
    for one in interventions:
        known = named.get(one.part, sites)
        if one.site not in known:
            raise AttentionError(
                "This model has no {part} “{site}” to change; it has {known}.",
                part=one.part,
                site=one.site,
                known=", ".join(known) or "–",
            )
        found.setdefault((known[one.site], one.part), []).append(one)
    return found


Hook = Callable[[nn.Module, tuple[Any, ...], Any], Any]


def _hooks(acting: _Acting, layers: Mapping[Place, nn.Module]) -> Iterator[tuple[nn.Module, Hook]]:
    """Where to listen: the layers, and the matrices in them, one of which joins the heads."""
    leaving: tuple[Part, ...] = ("mlp", "hidden")
    for module, part in acting.made:
        if part in leaving:
            yield module, _leaving(acting, part)
    if any(part == "attention" for _module, part in acting.made):
        for module in _matrices(layers):
            yield module, _joining(acting)


def _matrices(layers: Mapping[Place, nn.Module]) -> list[nn.Module]:
    """The modules inside these layers that may join heads."""
    inside = {module: None for layer in layers.values() for module in layer.modules()}
    return [one for one in inside if getattr(getattr(one, "weight", None), "ndim", 0) == 2]


def _leaving(acting: _Acting, part: Part) -> Hook:
    def hook(module: nn.Module, _given: tuple[Any, ...], made: Any) -> Any:
        if acting not in _ACTIVE.get():
            return None
        return _onward(made, lambda states: acting.changed(module, part, states))

    return hook


def _joining(acting: _Acting) -> Hook:
    """Changes what a matrix gives if it was given what an attention had handed on."""

    def hook(_module: nn.Module, given: tuple[Any, ...], made: Any) -> Any:
        owner = acting.owner(given)
        return None if owner is None else acting.changed(owner, "attention", made)

    return hook


@contextmanager
def feed_forwards(
    sites: Mapping[str, nn.Module], layers: Mapping[Place, nn.Module]
) -> Iterator[dict[Place, nn.Module]]:
    """The matrix by which each layer's feed-forward network ends, as a model runs in the block.

    It is the last matrix of a layer that stands in no attention and joins no heads, and that is not
    the only one: Transformers widen the states with one matrix and narrow them with another, to the
    width that leaves the layer. A layer of experts, or without such matrices, is not among those
    found.

    sites   the attention behind each name
    layers  where to listen
    """
    inside = {part for site in sites.values() for part in site.modules()}
    met: dict[Place, list[tuple[nn.Module, int]]] = {place: [] for place in layers}
    widths, found = dict[Place, int](), dict[Place, nn.Module]()
    with ExitStack() as hooks, projections(layers) as joins:
        for place, layer in layers.items():
            for module in _matrices({place: layer}):
                if module not in inside:
                    hook = _noting(met[place])
                    hooks.callback(module.register_forward_hook(hook).remove)
            hooks.callback(layer.register_forward_hook(_width(widths, place)).remove)
        yield found
    for place, seen in met.items():
        own = [(one, width) for one, width in seen if one not in joins.values()]
        if len({one for one, _width_ in own}) > 1 and own[-1][1] == widths.get(place):
            found[place] = own[-1][0]


def _noting(met: list[tuple[nn.Module, int]]) -> Hook:
    def hook(module: nn.Module, _given: tuple[Any, ...], made: Any) -> None:
        if isinstance(made, Tensor):
            met.append((module, made.shape[-1]))

    return hook


def _width(widths: dict[Place, int], place: Place) -> Hook:
    def hook(_module: nn.Module, _given: tuple[Any, ...], made: Any) -> None:
        while type(made) is tuple and made:
            made = made[0]
        if isinstance(made, Tensor):
            widths[place] = made.shape[-1]

    return hook


@contextmanager
def projections(layers: Mapping[Place, nn.Module]) -> Iterator[dict[nn.Module, nn.Module]]:
    """The matrix that joins the heads of each attention that runs inside the block, as it is met.

    layers  where to listen; an attention whose heads go another way is not among those found
    """
    acting, found = _Acting({}), dict[nn.Module, nn.Module]()

    def hook(module: nn.Module, given: tuple[Any, ...], _made: Any) -> None:
        owner = acting.owner(given)
        if owner is not None:
            found[owner] = module

    token = _ACTIVE.set((*_ACTIVE.get(), acting))
    try:
        with ExitStack() as hooks:
            for module in _matrices(layers):
                hooks.callback(module.register_forward_hook(hook).remove)
            yield found
    finally:
        _ACTIVE.reset(token)


def _onward(made: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """What a layer gave, with its states changed; other things may stand behind them."""
    if isinstance(made, Tensor):
        return change(made)
    if type(made) is not tuple:
        raise AttentionError(
            "This layer packs its states, which cannot be changed; intervene at another place."
        )
    return (_onward(made[0], change), *made[1:])

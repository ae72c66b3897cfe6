"""The one interface of every attention mechanism: a card, a computation, a trace of it.

A *query looks*, a *key is looked at*, a *value is taken away*. Axes are always in the order
(..., head, query, key); the leading dots are batch axes, as many as the caller likes.

>>> scores = torch.tensor([0.0, math.log(3), 5.0], dtype=torch.float64)
>>> allowed = torch.tensor([True, True, False])
>>> softmax(scores, allowed).round(decimals=6).tolist()
[0.25, 0.75, 0.0]
>>> softmax(scores, torch.zeros(3, dtype=torch.bool)).tolist()
[0.0, 0.0, 0.0]
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, NamedTuple, Self

import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError, UnverifiedError
from attention_core.mechanisms.equation import WEIGHTED, Term
from attention_core.mechanisms.inputs import check_inputs
from attention_core.mechanisms.price import Cost, Size
from attention_core.mechanisms.stages import Explained, stage
from attention_core.mechanisms.uses import Use
from attention_core.watching.capture import edits_of, looked

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Card:
    """What a reader must know of a mechanism before they trust its picture."""

    name: str
    """The stable id, such as ``scaled_dot_product``."""
    title: str
    equation: str
    """LaTeX, without dollar signs."""
    source: str
    """Authors, year, section and equation number."""
    link: str
    sums_to_one_over: Literal["keys", "queries", "neither"]
    """The axis over which the weights of one head are a distribution."""
    checked: Literal["paper", "code", "unread"] = "paper"
    """What the equations were held against: the paper's own text, its authors' program, neither."""
    place: int = 1000
    """Where it stands in every list, the lower the earlier."""
    sets: Mapping[str, int] = field(default_factory=lambda: {"others": 0}, hash=False)
    """The sets that it is compared in side by side, and where it stands in each."""
    stops: Mapping[str, int] = field(default_factory=dict, hash=False)
    """The stops of the story at which it is drawn, and where it stands at each."""
    uses: tuple[Use, ...] = ()
    """What it is called in certain places."""


@dataclass(frozen=True)
class Knob:
    """An argument of a mechanism's constructor that a reader may turn."""

    name: str
    title: str
    least: float
    most: float
    start: float
    step: float = 1
    stops: tuple[float, ...] = ()
    """The only numbers it may stand at; any step between least and most when empty."""

    def fit(self, number: float) -> int | float:
        """The nearest number that the knob may stand at, whole where its steps are."""
        if self.stops:
            number = min(self.stops, key=lambda stop: abs(stop - number))
        number = min(max(number, self.least), self.most)
        return round(number) if self.step == int(self.step) else number


class Extra(NamedTuple):
    """Something particular to one mechanism, with the letters of its axes, such as ``h q``."""

    name: str
    tensor: Tensor
    axes: str


@dataclass(frozen=True)
class Trace:
    """Every stage of one attention computation.

    scores   (..., head, query, key)     before normalising, where allowed
    allowed  (..., head, query, key)     bool, True = may look; broadcasts over what it lacks
    weights  (..., head, query, key)     exactly 0 where not allowed
    values   (..., head, key, value)     what each head sums
    context  (..., query, width)         what a query takes away
    """

    scores: Tensor
    allowed: Tensor
    weights: Tensor
    values: Tensor
    context: Tensor
    extras: tuple[Extra, ...] = ()


class Mechanism(nn.Module, ABC):
    """A way to attend. A subclass writes `attend`, and `prepare` when keys need work of their own.

    Calling the mechanism checks what goes in and what comes out. A decoder that takes one step at
    a time calls `prepare` once and `attend` at every step, unchecked and without waste.
    """

    card: ClassVar[Card]
    knobs: ClassVar[tuple[Knob, ...]] = ()
    cost: ClassVar[Cost] = Cost()
    """What it costs: the scaled dot product of every pair, unless it says otherwise."""
    terms: ClassVar[tuple[Term, ...]] = WEIGHTED
    """The equation in pieces that are lit with the stages of `attend`, see `equation`."""
    stages: ClassVar[tuple[Explained, ...]] = ()
    """What it marks beside the stages that are `COMMON`."""
    temperature: float = 1.0
    """What scores are divided by before they become weights."""

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        """A mechanism for queries, keys and values that are all `width` wide.

        turned  the knobs by name; the others stand where they start
        """
        return cls(**cls.settings(turned))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        """A mechanism as large as `size` says; what it does not say stands where it starts."""
        return cls.of_width(size.width)

    def sized(self, length: int, width: int) -> Size:
        """How large it is, over so many tokens so wide: `of_size` turned round."""
        own = {one.name: getattr(self, one.name, None) for one in fields(Size)}
        known = {name: math.ceil(one) for name, one in own.items() if isinstance(one, int | float)}
        return Size(**{**known, "length": length, "width": width})

    def linear(self) -> Callable[[Tensor], Tensor] | None:
        """How its words look at one another in time that grows with their number, where it can.

        returns  a function from (token, width) to the context (token, width)
        """
        return None

    @classmethod
    def settings(cls, turned: Mapping[str, float]) -> dict[str, Any]:
        """Every knob's number: as turned, else where it starts."""
        return {knob.name: knob.fit(turned.get(knob.name, knob.start)) for knob in cls.knobs}

    def normalise(self, scores: Tensor, allowed: Tensor) -> Tensor:
        """Scores as weights: the softmax over the keys, unless a subclass has another way.

        scores   (..., query, key)
        allowed  bool, broadcasts to scores
        returns  (..., query, key), exactly 0 where not allowed
        """
        return softmax(scores / self.temperature, allowed)

    def prepare(self, key: Tensor) -> Tensor:
        """What depends on the keys alone, worked out once for all queries: here nothing.

        key      (..., key, width)
        returns  whatever this mechanism's `attend` takes in place of keys
        """
        return key

    @abstractmethod
    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        """The equations of the paper, one line each.

        query    (..., query, width)
        key      what `prepare` made of the keys
        value    (..., key, width)
        allowed  (..., query, key), bool
        first    the position of the first query: a decoder that takes one step at a time says
                 which step it is
        """

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        """What weights take from values, as `attend` does it: the check of a captured matrix.

        weights  (..., head, query, key)
        values   (..., head, key, value)
        returns  (..., query, width)
        """
        return (weights @ values).squeeze(-3)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor | None = None,
        allowed: Tensor | None = None,
    ) -> Trace:
        """The trace of these queries over these keys, checked at both ends.

        query    (..., query, width)
        key      (..., key, width)
        value    (..., key, width), the keys themselves when left out
        allowed  (..., query, key), bool, everything when left out

        Raises ShapeError when the tensors do not fit, UnverifiedError when the weights break
        the promise of the card.
        """
        value = key if value is None else value
        if allowed is None:
            allowed = query.new_ones((query.shape[-2], key.shape[-2]), dtype=torch.bool)
        check_inputs(query, key, value, allowed)
        allowed = allowed.expand(*allowed.shape[:-2], query.shape[-2], key.shape[-2])
        trace = self.attend(query, self.prepare(key), value, allowed)
        check_trace(self.card, trace)
        return trace


def check_width(name: str, tensor: Tensor, width: int) -> None:
    """Raises ShapeError unless the last axis is as wide as the mechanism was built for."""
    if tensor.shape[-1] != width:
        raise ShapeError(
            "The {name} is {have} wide; this mechanism was built for {width}.",
            name=name,
            have=tensor.shape[-1],
            width=width,
        )


def check_same_width(query: Tensor, key: Tensor) -> None:
    """Raises ShapeError unless queries and keys are as wide as each other."""
    if query.shape[-1] != key.shape[-1]:
        raise ShapeError(
            "Queries are {query} wide but keys {key}; a dot product needs the same width.",
            query=query.shape[-1],
            key=key.shape[-1],
        )


def check_heads(width: int, heads: int) -> None:
    """Raises ShapeError unless so many heads can share so many numbers."""
    if heads < 1 or width % heads:
        raise ShapeError(
            "{heads} heads do not divide a width of {width}; choose a divisor of {width}.",
            heads=heads,
            width=width,
        )


def check_trace(card: Card, trace: Trace) -> None:
    """Raises UnverifiedError when the weights break what the card promises."""
    weights = trace.weights.detach()
    if not bool(torch.isfinite(weights).all()):
        raise UnverifiedError("{title}: some weights are not finite numbers.", title=card.title)
    if bool((weights.masked_fill(trace.allowed, 0) != 0).any()):
        raise UnverifiedError("{title}: a forbidden key has weight.", title=card.title)
    if card.sums_to_one_over == "neither":
        return
    over, other = (-1, -2) if card.sums_to_one_over == "keys" else (-2, -1)
    sums = weights.sum(over)
    due = trace.allowed.expand_as(weights).any(over).to(sums.dtype)
    worst = float((sums - due).abs().max())
    if worst > TOLERANCE * max(1, weights.shape[over]) ** 0.5:
        axis = "query" if other == -2 else "key"
        raise UnverifiedError(
            "{title}: the weights of one {axis} miss 1 by {worst:.1e}.",
            title=card.title,
            axis=axis,
            worst=worst,
        )


def softmax(scores: Tensor, allowed: Tensor, dim: int = -1) -> Tensor:
    """Scores as shares of 1 among the allowed; all zero where nothing is allowed.

    scores   (..., query, key)
    allowed  bool, broadcasts to scores
    returns  (..., query, key), exactly 0 where not allowed
    """
    scores = scores.masked_fill(~allowed, -torch.inf)
    peak = scores.detach().amax(dim, keepdim=True).clamp_min(torch.finfo(scores.dtype).min)
    grown = (scores - peak).exp()
    total = grown.sum(dim, keepdim=True)
    return grown / total.clamp_min(1)  # the peak alone adds 1, so only an empty row is below


def edited(
    module: nn.Module, weights: Tensor, allowed: Tensor, first: int = 0, heads: bool = False
) -> Tensor:
    """The weights as computed, or what a reader's experiment puts in their place; whoever watches
    is shown them.

    weights  (..., query, key), or (..., head, query, key) with `heads`
    allowed  bool, broadcasts to the weights
    first    the position of the first query
    """
    for edit in edits_of(module):
        if heads:
            weights = edit.apply(weights, allowed, first)
        else:
            weights = edit.apply(weights.unsqueeze(-3), allowed.unsqueeze(-3), first).squeeze(-3)
    stage("allowed", allowed)
    return stage("weights", looked(module, weights))


def split(rows: Tensor, heads: int) -> Tensor:
    """(..., token, width) to (..., head, token, width / heads), neighbours staying together.

    Raises ShapeError when the heads do not divide the width.
    """
    check_heads(rows.shape[-1], heads)
    return rows.reshape(*rows.shape[:-1], heads, -1).transpose(-3, -2)


def joined(heads: Tensor) -> Tensor:
    """(..., head, token, d) to (..., token, head·d): what `split` took apart."""
    return heads.transpose(-3, -2).flatten(-2)


def one_head(
    scores: Tensor, allowed: Tensor, weights: Tensor, value: Tensor, context: Tensor, *extras: Extra
) -> Trace:
    """The trace of a mechanism without heads: matrices (..., query, key) get a head axis of 1."""
    return Trace(
        scores.unsqueeze(-3), allowed.unsqueeze(-3), weights.unsqueeze(-3), value.unsqueeze(-3),
        context, extras,
    )  # fmt: skip

"""What a method of attribution is: a card, and a function from an output to one number a token.

>>> from attention_core.numbers.attribution.planted import planted
>>> layers(planted(), Knobs(layer=3))
Traceback (most recent call last):
attention_core.errors.AttentionError: There is no layer 4; planted has 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import torch
from torch import Tensor

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.numbers.attribution.output import Layer, Output, finite
from attention_core.watching.record import Note

Sees = Literal["weights", "values", "gradient", "model"]
SEES: Final[dict[Sees, str]] = {
    "weights": N_("the attention weights"),
    "values": N_("the values that were fetched"),
    "gradient": N_("the gradient"),
    "model": N_("the whole model"),
}


@dataclass(frozen=True)
class Knobs:
    """What a reader may turn.

    layer    of methods that look at one layer, from 0; None: the mean of all
    head     of methods that look at one head, from 0; None: the mean of all
    steps    of Integrated Gradients
    shares   of flow: True for shares that sum to 1, as its authors show it
    groups   places of tokens that go together; pieces of a word in the rest always do
    samples  of Shapley values: the orders in which words come; 0: they are not asked for
    """

    layer: int | None = None
    head: int | None = None
    steps: int = 32
    shares: bool = False
    groups: tuple[tuple[int, ...], ...] = ()
    samples: int = 16


@dataclass(frozen=True)
class Passes:
    """What a method costs: how often the model runs forward and backward, each text of a batch."""

    forward: int
    backward: int = 0


@dataclass(frozen=True)
class Found:
    """A method's answer.

    scores   (token,), float64
    claimed  what the scores must add up to, where the method promises that; else None
    notes    what a reader must know of them
    """

    scores: Tensor
    claimed: float | None = None
    notes: tuple[Note, ...] = ()

    @property
    def missing(self) -> float | None:
        """How far the scores are from adding up to what was promised."""
        return None if self.claimed is None else float(self.scores.sum()) - self.claimed


@dataclass(frozen=True)
class Method:
    """A card, and the way from an output to scores.

    constant   what it holds constant or does not see, in a sentence
    sees       what it looks at
    passes     tokens and knobs to what it costs
    attribute  raises AttentionError where the output lacks what it needs
    signed     True where a score below zero speaks against the output
    knobs      which of `Knobs` it heeds
    """

    name: str
    title: str
    source: str
    equation: str
    constant: str
    sees: tuple[Sees, ...]
    passes: Callable[[int, Knobs], Passes]
    attribute: Callable[[Output, Knobs], Found]
    place: int
    signed: bool = False
    knobs: tuple[str, ...] = field(default=())

    def of(self, output: Output, knobs: Knobs | None = None) -> Found:
        """The scores of this method, checked.

        Raises AttentionError when there is nothing to attribute, when the model does not show what
        the method needs, or when what was found is no number.
        """
        output.check()
        found = self.attribute(output, knobs or Knobs())
        finite(found.scores)
        return found


def layers(output: Output, knobs: Knobs | None = None, within: bool = False) -> Sequence[Layer]:
    """The layers that a method looks at: the chosen one, or all.

    within  True for a method that goes on from layer to layer, so that each must lead from tokens
            to the same tokens

    Raises AttentionError when the model shows none, or has no such layer.
    """
    known = output.layers
    if not known:
        raise AttentionError(
            "This method needs the attention of each token to each token, which {model} does not "
            "show; gradients, and leaving parts out, work with every model.",
            model=output.model,
        )
    if within and output.crosses:
        raise AttentionError(
            "This method follows attention from layer to layer within one text; {model} looks from "
            "its translation at the source. Attention, attention × gradient and all that need no "
            "attention work with it.",
            model=output.model,
        )
    chosen = knobs.layer if knobs else None
    if chosen is None:
        return known
    if not 0 <= chosen < len(known):
        raise AttentionError(
            "There is no layer {layer}; {model} has {count}.",
            layer=chosen + 1, model=output.model, count=len(known),
        )  # fmt: skip
    return known[chosen : chosen + 1]


def heads(weights: Tensor, knobs: Knobs) -> Tensor:
    """(chosen head, …): one head, or all.

    Raises AttentionError when there is no such head.
    """
    if knobs.head is None:
        return weights
    if not 0 <= knobs.head < len(weights):
        raise AttentionError(
            "There is no head {head} in this layer; it has {count}.",
            head=knobs.head + 1, count=len(weights),
        )  # fmt: skip
    return weights[knobs.head : knobs.head + 1]


def gradients(
    output: Output, knobs: Knobs | None = None, within: bool = False
) -> list[tuple[Tensor, Tensor]]:
    """(weights, gradient) of each layer that a method looks at, each (head, query, key).

    Raises AttentionError when the gradient of the attention cannot be had.
    """
    return felt(layers(output, knobs, within), output.model)


def felt(looked: Sequence[Layer], model: str) -> list[tuple[Tensor, Tensor]]:
    """(weights, gradient) of each of these layers; raises as `gradients` does."""
    found = []
    for layer in looked:
        if layer.gradient is None:
            raise AttentionError(
                "This method needs the gradient of the attention, and {model} only reports its "
                "weights; Integrated Gradients, and leaving parts out, work with it.",
                model=model,
            )
        found.append((layer.weights, finite(layer.gradient)))
    return found


def read(output: Output, matrix: Tensor) -> Found:
    """What the places that are read from have of each token; matrix (query, key)."""
    return Found((output.reads.to(matrix) @ matrix).double().cpu())


def mean(found: Sequence[Tensor]) -> Tensor:
    """The mean of matrices of one shape."""
    return torch.stack(list(found)).mean(0)

"""The question that every method of attribution answers: one number of a model's run, as a
function of the vectors that its tokens enter as, and what its attention did on the way.

Whoever has a model makes an `Output` of it; the methods know no model.

>>> from attention_core.axes.tokens import spaced
>>> output = Output(
...     spaced("a b"), torch.tensor([[1.0], [2.0]]), torch.zeros(2, 1), torch.tensor([0.0, 1.0]),
...     lambda vectors: (vectors * torch.tensor([[3.0], [1.0]])).sum((1, 2)),
... )
>>> output.value, output.own.tolist(), output.without([[0], [0, 1]]).tolist()
(5.0, [True, True], [2.0, 0.0])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import torch
from torch import Tensor

from attention_core.axes.axis import Axis
from attention_core.errors import AttentionError, Superseded
from attention_core.watching.capture import never

AT_ONCE: Final = 1024
"""Tokens in one batch: enough to keep a core busy, few enough for any memory."""


@dataclass(frozen=True)
class Layer:
    """What the attention of one layer did for this output.

    weights   (head, query, key)
    gradient  (head, query, key): what the output gains as each weight grows; None where the model
              only reports its weights
    vectors   makes (head, key, width): what each head would add of each key at a weight of 1;
              None where that cannot be had
    """

    weights: Tensor
    gradient: Tensor | None = None
    vectors: Callable[[], Tensor] | None = None


@dataclass(frozen=True)
class Around:
    """What an encoder–decoder looks at besides the source, the first layer first.

    encoder  from the source at itself, each (head, source, source)
    decoder  from what is written at itself, each (head, target, target); as many as the layers
             that look from there at the source
    """

    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]


@dataclass(frozen=True)
class Features:
    """What a model holds of each token in a deep layer, and what the output gains as it grows.

    values, gradient  (token, channel)
    """

    values: Tensor
    gradient: Tensor


@dataclass(frozen=True)
class Output:
    """A number that a model makes of a text.

    axis    the tokens that it is attributed to
    given   (token, width): the vectors that they enter as
    blank   (token, width): what stands there when a token is taken away; special tokens stay
    reads   (query,), sums to 1: the places at the top that the number is read from
    answer  the number of each text of a batch, (batch, token, width) to (batch,), with its graph
    look    what the layers did, the first one first; nothing where the model does not show it
    model   its name, for sentences
    cancelled  asked between two passes; True ends the work with Superseded
    crosses    True where the layers look from another text at this one
    features   what a deep layer holds of each token; None where the model does not show it
    around     where the layers look from another text: what both texts look at in themselves;
               None where the model does not show it, or computes them without attention
    """

    axis: Axis
    given: Tensor
    blank: Tensor
    reads: Tensor
    answer: Callable[[Tensor], Tensor]
    look: Callable[[], Sequence[Layer]] = tuple
    model: str = ""
    cancelled: Callable[[], bool] = never
    crosses: bool = False
    features: Callable[[], Features | None] | None = None
    around: Callable[[], Around | None] | None = None

    @cached_property
    def own(self) -> Tensor:
        """(token,), bool: those that the reader wrote, which can be taken away."""
        special = [bool(getattr(token, "special", False)) for token in self.axis.tokens]
        return ~torch.tensor(special, device=self.given.device)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Looked at once, by whichever method asks first."""
        return tuple(self.look())

    @cached_property
    def value(self) -> float:
        """The number itself."""
        return float(self.numbers(self.given[None])[0])

    @torch.no_grad()
    def numbers(self, vectors: Tensor) -> Tensor:
        """(text,), float64: the number of each text; vectors (text, token, width).

        Raises Superseded when nobody waits any more.
        """
        found = []
        for part in torch.split(vectors, max(1, AT_ONCE // len(self.given))):
            if self.cancelled():
                raise Superseded
            found.append(self.answer(part).double().cpu())
        return torch.cat(found)

    def without(self, taken: Sequence[Sequence[int]]) -> Tensor:
        """(case,), float64: the number when these tokens are taken away, in each case."""
        kept = torch.ones(len(taken), len(self.given), 1, dtype=torch.bool)
        for case, places in enumerate(taken):
            kept[case, list(places)] = False
        kept = kept.to(self.given.device)
        parts = torch.split(kept, max(1, AT_ONCE // len(self.given)))
        return torch.cat(
            [self.numbers(torch.where(part, self.given, self.blank)) for part in parts]
        )

    def gradient(self) -> Tensor:
        """(token, width): what the number gains as each coordinate grows.

        Raises AttentionError when the model computes the number without a history.
        """
        vectors = self.given.detach().clone().requires_grad_()
        with torch.enable_grad():
            number = self.answer(vectors[None])[0]
        return self.traced(number, vectors)

    def traced(self, number: Tensor, to: Tensor) -> Tensor:
        """The gradient of a number; raises AttentionError when it does not hang on `to`."""
        if number.requires_grad:
            (found,) = torch.autograd.grad(number, to, allow_unused=True)
            if found is not None:
                return torch.as_tensor(found).detach()
        raise AttentionError(
            "{model} gives no gradients from this output to its tokens; choose a method that only "
            "looks at weights or leaves parts out.",
            model=self.model,
        )

    def check(self) -> None:
        """Raises AttentionError where there is nothing to attribute."""
        own = self.own
        if int(own.sum()) < 2:
            raise AttentionError(
                "With one token there is nothing to compare: the output is made of it alone. "
                "Write at least two words."
            )
        if torch.equal(self.given[own], self.blank[own]):
            raise AttentionError(
                "The text is already what it is compared with: every token is the baseline. Choose "
                "another baseline, or another text."
            )
        if not torch.isfinite(torch.tensor(self.value)):
            raise AttentionError(
                "{model} gives no number for this output (NaN or infinite), so there is nothing to "
                "attribute; choose another output or another model.",
                model=self.model,
            )


def finite(scores: Tensor) -> Tensor:
    """The scores; raises AttentionError when one of them is no number."""
    if not bool(torch.isfinite(scores).all()):
        raise AttentionError(
            "This method met NaN or infinite numbers here and has no answer; the others are not "
            "touched by it."
        )
    return scores

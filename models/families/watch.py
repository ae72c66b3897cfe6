"""How a model of the transformers library is watched: one way for every family of them.

A family makes inputs from what its readers give; `Watch` puts our attention into the model, once
and for good, runs it, and says what was seen where. It knows nothing of texts: whether the inputs
are numbers of tokens, pixels or sound is the family's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import sdpa_mask

from attention_core.errors import AttentionError, ModelError
from attention_core.marking import N_
from attention_core.watching.attend import attend
from attention_core.watching.capture import (
    WEIGHTS,
    Call,
    Collector,
    Want,
    announced,
    capture,
    editing,
    never,
)
from attention_core.watching.edit import Edit, placed
from attention_core.watching.place import Place
from attention_core.watching.record import Note
from models.families.sites import Seen, captured, modules, named, stored

ATTENTION = "attention_atlas"
_CROSS = re.compile(r"cross|encoder_attn|encdec|enc_dec|encoder_decoder|enc_attn", re.IGNORECASE)
_NUMBER = re.compile(r"(?:^|\.)(\d+)(?:\.|$)")
_REPORTS = {
    "encoder_attentions": "encoder",
    "decoder_attentions": "decoder",
    "cross_attentions": "cross",
}

AttentionInterface.register(ATTENTION, attend)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)

Inputs = Mapping[str, Tensor]
"""What a model is called with, by name; each tensor has the batch first."""


@dataclass(frozen=True)
class Example:
    """A small input of the model's own kind, and the shapes that its looks must then have.

    shapes  for each kind of look, or for `""` every other kind, the (query, key) that are possible
    needs   the kinds of look without which the model is of no use to the family
    fault   the sentence when the model cannot take the input, with {model} and {reason}
    """

    inputs: Inputs
    shapes: Mapping[str, frozenset[tuple[int, int]]]
    needs: frozenset[str] = frozenset()
    fault: str = N_("{model} cannot read a plain text ({reason}); choose a model of language.")

    def fits(self, seen: Sequence[Seen]) -> bool:
        """Whether every look has one weight for each pair of what it looks from and at."""
        shapes = (tuple(one.source.allowed().shape) for one in seen)
        known = (self.shapes.get(one.kind, self.shapes.get("", frozenset())) for one in seen)
        right = all(shape in possible for shape, possible in zip(shapes, known, strict=True))
        return bool(seen) and right and self.needs <= {one.kind for one in seen}


@dataclass(frozen=True)
class Run:
    """One pass of a model: what it gave back, what was seen, and whatever else was wanted."""

    outputs: Any
    seen: list[Seen]
    collector: Collector


class Watch:
    """One loaded model and the way in which it is watched; many threads may use it at once.

    routed  True when attention is captured as it is computed and checked against the output;
            False when the model only reports its weights, so that they cannot be edited
    places  the module behind the name of each site; empty where the model only reports
    """

    def __init__(
        self, name: str, model: PreTrainedModel, example: Example, alone: str = ""
    ) -> None:
        """Chooses how to watch, by letting the model take the example.

        alone  the stack of a model that has only one; without it, an encoder, or a decoder where
               no query looks at a later key

        Raises ModelError when the model cannot be watched.
        """
        self.name = name
        self.model = model
        self.routed = True
        paired = bool(model.config.is_encoder_decoder)
        self._alone = alone or "encoder"
        self._kinds = _kinds(model) if paired else {}
        self._numbers = {id(module): _number(path) for path, module in model.named_modules()}
        seen = self._installed(example)
        if not paired and not alone and _only_back(seen):
            self._alone = "decoder"
            seen = [replace(one, kind=self._alone) for one in seen]
        self.places = modules(seen)
        announced(_layers(model, seen))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader must know of every record of this model."""
        if self.routed:
            return ()
        return (Note("This model only reports its weights; they cannot be checked against it."),)

    def changing(self, edits: Sequence[Edit]) -> AbstractContextManager[None]:
        """These edits on the model's attention, inside the block and in this thread only.

        Raises AttentionError when an edit names a site that this model has not or cannot change.
        """
        return editing(placed(edits, self.places))

    def run(
        self, inputs: Inputs, cancelled: Callable[[], bool] = never, want: Want = WEIGHTS,
        part: nn.Module | None = None,
    ) -> Run:  # fmt: skip
        """One pass over the inputs.

        cancelled  asked before each attention call; True raises Superseded
        part       what runs in place of the whole model, such as its encoder
        """
        called: Any = self.model if part is None else part
        with capture(cancelled, want) as seen, torch.inference_mode(not want.gradients):
            if self.routed:
                outputs = called(**inputs, return_dict=True)
                return Run(outputs, list(map(self._captured, seen.calls)), seen)
            outputs = called(**inputs, return_dict=True, output_attentions=True)
            return Run(outputs, list(self._reported(outputs)), seen)

    def _captured(self, call: Call) -> Seen:
        at = id(call.module)
        return captured(call, self._kinds.get(at, self._alone), self._numbers.get(at))

    def _reported(self, outputs: Any) -> Iterator[Seen]:
        """What the model says of itself, where it does not compute through our function."""
        for name, kind in {**_REPORTS, "attentions": self._alone}.items():
            for layer in getattr(outputs, name, None) or ():
                yield stored(kind, layer)

    def _installed(self, example: Example) -> list[Seen]:
        """What is seen of the example, once it is settled for good how the model is watched."""
        try:
            self.model.set_attn_implementation(ATTENTION)
            seen = self.run(example.inputs).seen or self._turned(example)
        except AttentionError:
            raise
        except Exception as fault:
            raise ModelError(
                example.fault,
                model=self.name,
                reason=f"{type(fault).__name__}: {fault}"[:200],
            ) from fault
        if not example.fits(seen):
            raise ModelError(
                "{model} does not give its attention as one weight for each pair of tokens, "
                "so it cannot be shown; choose another model.",
                model=self.name,
            )
        return seen

    def _turned(self, example: Example) -> list[Seen]:
        """Turn to what the model reports of itself."""
        self.model.set_attn_implementation("eager")
        if self.model.config._attn_implementation != "eager":
            raise ModelError(
                "{model} neither lets its attention be captured nor reports it; "
                "choose another model.",
                model=self.name,
            )
        self.routed = False
        return self.run(example.inputs).seen


def plain(numbers: Sequence[int], length: int) -> list[int]:
    """So many of a vocabulary's numbers, far apart: an input in no language at all."""
    step = max(1, len(numbers) // (length + 1))
    return [numbers[(place + 1) * step % len(numbers)] for place in range(length)]


def _kinds(model: PreTrainedModel) -> Mapping[int, str]:
    """What each attention module of an encoder–decoder is, by where it stands and its name."""
    encoder = {id(module) for module in model.get_encoder().modules()}
    return {
        id(module): "encoder"
        if id(module) in encoder
        else ("cross" if _CROSS.search(name) else "decoder")
        for name, module in model.named_modules()
    }


def _number(path: str) -> int | None:
    """The first number on the way to a module: that of its layer."""
    match = _NUMBER.search(path)
    return int(match[1]) if match else None


def _layers(model: PreTrainedModel, seen: Sequence[Seen]) -> dict[Place, nn.Module]:
    """The layers whose attention was seen: each is where the first number on the way ends."""
    paths = {id(module): path for path, module in model.named_modules()}
    found: dict[Place, nn.Module] = {}
    for place, one in named(seen):
        match = _NUMBER.search(paths.get(id(one.module), ""))
        if match:
            layer = model.get_submodule(paths[id(one.module)][: match.end(1)])
            found.setdefault(Place(place.stack, place.layer), layer)
    return found


def _only_back(seen: Sequence[Seen]) -> bool:
    """True when no query looks at a later key: the model is a decoder."""
    return not any(bool(one.source.allowed().triu(1).any()) for one in seen)

"""How a model of the transformers library is watched: one way for every family of them.

A family makes inputs from what its readers give; `Watch` puts our attention into the model, once
and for good, runs it, and says what was seen where. It knows nothing of texts: whether the inputs
are numbers of tokens, pixels or sound is the family's business.

There are several ways to watch, and a model gets the first that shows most: each is tried on a
twin, and what changes by it what the model computes (`models.families.untouched`) is none.

>>> from models.families import fake
>>> from models.families.reader import Reader
>>> watch = Reader("fake", fake.checkpoint()).watch
>>> watch.routed, list(watch.places), sorted(watch.kinds)
(True, ['encoder.0', 'encoder.1'], ['encoder'])
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from attention_core.marking import N_
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
from attention_core.watching.intervention import (
    Intervention,
    feed_forwards,
    intervening,
    projections,
)
from attention_core.watching.place import Place
from attention_core.watching.record import Note
from models.families.reporting import Reporting
from models.families.sites import Seen, captured, joined, modules, named
from models.families.trial import REPORTED, Example, settled
from models.families.unfolding.unfolding import Unfolding, hearing, laid_out
from models.families.untouched import FOREIGN, Inputs, counterparts, pairs, twin

_LOG = logging.getLogger(__name__)
__all__ = ["Example", "Inputs", "Run", "Watch", "plain"]

_CROSS = re.compile(r"cross|encoder_attn|encdec|enc_dec|encoder_decoder|enc_attn", re.IGNORECASE)
_NUMBER = re.compile(r"(?:^|\.)(\d+)(?:\.|$)")
_MISSING = {
    "encoder": N_("Its encoder is not shown: it does not say how each token looks at each other."),
    "decoder": N_("Its decoder is not shown: it does not say how each token looks at each other."),
    "cross": N_(
        "How its decoder looks at the source is not shown: it does not say it for each token."
    ),
}
_OTHERS = frozenset(("image", "video", "audio"))
_TEXT_ALONE = N_("This model also takes pictures, sound or video; here it reads text alone.")
_CHECKED = N_("This model reports its weights itself; they can be checked, but not changed.")
_LAID_OUT = N_(
    "What it looks at in a part of the text alone is made here from its queries and keys; it can "
    "be checked, but not changed."
)
_UNCHECKED = N_("This model only reports its weights; they cannot be checked against it.")


@dataclass(frozen=True)
class Run:
    """One pass of a model: what it gave back, what was seen, and whatever else was wanted."""

    outputs: Any
    seen: list[Seen]
    collector: Collector


class Watch:
    """One loaded model and the way in which it is watched; many threads may use it at once.

    routed  True when attention is captured as it is computed, so that it can be edited; False
            when the model only reports its weights
    kinds   the kinds of look that are shown
    places  the module behind the name of each site; empty where the model only reports
    layers  the modules that hidden states leave
    """

    def __init__(
        self, name: str, model: PreTrainedModel, example: Example, alone: str = ""
    ) -> None:
        """Chooses how to watch, by letting twins of the model take the example.

        alone  the stack of a model that has only one; without it, an encoder, or a decoder where
               no query looks at a later key

        Raises ModelError when the model cannot be watched.
        """
        self.name = name
        self.model = model
        paired = pairs(model)
        self._alone = alone or "encoder"
        self._example = example
        self._stacks = _kinds(model) if paired else {}
        self._numbers = {id(module): _number(path) for path, module in model.named_modules()}
        self._reporting = Reporting(self._numbers)
        self._unfolding = Unfolding(model)
        self._parted = frozenset(_sound(example, self._laid_out))
        trial = settled(name, model, example, self._tried, self._asked)
        seen, parted = list(trial.seen), self._parted
        if not paired and not alone and _only_back(seen):
            self._alone = "decoder"
            seen = [replace(one, kind=self._alone) for one in seen]
            self._parted = frozenset({self._alone} if self._parted else ())
        self.kinds = frozenset(one.kind for one in seen)
        self._missing = frozenset(_MISSING) - self.kinds if paired else frozenset()
        self.routed = trial.way != REPORTED
        if self.routed:
            model.set_attn_implementation(trial.way)
        else:
            self._reporting.listen({one.kind for one in trial.seen} - parted)
        changed = [one for one in seen if one.kind not in self._parted]
        self.places = modules(changed) if self.routed else {}
        self.layers = _layers(model, seen)
        announced(self.layers)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader must know of every record of this model."""
        notes = [sentence for kind, sentence in _MISSING.items() if kind in self._missing]
        given = self.model.input_modalities
        both = not isinstance(given, str) and "text" in given
        if both and self.model.main_input_name == "input_ids" and _OTHERS.intersection(given):
            notes.append(_TEXT_ALONE)
        if self._parted:
            notes += [*self._unfolding.notes, _LAID_OUT]
        if not self.routed and self.kinds - self._parted:
            notes.append(_CHECKED if self._reporting.checked else _UNCHECKED)
        return tuple(note if isinstance(note, Note) else Note(note) for note in notes)

    @cached_property
    def joins(self) -> Mapping[nn.Module, nn.Module]:
        """The matrix that joins the heads of each attention, where it can be followed."""
        with projections(self.layers) as found, torch.inference_mode():
            self.model(**self._example.inputs, return_dict=True)
        return found

    @cached_property
    def mlps(self) -> Mapping[Place, nn.Module]:
        """The matrix by which the feed-forward network of each layer ends, where it is found."""
        with feed_forwards(self.places, self.layers) as found, torch.inference_mode():
            self.model(**self._example.inputs, return_dict=True)
        return found

    def changing(self, edits: Sequence[Edit]) -> AbstractContextManager[None]:
        """These edits on the model's attention, inside the block and in this thread only.

        Raises AttentionError when an edit names a site that this model has not or cannot change.
        """
        return editing(placed(edits, self.places))

    def intervening(self, interventions: Sequence[Intervention]) -> AbstractContextManager[None]:
        """These changes of what heads, attention, MLPs and layers give on, inside the block and in
        this thread only; see `attention_core.watching.intervention`.
        """
        mlps = self.mlps if any(one.part == "mlp" for one in interventions) else None
        return intervening(interventions, self.places, self.layers, mlps)

    def run(
        self, inputs: Inputs, cancelled: Callable[[], bool] = never, want: Want = WEIGHTS,
        part: nn.Module | None = None,
    ) -> Run:  # fmt: skip
        """One pass over the inputs.

        cancelled  asked before each attention call; True raises Superseded
        part       what runs in place of the whole model, such as its encoder
        """
        called: Any = self.model if part is None else part
        inference = torch.inference_mode(not want.gradients)
        with capture(cancelled, want) as found, hearing() as heard, inference:
            if self.routed:
                outputs = called(**inputs, return_dict=True)
                seen = joined(list(map(self._captured, found.calls)))
            else:
                outputs, seen = self._reporting.run(called, inputs)
                seen = list(map(self._named, seen))
            seen = self._with_parted(seen, laid_out(heard, self._kind, self._number))
        return Run(outputs, [one for one in seen if one.kind in self.kinds], found)

    def _captured(self, call: Call) -> Seen:
        at = id(call.module)
        return captured(call, self._stacks.get(at, self._alone), self._numbers.get(at))

    def _named(self, one: Seen) -> Seen:
        """A reported look, where the model has one stack only, under that stack's name."""
        return one if self._stacks else replace(one, kind=self._alone)

    def _tried(self, other: PreTrainedModel, calls: Sequence[Call]) -> list[Seen]:
        """What a twin's calls are on the model itself."""
        back = counterparts(other, self.model)
        mine = (replace(call, module=back.get(id(call.module), call.module)) for call in calls)
        seen = joined(list(map(self._captured, mine)))
        return self._with_parted(seen, self._laid_out(self._example.inputs)) if seen else []

    def _asked(self, inputs: Inputs) -> list[Seen]:
        """What the model says of itself; nothing where it does not answer."""
        try:
            reported = list(map(self._named, self._reporting.learned(self.model, inputs)))
        except FOREIGN:  # it runs without being asked, as was seen before
            _LOG.info("%s does not report its attention", self.name, exc_info=True)
            reported = []
        return self._with_parted(reported, self._laid_out(inputs))

    def _laid_out(self, inputs: Inputs) -> list[Seen]:
        """What a twin looks at in parts of the text."""
        if not self._unfolding.needed:
            return []
        other = twin(self.model)
        with hearing() as heard, torch.inference_mode():
            other(**inputs, return_dict=True)
            return laid_out(heard, self._kind, self._number, counterparts(other, self.model))

    def _with_parted(self, seen: Sequence[Seen], parted: Sequence[Seen]) -> list[Seen]:
        """Looks at parts of the text in place of whatever else was seen there."""
        kept = [one for one in parted if one.kind in self._parted]
        return [*kept, *(one for one in seen if one.kind not in self._parted)]

    def _kind(self, module: nn.Module) -> str:
        return self._stacks.get(id(module), self._alone)

    def _number(self, module: nn.Module) -> int | None:
        return self._numbers.get(id(module))


def plain(numbers: Sequence[int], length: int) -> list[int]:
    """So many of a vocabulary's numbers, far apart: an input in no language at all."""
    step = max(1, len(numbers) // (length + 1))
    return [numbers[(place + 1) * step % len(numbers)] for place in range(length)]


def _sound(example: Example, looks: Callable[[Inputs], Sequence[Seen]]) -> set[str]:
    """The kinds of look at parts of a text that fit and are what the model computed."""
    kinds: set[str] | None = None
    for one in filter(None, [example, example.longer]):
        try:
            seen = looks(one.inputs)
        except FOREIGN:  # what the model cannot read is said when it is tried
            _LOG.info("Looks at parts of a text cannot be laid out", exc_info=True)
            return set()
        wrong = {look.kind for look in seen if look.integrity.broken or not one.fits(look)}
        good = {look.kind for look in seen} - wrong
        kinds = good if kinds is None else kinds & good
    return kinds or set()


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

"""Which way of watching a model shows most and changes nothing of what it computes.

Each way is tried on a twin of the model, with a small example and whatever else the model is to be
compared on. A way after which the model says something else is no way to watch it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask, sdpa_mask

from attention_core.errors import AttentionError, ModelError
from attention_core.marking import N_
from attention_core.watching.attend import attend
from attention_core.watching.capture import Call, capture
from attention_core.watching.record import Integrity
from models.families.sites import Seen
from models.families.untouched import FOREIGN, Inputs, Steps, allowed, distance, said, twin

ATTENTION: Final = "attention_atlas"
AS_EAGER: Final = "attention_atlas_as_eager"
CAPTURED: Final = (ATTENTION, AS_EAGER)
"""Ways to put our function into a model, the quicker one first: with the masks that the library
makes for fast kernels, or with those that it makes for attention step by step."""
REPORTED: Final = "eager"
"""The way of those that compute attention by code of their own: they are asked what they did."""

_LOG = logging.getLogger(__name__)
_ATTENTION = re.compile(r"atten|attn", re.IGNORECASE)
_NONE = N_(
    "{model} has no attention: it lets its tokens meet by other means, so there is nothing to "
    "show; choose another model."
)
_SILENT = N_("{model} neither lets its attention be captured nor reports it; choose another model.")
_CHANGED = N_(
    "{model} computes something else when it is watched, and it does not report its attention "
    "itself; choose another model."
)
_SHAPE = N_(
    "{model} does not give its attention as one weight for each pair of tokens, so it cannot be "
    "shown; choose another model."
)
_ROWS = N_(
    "What {model} reports of its attention does not add up to 1 for each token, so it cannot be "
    "shown as weights; choose another model."
)


def _attend_as_eager(*given: Any, **named: Any) -> tuple[Tensor, None]:
    """Our function for models that say everything in their masks: without one, all is allowed."""
    return attend(*given, **{**named, "is_causal": False})


AttentionInterface.register(ATTENTION, attend)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
AttentionInterface.register(AS_EAGER, _attend_as_eager)
AttentionMaskInterface.register(AS_EAGER, eager_mask)


@dataclass(frozen=True)
class Example:
    """A small input of the model's own kind, and the shapes that its looks must then have.

    shapes  for each kind of look, or for `""` every other kind, the (query, key) that are possible
    needs   the kinds of look without which the model is of no use to the family
    fault   the sentence when the model cannot take the input, with {model}
    more    what else the model is compared on, before and after our function is in it
    longer  a longer one, whose reported looks must have its own shapes as well
    asks    False where the model is not asked what it reports of itself, because its looks are so
            large that finding out how it reports them takes long; then it must be captured
    """

    inputs: Inputs
    shapes: Mapping[str, frozenset[tuple[int, int]]]
    needs: frozenset[str] = frozenset()
    fault: str = N_(
        "{model} cannot read a plain text: it stops with an error, as a model does that needs a "
        "picture, places on a page or something else beside the words. Choose a model that reads "
        "text alone."
    )
    more: Sequence[Steps] = ()
    longer: Example | None = None
    asks: bool = True

    def fits(self, one: Seen) -> bool:
        """Whether a look has one weight for each pair of what it looks from and at."""
        possible = self.shapes.get(one.kind, self.shapes.get("", frozenset()))
        return tuple(one.source.allowed().shape) in possible


@dataclass(frozen=True)
class Trial:
    """What one way of watching shows of the example: the looks that can be drawn.

    fault  the sentence, with {model}, where none can
    """

    way: str
    seen: tuple[Seen, ...] = ()
    fault: str = _SILENT


def settled(
    name: str, model: PreTrainedModel, example: Example,
    captured: Callable[[PreTrainedModel, Sequence[Call]], Sequence[Seen]],
    reported: Callable[[Inputs], Sequence[Seen]],
) -> Trial:  # fmt: skip
    """The way that shows most of a model, the way that checks most where several do.

    captured  what the calls on that twin were
    reported  what the model says of itself when it reads these inputs

    Raises ModelError when there is no way.
    """
    before = _before(name, model, example)
    report = _report(example, reported) if example.asks else Trial(REPORTED)
    trials = [report]
    for way in CAPTURED:
        trials.insert(-1, _tried(way, model, example, before, captured))
        seen = trials[-2].seen
        if len(seen) >= len(report.seen) and (report.seen or _enough(example, seen)):
            break
    best = max(trials, key=lambda trial: len(trial.seen))
    if best.seen and example.needs <= {one.kind for one in best.seen}:
        return best
    without = not any(_ATTENTION.search(path) for path, _ in model.named_modules())
    faults = sorted((trial.fault for trial in trials), key=_said_last)
    fault = faults[0]
    raise ModelError(_NONE if without else fault, model=name)


def _enough(example: Example, seen: Sequence[Seen]) -> bool:
    """Whether a model that is not asked shows all that is needed of it."""
    return not example.asks and example.needs <= {one.kind for one in seen}


def _said_last(fault: str) -> int:
    """The place of a sentence among those that could be said: what is most particular first."""
    return {_SHAPE: 1, _ROWS: 1, _CHANGED: 2, _SILENT: 3}.get(fault, 0)


def _report(example: Example, reported: Callable[[Inputs], Sequence[Seen]]) -> Trial:
    """What the model says of itself, of a longer text as well: a band may fit one by chance."""
    longer = example.longer
    far = None if longer is None else _judged(REPORTED, longer, reported(longer.inputs))
    near = _judged(REPORTED, example, reported(example.inputs))
    if far is None:
        return near
    kinds = {one.kind for one in far.seen}
    kept = tuple(one for one in near.seen if one.kind in kinds)
    return replace(near, seen=kept, fault=near.fault if near.fault != _SILENT else far.fault)


@dataclass(frozen=True)
class _Truth:
    """What the untouched model says at some steps."""

    steps: Steps
    said: Sequence[Tensor]


def _before(name: str, model: PreTrainedModel, example: Example) -> list[_Truth]:
    """Raises ModelError when the model cannot take the example at all."""
    try:
        truths = [_truth(model, [example.inputs])]
    except Exception as fault:
        _LOG.warning("%s does not take a small example", name, exc_info=True)
        raise ModelError(example.fault, model=name) from fault
    for steps in example.more:
        try:
            truths.append(_truth(model, steps))
        except FOREIGN:  # what the model cannot do untouched, no way of watching has to do
            _LOG.info("%s is not compared on %s", name, list(map(list, steps)), exc_info=True)
    return truths


def _truth(model: PreTrainedModel, steps: Steps) -> _Truth:
    return _Truth(steps, said(twin(model), steps))


def _changed(model: PreTrainedModel, way: str, truth: _Truth) -> bool:
    """Whether the model says something else that way than untouched, beyond what rounding does."""
    gap = distance(said(_with(model, way), truth.steps), truth.said)
    if gap <= Integrity.TOLERANCE:
        return False
    return gap > allowed(model, truth.steps, truth.said)


def _tried(
    way: str, model: PreTrainedModel, example: Example, before: Sequence[_Truth],
    captured: Callable[[PreTrainedModel, Sequence[Call]], Sequence[Seen]],
) -> Trial:  # fmt: skip
    """One way to put our function in, on twins that forget what they have read."""
    try:
        for truth in before:
            if _changed(model, way, truth):
                return Trial(way, fault=_CHANGED)
        other = _with(model, way)
        with capture() as found:
            said(other, [example.inputs])
    except AttentionError as fault:
        return Trial(way, fault=fault.sentence)
    except FOREIGN:  # a model may refuse what it does not know; it is then asked to report
        _LOG.info("%s does not run with %s", type(model).__name__, way, exc_info=True)
        return Trial(way, fault=_CHANGED)
    return _judged(way, example, captured(other, found.calls))


def _with(model: PreTrainedModel, way: str) -> PreTrainedModel:
    other = twin(model)
    other.set_attn_implementation(way)
    return other


def _judged(way: str, example: Example, seen: Sequence[Seen]) -> Trial:
    """What of these looks can be drawn: kinds of which every look fits and adds up."""
    misfits = {one.kind for one in seen if not example.fits(one)}
    broken = {one.kind for one in seen if one.integrity.broken}
    kept = tuple(one for one in seen if one.kind not in misfits | broken)
    fault = _SHAPE if misfits else _ROWS if broken else _SILENT
    return Trial(way, kept, fault)

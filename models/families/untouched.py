"""What a model computes before anything is put into it, and whether it still does so afterwards.

The comparison is made on twins, which share the model's weights: some models change themselves
while they run (one looks everywhere for good once it has read a short text), and the model that a
reader gets has not run at all.

>>> from models.families import fake
>>> model = fake.model()
>>> other = twin(model)
>>> layer = model.get_input_embeddings()
>>> other.get_input_embeddings() is layer, other.get_input_embeddings().weight is layer.weight
(False, True)
>>> steps = [{"input_ids": torch.tensor([[5, 6, 7]])}]
>>> distance(said(model, steps), said(other, steps))
0.0
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping, Sequence
from inspect import signature
from itertools import chain
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from attention_core.watching.record import Integrity

Inputs = Mapping[str, Any]
"""What a model is called with, by name; each tensor has the batch first."""
FOREIGN: Final = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError,
    RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What a library's model raises when it cannot take what it is given."""
Steps = Sequence[Inputs]
"""Inputs one after the other, each continuing from what the one before left in the cache."""

Network = TypeVar("Network", bound=nn.Module)

ROUNDINGS = 64
"""How much more than one rounding of its input a pass may move: each layer rounds about ten times,
these add up as the root of their number, and no model has more than 400 layers."""
MOST = 1e-2
"""Where one rounding moves a model further than this, nothing can be said about it."""
_OUTPUTS = ("logits", "last_hidden_state", "encoder_last_hidden_state")


def twin(model: Network) -> Network:
    """The same network, all modules new, all weights and buffers shared."""
    shared = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    return copy.deepcopy(model, shared)


def counterparts(other: nn.Module, model: nn.Module) -> dict[int, nn.Module]:
    """The module of the model at the place of each module of its twin, by the twin's identity."""
    places = dict(model.named_modules())
    return {id(one): places[path] for path, one in other.named_modules() if path in places}


def embeddings(model: PreTrainedModel) -> nn.Module | None:
    """What turns the numbers of tokens into vectors; None where the model does not say."""
    try:
        return model.get_input_embeddings()
    except (NotImplementedError, AttributeError):
        return None


def steady(model: PreTrainedModel) -> int:
    """The most tokens at which the model computes in one way, and in that way it is kept for good.

    BigBird's kin look everywhere in short texts and at blocks in longer ones, and once they have
    read a short text they stay as they were for it: what they say would hang on what others read.
    For longer texts there is a twin (`parting`).
    """
    config, most = model.config, sys.maxsize
    for part in list(model.modules()):
        change = getattr(part, "set_attention_type", None)
        if change is not None and getattr(part, "attention_type", "") == "block_sparse":
            change("original_full")
            most = (5 + 2 * config.num_random_blocks) * config.block_size
    return most


def parting(model: PreTrainedModel) -> PreTrainedModel:
    """A twin of a steady model that looks at blocks, as it is for texts longer than `steady`."""
    other = twin(model)
    for part in list(other.modules()):
        change = getattr(part, "set_attention_type", None)
        if change is not None and getattr(part, "attention_type", "") == "original_full":
            change("block_sparse")
    return other


def pairs(model: PreTrainedModel) -> bool:
    """True for an encoder with its decoder; T5's encoder alone is none, though its config says."""
    takes = signature(model.forward).parameters
    return bool(model.config.is_encoder_decoder) and "decoder_input_ids" in takes


def shapes(inputs: Inputs) -> dict[str, frozenset[tuple[int, int]]]:
    """For each kind of look, how many queries and keys it has when the model reads these inputs."""
    read = inputs["input_ids"].shape[1]
    if "decoder_input_ids" not in inputs:
        return {"": frozenset({(read, read)})}
    wrote = inputs["decoder_input_ids"].shape[1]
    return {
        "encoder": frozenset({(read, read)}),
        "decoder": frozenset({(wrote, wrote)}),
        "cross": frozenset({(wrote, read)}),
    }


def padded(long: Inputs, short: Inputs) -> Inputs:
    """Both texts in one batch, the short one with padding behind."""
    together = {}
    for name, tensor in long.items():
        other = short[name]
        fill = 0 if name == "attention_mask" else int(other[0, 0])
        room = (0, tensor.shape[1] - other.shape[1])
        together[name] = torch.cat([tensor, nn.functional.pad(other, room, value=fill)])
    return together


def stepped(inputs: Inputs) -> Steps:
    """The same text with its last token alone, after a cache of those before it."""
    written = "decoder_input_ids" if "decoder_input_ids" in inputs else "input_ids"
    along = [name for name in inputs if inputs[name].shape == inputs[written].shape]
    along = [written] if written != "input_ids" else along
    first = {name: tensor[:, :-1] if name in along else tensor for name, tensor in inputs.items()}
    last = {
        name: tensor[:, -1:] if name in along and name != "attention_mask" else tensor
        for name, tensor in inputs.items()
    }
    return first, last


@torch.inference_mode()
def said(model: PreTrainedModel, steps: Steps) -> list[Tensor]:
    """What the model says at each step: logits or states of every token that is no padding."""
    found: list[Tensor] = []
    cache: dict[str, Any] = {}
    caches = len(steps) > 1 and "use_cache" in signature(model.forward).parameters
    for inputs in steps:
        wanted = {"use_cache": True} if caches else {}
        outputs = model(**{**inputs, **wanted}, **cache, return_dict=True)
        found += _compared(outputs, inputs)
        cache = {"past_key_values": getattr(outputs, "past_key_values", None)}
        if cache["past_key_values"] is None:
            break
    return found


def distance(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """The largest difference, divided by the largest number expected; infinite where none fits."""
    if not expected or [one.shape for one in found] != [one.shape for one in expected]:
        return torch.inf
    apart = 0.0
    for mine, theirs in zip(found, expected, strict=True):
        gap = float(torch.nan_to_num((mine - theirs).abs(), nan=torch.inf).max())
        apart = max(apart, gap / max(float(theirs.abs().max()), torch.finfo(torch.float32).tiny))
    return apart


def allowed(model: PreTrainedModel, steps: Steps, expected: Sequence[Tensor]) -> float:
    """How far two right ways to compute this model may be apart, as `distance` counts.

    Measured on the model itself: how far it moves when what enters it is off by one rounding.
    """
    dice = torch.Generator().manual_seed(0)

    def off(_module: nn.Module, _given: object, made: Any) -> Any:
        if not isinstance(made, Tensor):
            return made
        signs = torch.randint(0, 2, made.shape, generator=dice).to(made) * 2 - 1
        return made * (1 + torch.finfo(made.dtype).eps * signs)

    moving = twin(model)
    for layer in filter(None, [embeddings(moving)]):
        layer.register_forward_hook(off)
    moved = distance(said(moving, steps), expected)
    return min(MOST, max(Integrity.TOLERANCE, ROUNDINGS * moved))


def _compared(outputs: Any, inputs: Inputs) -> list[Tensor]:
    """Each output of the model, (token, width), where a text has tokens."""
    kept, written = [], "decoder_input_ids" in inputs
    for name in _OUTPUTS:
        made = getattr(outputs, name, None)
        if not isinstance(made, Tensor):
            continue
        mask = inputs.get("attention_mask")
        own = not written or name.startswith("encoder")
        real = None if mask is None or not own else mask[:, -made.shape[1] :].bool()
        fits = real is not None and real.shape == made.shape[:2]
        kept.append((made[real] if fits else made.flatten(0, 1)).float())
    return kept

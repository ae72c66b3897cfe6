"""From the attention calls of a transformers model to the named sites of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import sdpa_mask

from attention_core.axes.tokens import Axis
from attention_core.watching.capture import Call, attend
from attention_core.watching.record import Integrity, Kind, Site, Source, Stored

ATTENTION = "attention_atlas"
KINDS: tuple[Kind, ...] = ("encoder", "decoder", "cross")
_CROSS = re.compile(r"cross|encoder_attn|encdec|enc_dec|encoder_decoder|enc_attn", re.IGNORECASE)

AttentionInterface.register(ATTENTION, attend)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


@dataclass(frozen=True)
class Seen:
    """One attention call, whichever way it was seen.

    module  what made the call; None where the model only reports its weights
    """

    kind: Kind
    heads: int
    source: Source
    integrity: Integrity
    module: nn.Module | None = None


def kinds(model: PreTrainedModel) -> Mapping[int, Kind]:
    """What each attention module of an encoder–decoder is, by where it stands and its name."""
    encoder = {id(module) for module in model.get_encoder().modules()}
    return {
        id(module): "encoder"
        if id(module) in encoder
        else ("cross" if _CROSS.search(name) else "decoder")
        for name, module in model.named_modules()
    }


def captured(call: Call, kind: Kind) -> Seen:
    """The first text of a captured call."""
    source = call.sources[0]
    return Seen(kind, len(source.query), source, call.integrities[0], call.module)


def stored(kind: Kind, weights: Tensor) -> Seen:
    """weights (1, head, query, key), as a model reports them."""
    matrix = weights[0].float()
    mask = None
    if matrix.ndim == 3 and matrix.shape[1] == matrix.shape[2]:
        triangle = torch.ones(matrix.shape[1:], dtype=torch.bool).tril()
        mask = triangle if not bool(matrix.masked_fill(triangle, 0).any()) else None
    rows = torch.nan_to_num((matrix.sum(-1) - 1).abs(), nan=torch.inf).max()
    return Seen(kind, len(matrix), Stored(matrix, mask), Integrity(float(rows), None))


def named(seen: list[Seen]) -> Iterator[tuple[str, int, Seen]]:
    """(name, layer, call) in the order encoder, decoder, cross, each kind counted from 0."""
    for kind in KINDS:
        for layer, one in enumerate(found for found in seen if found.kind == kind):
            yield f"{kind}.{layer}", layer, one


def modules(seen: list[Seen]) -> dict[str, nn.Module]:
    """The module behind the name of each site, where it is known.

    A model that uses one module at several layers has it behind several names.
    """
    return {name: one.module for name, _, one in named(seen) if one.module is not None}


def sites(seen: list[Seen], source: Axis, target: Axis, written: Axis) -> tuple[Site, ...]:
    """What was seen, each with its axes.

    source   what the encoder read
    target   what the decoder's queries stand for
    written  what the decoder was given, its own keys
    """
    return tuple(
        Site(
            name,
            one.kind,
            layer,
            one.heads,
            source if one.kind == "encoder" else target,
            written if one.kind == "decoder" else source,
            one.source,
            one.integrity,
        )
        for name, layer, one in named(seen)
    )

"""The attention of a running model, computed here so that it can be watched and changed.

`attend` has the signature of the attention functions of the transformers library. It is installed
once, when a model is loaded, and never switched: unless something is watched or changed
(`attention_core.watching.capture`) it only computes. Where somebody watches, it also keeps the
queries and keys of every call, and checks on the spot that the weights made from them give the
output that the model goes on with.

>>> from attention_core.watching.capture import capture
>>> module, tokens = nn.Identity(), torch.eye(2)[None, None]
>>> with capture() as seen:
...     output, _ = attend(module, tokens, tokens, tokens, None, is_causal=True)
>>> output.shape  # (batch, query, head, width)
torch.Size([1, 2, 1, 2])
>>> seen.calls[0].sources[0].weights([0], slice(0, 1)).tolist()
[[[1.0, 0.0]]]
>>> seen.calls[0].integrities[0].verified
True
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor, nn

from attention_core.errors import AttentionError, Superseded
from attention_core.watching.capture import Call, Collector, Live, edits_of, watched
from attention_core.watching.edit import Edited, changed
from attention_core.watching.intervention import handed
from attention_core.watching.record import Integrity, QueryKey

TILE = 1 << 18
"""Weights made at one time by the check: 1 MB, so that it stays in the processor's cache."""


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    is_causal: bool | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    position_bias: Tensor | None = None,
    **kwargs: object,
) -> tuple[Tensor, None]:
    """What each query takes away; inside a capture, how it looked is kept as well.

    query           (batch, head, query, width)
    key             (batch, group, key, width)
    value           (batch, group, key, value width)
    attention_mask  broadcasts to (batch, head, query, key); bool with True = may look, or float,
                    where the lowest number of its type and -inf mean "may not look"
    s_aux           (head,), the scores of attention sinks
    position_bias   broadcasts to (batch, head, query, key)
    returns         (batch, query, head, value width), and None in place of the weights

    A query that may look at nothing takes away exactly 0. Edits count queries from this call's
    first: an edited decoder works without a cache. Raises Superseded when it has been overtaken.
    """
    _check_ordinary(kwargs)
    collector = watched()
    if collector is not None and collector.cancelled():
        raise Superseded
    allowed, bias = _mask_and_bias(attention_mask, position_bias)
    causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
    form = _Form(
        allowed=allowed,
        bias=bias,
        causal=bool(causal) and attention_mask is None and query.shape[2] > 1,
        scaling=query.shape[-1] ** -0.5 if scaling is None else scaling,
        softcap=softcap,
        sinks=s_aux,
    )
    edits, sources, weights = edits_of(module), list[QueryKey](), None
    keeps = collector is not None and collector.want.attention
    traced = collector is not None and collector.want.gradients
    if edits or keeps:
        sources = [_source(query, key, form, row) for row in range(len(query))]
    if edits or traced:
        used = [changed(source, edits) for source in sources]
        sources, weights = [*used], torch.stack([one.used for one in used])
        if traced and not weights.requires_grad:
            weights.requires_grad_()
        output = _taken(weights, value)
    else:
        output = _output(query, key, value, form, dropout)
    if collector is not None and keeps:
        collector.calls.append(_call(collector, module, sources, value, output, weights))
    joined = output.transpose(1, 2).contiguous()
    return handed(module, joined.flatten(-2), joined.shape[-2]).view_as(joined), None


def _check_ordinary(extra: Mapping[str, object]) -> None:
    """Raises AttentionError when a model chooses its keys by an index of its own."""
    if extra.get("indices") is not None or extra.get("block_indices") is not None:
        raise AttentionError(
            "This model chooses its keys by an index of its own, which cannot be captured; "
            "use a model with ordinary attention."
        )


@dataclass(frozen=True)
class _Form:
    """How the scores of one attention call become weights; see QueryKey for each."""

    allowed: Tensor | None
    bias: Tensor | None
    causal: bool
    scaling: float
    softcap: float | None
    sinks: Tensor | None


def _mask_and_bias(
    mask: Tensor | None, position_bias: Tensor | None
) -> tuple[Tensor | None, Tensor | None]:
    """Who may look where (bool), and what is added to the scores; a float mask may hold both."""
    if mask is None or mask.dtype == torch.bool:
        return mask, position_bias
    allowed = mask > torch.finfo(mask.dtype).min / 2
    if not bool((mask.masked_fill(~allowed, 0) != 0).any()):
        return allowed, position_bias
    bias = mask.masked_fill(~allowed, 0)
    return allowed, bias if position_bias is None else bias + position_bias


def _output(query: Tensor, key: Tensor, value: Tensor, form: _Form, dropout: float) -> Tensor:
    """(batch, head, query, value width), by the fastest kernel that knows this form."""
    if form.softcap is not None:
        return _capped_output(query, key, value, form, form.softcap)
    mask = form.allowed if form.bias is None else _additive(query, key, form)
    if form.sinks is not None:
        mask, key, value = _with_sink(query, key, value, form, form.sinks)
    return nn.functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=mask,
        dropout_p=dropout,
        is_causal=form.causal and mask is None,
        scale=form.scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )


def _additive(query: Tensor, key: Tensor, form: _Form) -> Tensor:
    """Mask and bias as one tensor to add to the scores, -inf where one may not look.

    returns  broadcasts to (batch, head, query, key)
    """
    bias = query.new_zeros(1, 1, 1, 1) if form.bias is None else form.bias.to(query.dtype)
    allowed = form.allowed
    if allowed is None and form.causal:
        allowed = query.new_ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
    return bias if allowed is None else torch.where(allowed, bias, -torch.inf)


def _with_sink(
    query: Tensor, key: Tensor, value: Tensor, form: _Form, sinks: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """(mask, key, value) of the same call with one more key: scored by the sink, worth nothing."""
    shape = query.shape[:3]
    mask = _additive(query, key, form).expand(*shape, key.shape[2])
    sink = sinks.to(query.dtype).reshape(1, -1, 1, 1).expand(*shape, 1)
    pad = nn.functional.pad
    return torch.cat([mask, sink], -1), pad(key, (0, 0, 0, 1)), pad(value, (0, 0, 0, 1))


def _capped_output(
    query: Tensor, key: Tensor, value: Tensor, form: _Form, softcap: float
) -> Tensor:
    """(batch, head, query, value width), step by step: no kernel squeezes scores."""
    if form.sinks is not None:
        raise AttentionError(
            "This model has both a soft cap and attention sinks, which cannot be captured; "
            "use a model with one of them."
        )
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = torch.tanh(query @ key.mT * form.scaling / softcap) * softcap
    weights = torch.softmax(scores + _additive(query, key, form), -1)
    return torch.nan_to_num(weights) @ value


def _taken(weights: Tensor, value: Tensor) -> Tensor:
    """(batch, head, query, value width): what weights that were made here take from the values."""
    values = value.repeat_interleave(weights.shape[1] // value.shape[1], 1).to(weights)
    return (weights[..., : value.shape[2]] @ values).to(value)


def _call(
    collector: Collector, module: nn.Module, sources: Sequence[QueryKey], value: Tensor,
    output: Tensor, weights: Tensor | None,
) -> Call:  # fmt: skip
    """What is kept of a call: views of queries and keys, their check, and what else is wanted."""
    kept, want = tuple(map(_detached, sources)), collector.want
    return Call(
        module,
        kept,
        tuple(map(integrity, kept, value.detach(), output.detach())),
        tuple(value.detach()) if want.values else (),
        tuple(output.detach()) if want.outputs else (),
        Live(weights, value) if want.gradients and weights is not None else None,
    )


def _detached(source: QueryKey) -> QueryKey:
    kept = replace(source, query=source.query.detach(), key=source.key.detach())
    return replace(kept, used=kept.used.detach()) if isinstance(kept, Edited) else kept


def _source(query: Tensor, key: Tensor, form: _Form, row: int) -> QueryKey:
    return QueryKey(
        query[row],
        key[row],
        form.scaling,
        mask=_row(form.allowed, row),
        bias=_row(form.bias, row),
        causal=form.causal,
        softcap=form.softcap,
        sinks=None if form.sinks is None else form.sinks.detach(),
    )


def _row(tensor: Tensor | None, row: int) -> Tensor | None:
    """(1 or head, 1 or query, key) of one text, from what may be the same for the whole batch."""
    if tensor is None:
        return None
    tensor = tensor.detach()
    tensor = tensor[(None,) * (4 - tensor.ndim)]
    return tensor[row if len(tensor) > 1 else 0]


class Shares(Protocol):
    """Weights with the part of places that are no tokens, and what each row must add up to."""

    def shares(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(head, query, key and whatever is looked at besides)"""

    def totals(self, heads: Sequence[int], queries: slice) -> Tensor:
        """(1 or head, query)"""


@torch.no_grad()
def integrity(source: Shares, value: Tensor, output: Tensor) -> Integrity:
    """How well the weights explain what the module took away, tile by tile in bounded memory.

    value   (group, key, value width)
    output  (head, query, value width)
    """
    rows = missed = 0.0
    for heads, queries in _tiles(len(output), output.shape[1], value.shape[1]):
        shares = source.shares(heads, queries)
        rows = max(rows, _largest(shares.sum(-1) - source.totals(heads, queries)))
        group = len(output) // len(value)
        values = value[[head // group for head in heads]].to(shares)
        taken = shares[..., : value.shape[1]] @ values
        missed = max(missed, _largest(taken - output[list(heads), queries].to(shares)))
    scale = max(_largest(output.float()), torch.finfo(torch.float32).tiny)
    return Integrity(rows, missed / scale if missed < torch.inf else torch.inf)


def _tiles(heads: int, queries: int, keys: int) -> Iterator[tuple[range, slice]]:
    """Heads and queries that together cover everything, about TILE weights at a time."""
    tall = max(1, min(queries, TILE // max(1, keys)))
    wide = max(1, TILE // (tall * max(1, keys)))
    for head in range(0, heads, wide):
        for start in range(0, queries, tall):
            yield range(head, min(head + wide, heads)), slice(start, min(start + tall, queries))


def _largest(tensor: Tensor) -> float:
    """The largest distance from 0; infinite where a number is missing, never quietly NaN."""
    return float(torch.nan_to_num(tensor.abs(), nan=torch.inf).max()) if tensor.numel() else 0.0

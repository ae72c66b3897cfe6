"""Attention weighed by what it fetches: how long the vectors are that are really added.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted()).scores.tolist()
[0.25, 1.5]
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes, heads, layers
from attention_core.numbers.attribution.output import Output

_LEAST: Final = 1e-9


def norms(weights: Tensor, vectors: Tensor, reads: Tensor) -> Tensor:
    """(key,): the length of what each key adds, summed over heads, in the mean of the places read.

    weights  (head, query, key)
    vectors  (head, key, width): what a head adds of a key at a weight of 1
    reads    (query,), sums to 1
    """
    total = weights.new_zeros(weights.shape[-1])
    for query in (reads > _LEAST).nonzero().flatten().tolist():
        added = torch.einsum("hk,hkd->kd", weights[:, query], vectors.to(weights))
        total = total + reads[query].to(total) * added.norm(dim=-1)
    return total


def _attribute(output: Output, knobs: Knobs) -> Found:
    found = []
    for layer in layers(output, knobs):
        if layer.vectors is None:
            raise AttentionError(
                "This method needs what the attention adds to each token, and {model} does not "
                "show it; raw attention and gradients work with it.",
                model=output.model,
            )
        vectors = heads(layer.vectors(), knobs)
        found.append(norms(heads(layer.weights, knobs), vectors, output.reads))
    return Found(torch.stack(found).mean(0).double().cpu())


METHOD = Method(
    "values",
    N_("Values × attention"),
    "Kobayashi et al. 2020, https://arxiv.org/abs/2004.10102, section 3, eq. 5 and 6",
    r"s_j = \frac1L \sum_l \Big\lVert \sum_h A^{l,h}_{ij}\, v^{l,h}_j W^{l,h}_O \Big\rVert",
    N_(
        "It sees the vectors that are added, so a strong look at an empty value counts for little. "
        "It does not see their direction, the residual connection, or what happens above."
    ),
    ("weights", "values"),
    lambda _tokens, _knobs: Passes(1),
    _attribute,
    40,
    knobs=("layer", "head"),
)

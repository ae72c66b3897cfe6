"""Chefer's relevance: a rollout in which only what speaks for the output is passed on.

>>> weights = torch.tensor([[[1.0, 0.0], [0.5, 0.5]]])
>>> relevance([(weights, torch.tensor([[[0.0, 0.0], [1.0, -1.0]]]))]).tolist()
[[1.0, 0.0], [0.5, 1.0]]
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes, gradients
from attention_core.numbers.attribution.output import Output


def relevance(layers: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """(query, key): R = I, then R += mean over heads of (gradient · weights)⁺ times R.

    layers  (weights, gradient), each (head, query, key), the first one first

    Source: Chefer, Gur & Wolf 2021, section 3.1, eq. 5 and 6.
    """
    total: Tensor | None = None
    for weights, gradient in layers:
        if total is None:
            total = torch.eye(weights.shape[-1], dtype=weights.dtype, device=weights.device)
        total = total + (weights * gradient).clamp_min(0).mean(0) @ total
    if total is None:
        raise ShapeError("Relevance needs at least one layer.")
    return total


def _attribute(output: Output, _knobs: Knobs) -> Found:
    made = relevance(gradients(output, within=True))
    passed = made - torch.eye(len(made), dtype=made.dtype, device=made.device)
    return Found((output.reads.to(made) @ passed).double().cpu())


METHOD = Method(
    "relevance",
    N_("Relevance"),
    "Chefer, Gur & Wolf 2021, https://arxiv.org/abs/2103.15679, section 3.1, eq. 5 and 6",
    r"R \leftarrow R + \mathbb E_h\big[(\nabla A^h \odot A^h)^+\big] R,\quad R_0 = I",
    N_(
        "It sees weights and their gradients in all layers, and leaves out whatever speaks against "
        "the output. A token's own way past the attention is not counted."
    ),
    ("weights", "gradient"),
    lambda _tokens, _steps: Passes(1, 1),
    _attribute,
    60,
)

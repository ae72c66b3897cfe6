"""Attention × gradient: what the output would gain if all the looks at a token grew alike.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted()).scores.tolist()
[0.25, 1.5]
"""

from __future__ import annotations

import torch

from attention_core.marking import N_
from attention_core.numbers.attribution.method import (
    Found,
    Knobs,
    Method,
    Passes,
    gradients,
    heads,
)
from attention_core.numbers.attribution.output import Output


def _attribute(output: Output, knobs: Knobs) -> Found:
    found = [
        heads(weights * gradient, knobs).sum((0, 1))
        for weights, gradient in gradients(output, knobs)
    ]
    return Found(torch.stack(found).sum(0).double().cpu())


METHOD = Method(
    "attention-gradient",
    N_("Attention × gradient"),
    "Serrano & Smith 2019, https://arxiv.org/abs/1906.03731, section 3.2, for all heads and places",
    r"s_j = \sum_{l,h,i} A^{l,h}_{ij}\, \frac{\partial F}{\partial A^{l,h}_{ij}}",
    N_(
        "It sees how the output answers to a very small change of the weights as they are; values "
        "and everything else are held constant."
    ),
    ("weights", "gradient"),
    lambda _tokens, _knobs: Passes(1, 1),
    _attribute,
    50,
    signed=True,
    knobs=("layer", "head"),
)

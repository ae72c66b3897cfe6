"""Raw attention: where the places that the output is read from look.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted()).scores.tolist()
[0.25, 0.75]
"""

from __future__ import annotations

from attention_core.marking import N_
from attention_core.numbers.attribution.method import (
    Found,
    Knobs,
    Method,
    Passes,
    heads,
    layers,
    mean,
    read,
)
from attention_core.numbers.attribution.output import Output


def _attribute(output: Output, knobs: Knobs) -> Found:
    looked = [heads(layer.weights, knobs).mean(0) for layer in layers(output, knobs)]
    return read(output, mean(looked))


METHOD = Method(
    "attention",
    N_("Attention"),
    "Bahdanau, Cho & Bengio 2015, https://arxiv.org/abs/1409.0473, section 3.1",
    r"s_j = \frac{1}{LH} \sum_{l,h} A^{l,h}_{ij}",
    N_(
        "It sees weights only: neither what is fetched with them, nor what the residual connection "
        "and the layers above make of it. It is the same for every output that is read there."
    ),
    ("weights",),
    lambda _tokens, _knobs: Passes(1),
    _attribute,
    10,
    knobs=("layer", "head"),
)

"""Attention rollout of the places that the output is read from.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted()).scores.tolist()
[0.125, 0.875]
"""

from __future__ import annotations

from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes, layers, read
from attention_core.numbers.attribution.output import Output
from attention_core.numbers.rollout import rollout


def _attribute(output: Output, _knobs: Knobs) -> Found:
    return read(output, rollout(layer.weights for layer in layers(output, within=True)))


METHOD = Method(
    "rollout",
    N_("Rollout"),
    "Abnar & Zuidema 2020, https://arxiv.org/abs/2005.00928, section 3, eq. 1",
    r"\tilde A = \hat A^L \cdots \hat A^1,\quad \hat A^l = \tfrac12 \bar A^l + \tfrac12 I",
    N_(
        "It sees the weights of all layers and takes half of every token to pass by them. It holds "
        "constant what is fetched: each value counts the same, and no layer turns anything round."
    ),
    ("weights",),
    lambda _tokens, _knobs: Passes(1),
    _attribute,
    20,
)

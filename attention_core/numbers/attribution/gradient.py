"""Gradient × input: how steeply the output rises in the direction of each token's vector.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted()).scores.tolist()
[0.25, 1.5]
"""

from __future__ import annotations

from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes
from attention_core.numbers.attribution.output import Output


def _attribute(output: Output, _knobs: Knobs) -> Found:
    return Found((output.given * output.gradient()).sum(-1).double().cpu())


METHOD = Method(
    "gradient",
    N_("Gradient × input"),
    "Shrikumar et al. 2016, https://arxiv.org/abs/1605.01713, section 3",
    r"s_j = \sum_d x_{jd}\, \frac{\partial F}{\partial x_{jd}}",
    N_(
        "It sees the whole model, as if it were a straight line at this very text: where the curve "
        "is flat, a word that matters gets nothing."
    ),
    ("gradient", "model"),
    lambda _tokens, _knobs: Passes(1, 1),
    _attribute,
    70,
    signed=True,
)

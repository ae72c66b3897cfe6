"""Leave one out: each token is really taken away, and the output is looked at again.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted()).scores.tolist()
[0.25, 1.5]
"""

from __future__ import annotations

from typing import Final

import torch

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes
from attention_core.numbers.attribution.output import Output

MOST: Final = 256
"""Tokens: the time grows with their square, and more than that."""


def _attribute(output: Output, _knobs: Knobs) -> Found:
    if len(output.given) > MOST:
        raise AttentionError(
            "To leave out each of {tokens} tokens takes too long; it is done for at most {most}. "
            "Take a shorter text, or a picture that is less long.",
            tokens=len(output.given),
            most=MOST,
        )
    scores = torch.zeros(len(output.given), dtype=torch.float64)
    places = output.own.nonzero().flatten().tolist()
    scores[places] = output.value - output.without([[place] for place in places])
    return Found(scores)


METHOD = Method(
    "leave-one-out",
    N_("Leave one out"),
    "Li, Monroe & Jurafsky 2016, https://arxiv.org/abs/1612.08220, section 3",
    r"s_j = F(x) - F(x_{\setminus j})",
    N_(
        "It sees the whole model and what really happens when one token is replaced by the "
        "baseline. Two words that say the same hide each other: either can be missed alone."
    ),
    ("model",),
    lambda tokens, _knobs: Passes(tokens + 1),
    _attribute,
    90,
    signed=True,
)

"""Leave groups out: tokens that go together are taken away together.

>>> from attention_core.numbers.attribution.planted import planted
>>> METHOD.of(planted(), Knobs(groups=((0, 1),))).scores.tolist()
[1.75, 1.75]
"""

from __future__ import annotations

import torch

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.numbers.attribution.groups import parted
from attention_core.numbers.attribution.leave_one_out import MOST
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes
from attention_core.numbers.attribution.output import Output


def _attribute(output: Output, knobs: Knobs) -> Found:
    groups = parted(output, knobs.groups)
    if all(len(group) == 1 for group in groups):
        raise AttentionError(
            "Every group is one token here, so this is what leaving one out shows; choose what "
            "goes together."
        )
    if len(groups) > MOST:
        raise AttentionError(
            "To leave out each of {tokens} tokens takes too long; it is done for at most {most}. "
            "Take a shorter text, or a picture that is less long.",
            tokens=len(groups),
            most=MOST,
        )
    scores = torch.zeros(len(output.given), dtype=torch.float64)
    for group, without in zip(groups, output.without(groups).tolist(), strict=True):
        scores[list(group)] = output.value - without
    return Found(scores)


METHOD = Method(
    "leave-group-out",
    N_("Leave groups out"),
    "Zeiler & Fergus 2014, https://arxiv.org/abs/1311.2901, section 4.2, for groups of tokens",
    r"s_j = F(x) - F(x_{\setminus G}),\quad j \in G",
    N_(
        "It sees the whole model and what happens when tokens that go together are replaced at "
        "once, so words that say the same cannot hide each other. Each token shows what its whole "
        "group is worth; which words go together is your choice."
    ),
    ("model",),
    lambda tokens, knobs: Passes((len(knobs.groups) or tokens) + 1),
    _attribute,
    92,
    signed=True,
    knobs=("groups",),
)

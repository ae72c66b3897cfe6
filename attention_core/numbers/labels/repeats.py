"""Heads that find what was said before, read off tokens by chance that are said several times.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a b c a b c")
>>> weights = torch.zeros(1, 6, 6)
>>> weights[0, [3, 4, 5], [1, 2, 3]] = 1  # each looks at what came after it the first time
>>> {label.name: label.heads(Read(weights, axis, axis)).tolist() for label in LABELS}
{'duplicate': [0.0], 'occurrence': [nan], 'induction': [1.0]}

Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits", and Olsson et al.
2022, "In-context Learning and Induction Heads", https://arxiv.org/abs/2209.11895, appendix on
induction heads: repeated sequences of random tokens; Wang et al. 2022,
https://arxiv.org/abs/2211.00593, section 3, for duplicate-token heads.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from attention_core.marking import N_
from attention_core.numbers.labels.label import Label, same_before, share
from attention_core.numbers.measures.measure import Read

LEAST: Final = 0.4


def _duplicate(read: Read) -> Tensor:
    return share(read, same_before(read))


def _occurrence(read: Read) -> Tensor:
    """The last of several earlier places; NaN where no token has several."""
    before = same_before(read)
    asked = before.sum(-1) > 1
    last = torch.zeros_like(before)
    rows = asked.nonzero()[:, 0]
    last[rows, [int(before[row].nonzero().max()) for row in rows]] = True
    return share(read, last)


def _induction(read: Read) -> Tensor:
    """The place after an earlier one of the same token; never the token itself."""
    after = same_before(read).roll(1, 1)
    after[:, 0] = False
    return share(read, after.tril(-1))


LABELS = (
    Label(
        "duplicate", N_("duplicate token"),
        N_("On tokens by chance, said three times, at least 0.4 goes to the same token before."),
        110, _duplicate, least=LEAST, repeats=True,
    ),
    Label(
        "occurrence", N_("previous occurrence"),
        N_("On tokens by chance, said three times, at least 0.4 goes to the last same token."),
        120, _occurrence, least=LEAST, repeats=True,
    ),
    Label(
        "induction", N_("induction"),
        N_("On tokens by chance, said three times, at least 0.4 goes to what came after the same "
           "token before."),
        130, _induction, least=LEAST, repeats=True,
    ),
)  # fmt: skip

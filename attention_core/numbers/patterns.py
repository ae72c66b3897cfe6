"""Which head does this: how much of a head's attention lies where one asks.

What is asked is a pattern: a set of pairs, who looks and at what. A head's score is the share of
attention that lies on these pairs, averaged over the words that have one.

>>> weights = torch.tensor([[[1.0, 0.0, 0.0], [0.7, 0.3, 0.0], [0.1, 0.6, 0.3]]])
>>> before = PATTERNS["previous"].pairs(["the", "old", "cat"])
>>> before.int().tolist()
[[0, 0, 0], [1, 0, 0], [0, 1, 0]]
>>> [round(float(score), 2) for score in on(weights, before)]
[0.65]
>>> round(even(torch.ones(3, 3).tril().bool(), before), 2)
0.42
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.numbers.counterfactual import jensen_shannon

ENDS: Final = frozenset(".!?…。！？")
"""Marks that end a sentence."""


@dataclass(frozen=True)
class Pattern:
    """A habit that a head may have within one text.

    title  marked for translation
    pairs  from the words of a text to (query, key), bool
    """

    title: str
    pairs: Callable[[Sequence[str]], Tensor]


def between(rows: Sequence[int], columns: Sequence[int], shape: tuple[int, int]) -> Tensor:
    """(query, key), bool: from each of some words to each of some others.

    Raises ShapeError where there is no such word.
    """
    if not set(rows) <= set(range(shape[0])) or not set(columns) <= set(range(shape[1])):
        raise ShapeError("A word is asked for that the text has not; choose the words again.")
    wanted = torch.zeros(shape, dtype=torch.bool)
    for row in rows:
        wanted[row, list(columns)] = True
    return wanted


def on(weights: Tensor, wanted: Tensor) -> Tensor:
    """(head,), 0 to 1: the mean share of attention on wanted pairs, over the queries with any.

    weights  (head, query, key)
    wanted   (query, key), bool
    returns  NaN where no query has any
    """
    asked = wanted.any(-1)
    if not bool(asked.any()):
        return torch.full((len(weights),), torch.nan)
    return (weights[:, asked] * wanted[asked]).sum(-1).mean(-1)


def even(allowed: Tensor, wanted: Tensor) -> float:
    """The score of a head that looks evenly at all it may look at: what is there by chance.

    allowed, wanted  (query, key), bool
    """
    may = allowed | wanted
    rows = may.float() / may.sum(-1, keepdim=True).clamp_min(1)
    return float(on(rows[None], wanted)[0])


def likeness(weights: Tensor, model: Tensor) -> Tensor:
    """(head,), 0 to 1: how alike heads look to a given one, 1 − their mean Jensen–Shannon
    divergence in bits.

    weights  (head, query, key), rows that sum to 1
    model    (query, key), of the head that the others are compared with

    Source: Lin 1991, equation 4.1 with equal weights.
    """
    return 1 - jensen_shannon(weights, model).mean(-1) / math.log(2)


def _offset(words: Sequence[str], by: int) -> Tensor:
    place = torch.arange(len(words))
    return place - place[:, None] == by


def elsewhere(words: Sequence[str]) -> Tensor:
    """(query, key), bool: the word itself at other places, without regard to capitals."""
    first = dict[str, int]()
    numbers = torch.tensor([first.setdefault(word.casefold(), len(first)) for word in words])
    return (numbers[:, None] == numbers) & ~torch.eye(len(words), dtype=torch.bool)


def _after_same(words: Sequence[str]) -> Tensor:
    """The word that followed it earlier (Olsson et al. 2022, induction)."""
    wanted = torch.zeros(len(words), len(words), dtype=torch.bool)
    wanted[:, 1:] = elsewhere(words).tril(-1)[:, :-1]
    return wanted.tril(-1)


def _first(words: Sequence[str]) -> Tensor:
    wanted = torch.zeros(len(words), len(words), dtype=torch.bool)
    wanted[:, :1] = True
    return wanted


def _sentence(words: Sequence[str]) -> Tensor:
    """Words of the same sentence, itself included; nothing where the text has only one."""
    number, numbers = 0, list[int]()
    for word in words:
        numbers.append(number)
        number += word in ENDS
    if not numbers or numbers[-1] == 0:
        return torch.zeros(len(words), len(words), dtype=torch.bool)
    at = torch.tensor(numbers)
    return at[:, None] == at


PATTERNS: Final = {
    "previous": Pattern(N_("the word before"), lambda words: _offset(words, -1)),
    "next": Pattern(N_("the word after"), lambda words: _offset(words, 1)),
    "itself": Pattern(N_("itself"), lambda words: torch.eye(len(words), dtype=torch.bool)),
    "first": Pattern(N_("the first token"), _first),
    "same": Pattern(N_("the same word elsewhere"), elsewhere),
    "after_same": Pattern(N_("what followed the same word before"), _after_same),
    "sentence": Pattern(N_("words of its own sentence"), _sentence),
}
"""Habits by their names."""

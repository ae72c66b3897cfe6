"""Attention between the words of a tree, out of attention between a model's tokens.

>>> from attention_core.axes.tokens import Token, TextAxis
>>> from attention_core.numbers.syntax.tree import ROOT, spaced
>>> tree = spaced(["dogs", "bark"], [1, ROOT], ["nsubj", "root"])
>>> tokens = Token("dog", 0, 3), Token("s", 3, 4), Token("bark", 5, 9)
>>> pieces(tree, TextAxis("text", "dogs bark", tokens))
((0, 1), (2,))
>>> weights = torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.0, 0.75], [0.5, 0.5, 0.0]])
>>> between(weights, ((0, 1), (2,))).tolist()
[[0.5, 0.5], [1.0, 0.0]]

Source: Clark et al. 2019, section 4.1, https://arxiv.org/abs/1906.04341: attention to a word that
was split is the sum over its tokens, attention from it the mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from attention_core.axes.merging import merge_keys, merge_queries
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError
from attention_core.numbers.syntax.tree import Tree

Groups = Sequence[Sequence[int]]


def pieces(tree: Tree, axis: TextAxis) -> tuple[tuple[int, ...], ...]:
    """For each word the places of its tokens; none where the model has no token of its own for it.

    A token belongs to the word in which its first visible character stands, so one that reaches
    over two words belongs to the first. Words of the same span have the same tokens.

    Raises TextError when the axis is along another text.
    """
    if axis.text != tree.text:
        raise TextError("The model has read another text than that of the tree; give it that one.")
    unit_at = {
        place: tree.units[word]
        for word, (start, end) in enumerate(tree.spans)
        for place in range(start, end)
    }
    found: dict[int, list[int]] = {}
    for position, token in enumerate(axis.tokens):
        unit = None if token.special else unit_at.get(_begins(tree.text, token))
        if unit is not None:
            found.setdefault(unit, []).append(position)
    return tuple(tuple(found.get(unit, ())) for unit in tree.units)


def _begins(text: str, token: Token) -> int:
    """Where the token's first visible character stands: ``Ġthe`` starts at its t."""
    inside = range(token.start, token.end)
    return next((place for place in inside if not text[place].isspace()), -1)


def between(weights: Tensor, groups: Groups) -> Tensor:
    """Words instead of tokens: added over what is looked at, averaged over what looks.

    weights  (..., query, key)
    returns  (..., word, word); what falls on [CLS] and its like is left out
    """
    return merge_queries(merge_keys(weights, groups), groups)


def others(words: Tensor, units: Sequence[int]) -> Tensor:
    """Attention to other words: 0 from a word to itself, and within a contraction.

    words  (..., word, word)
    """
    number = torch.tensor(units)
    return words.masked_fill(number[:, None] == number, 0.0)

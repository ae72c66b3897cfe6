"""Heads that are called by what they look at.

>>> from attention_core.axes.tokens import spaced
>>> axis = spaced("a , a b")
>>> read = Read(torch.full((1, 4, 4), 0.25), axis, axis)
>>> {label.name: label.heads(read).tolist() for label in LABELS if label.name != "own_word"}
{'first': [0.25], 'separator': [nan], 'punctuation': [0.25], 'same': [0.25]}
"""

from __future__ import annotations

import unicodedata

import torch
from torch import Tensor

from attention_core.axes.axis import Item
from attention_core.axes.tokens import TextAxis
from attention_core.marking import N_
from attention_core.numbers.labels.label import Label, same, share
from attention_core.numbers.measures.measure import Read


def _everywhere(read: Read, keys: Tensor) -> Tensor:
    """(head,): the share on some keys, whoever looks. keys (key,), bool"""
    return share(read, keys.expand(len(read.queries), -1))


def _first(read: Read) -> Tensor:
    if read.crosses:
        return read.nothing()
    return _everywhere(read, torch.arange(len(read.keys)) == 0)


def _separator(read: Read) -> Tensor:
    """Special tokens but the first place, which is the sink's."""
    special = torch.tensor([one.special for one in read.keys.tokens])
    return _everywhere(read, special & (torch.arange(len(read.keys)) > 0))


def _punctuation(read: Read) -> Tensor:
    return _everywhere(read, torch.tensor([_marks(one) for one in read.keys.tokens]))


def _marks(token: Item) -> bool:
    text = token.text.strip()
    return (
        bool(text)
        and not token.special
        and all(unicodedata.category(letter).startswith("P") for letter in text)
    )


def _same(read: Read) -> Tensor:
    return share(read, same(read))


def _own_word(read: Read) -> Tensor:
    """Other pieces of a word that was split."""
    if read.crosses or not isinstance(read.queries, TextAxis):
        return read.nothing()
    wanted = torch.zeros(len(read.queries), len(read.keys), dtype=torch.bool)
    for group in read.queries.groups:
        if len(group) > 1:
            places = torch.tensor(group)
            wanted[places[:, None], places] = True
    return share(read, wanted & ~torch.eye(*wanted.shape, dtype=torch.bool))


LABELS = (
    Label(
        "first", N_("first token"),
        N_("At least half of its attention goes to the first token: a place to look at nothing."),
        50, _first,
    ),
    Label(
        "separator", N_("separator"),
        N_("At least half goes to tokens that the model added after the first, such as [SEP]."),
        60, _separator,
    ),
    Label(
        "punctuation", N_("punctuation"),
        N_("At least half of its attention goes to punctuation marks."),
        70, _punctuation,
    ),
    Label(
        "same", N_("same token"),
        N_("Where a token stands elsewhere too, at least three tenths go to those places."),
        80, _same, least=0.3,
    ),
    Label(
        "own_word", N_("own word"),
        N_("A piece of a split word gives at least half to the word's other pieces."),
        90, _own_word,
    ),
)  # fmt: skip

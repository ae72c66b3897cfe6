"""The trained head whose queries, keys and values every mechanism is given.

>>> sentence = words("I see a cat.")
>>> sentence.query.shape == sentence.key.shape
True
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, cast

import torch
from torch import Tensor

from attention_core.axes.tokens import TextAxis
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.mechanism import split
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.transformer import Transformer

TEACHER: Final = "transformer-en-fr"
HEAD: Final = 7
"""Counted from 0, in the first encoder layer: articles and adjectives look at their noun."""


@dataclass(frozen=True)
class Words:
    """A sentence as the head sees it.

    query, key, value  (token, d), single precision
    """

    axis: TextAxis
    query: Tensor
    key: Tensor
    value: Tensor


@cache
def reader() -> TranslatorReader:
    """The translator that the head belongs to, the one that all pages share."""
    return load_translator(TEACHER)


def words(text: str, cut: bool = False) -> Words:
    """A sentence's pieces and their queries, keys and values.

    Raises TextError when there is nothing to read or more than the translator reads.
    """
    axis, pieces = reader().source_pieces(text, cut)
    query, key, value = projected(torch.tensor([pieces]))
    return Words(axis, query[0], key[0], value[0])


@torch.inference_mode()
def projected(pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of the head, each (batch, token, d).

    pieces  (batch, token), of one length
    """
    network = cast(Transformer, reader().network)
    attention = cast(MultiHead, network.sites["encoder.0"])
    seen = network.seen(pieces)
    query, key, value = (
        split(layer(seen), attention.heads)[..., HEAD, :, :]
        for layer in (
            attention.query_projection, attention.key_projection, attention.value_projection,
        )
    )  # fmt: skip
    return query, key, value

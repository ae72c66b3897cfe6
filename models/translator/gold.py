"""How well attention agrees with word alignments that people made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attention_core.alignment import (
    Gold,
    Link,
    crossing,
    diagonal_links,
    error_rate,
    strongest_links,
)
from attention_core.errors import TextError
from attention_core.tokens import Axis, Token
from models.translator.reader import TranslatorReader
from models.translator.vocabulary import normalised

Matrix = NDArray[np.float32]
SHIFTS = (-1, 0, 1)
"""Decoding steps: 1 takes a word's look from the step after it was written."""


@dataclass(frozen=True)
class Aligned:
    """A sentence pair and the links that people set between its words."""

    source: str
    target: str
    source_words: tuple[str, ...]
    target_words: tuple[str, ...]
    links: Gold


@dataclass(frozen=True)
class Agreement:
    """Figures from 0 to 1: the error rate of all links, the recall of sure links that cross."""

    error_rate: float
    crossing_recall: float


def read(path: Path) -> list[Aligned]:
    """One JSON object a line: src, tgt, raw (both texts), sure and possible [src, tgt] from 0."""
    with path.open(encoding="utf-8") as lines:
        return [_aligned(json.loads(line)) for line in lines if line.strip()]


def _aligned(row: dict[str, list[str]]) -> Aligned:
    source, target = row["raw"]
    sure, possible = (frozenset(Link(*pair) for pair in row[kind]) for kind in ("sure", "possible"))
    return Aligned(source, target, tuple(row["src"]), tuple(row["tgt"]), Gold(sure, possible))


def agreements(reader: TranslatorReader, pairs: list[Aligned]) -> dict[str, Agreement]:
    """Forced decoding of each target: the agreement at every shift, and of the diagonal."""
    looks = [word_weights(reader, pair) for pair in pairs]
    found = {f"shift {shift}": [strongest_links(look[shift]) for look in looks] for shift in SHIFTS}
    found["diagonal"] = [
        diagonal_links(len(pair.source_words), len(pair.target_words)) for pair in pairs
    ]
    return {name: agreement(links, pairs) for name, links in found.items()}


def agreement(found: list[list[Link]], pairs: list[Aligned]) -> Agreement:
    crossed = [crossing(pair.links.sure) for pair in pairs]
    hits = sum(len(gold & set(links)) for gold, links in zip(crossed, found, strict=True))
    gold = [pair.links for pair in pairs]
    return Agreement(
        error_rate(zip(found, gold, strict=True)), hits / max(1, sum(map(len, crossed)))
    )


def word_weights(reader: TranslatorReader, pair: Aligned) -> dict[int, Matrix]:
    """For each shift (target word, source word): added over keys, averaged over queries."""
    site = reader.align(pair.source, pair.target).site
    rows, columns = places(site.queries, pair.target_words), places(site.keys, pair.source_words)
    pieces = site.weights()[0].numpy()
    return {shift: _merged(_shifted(pieces, shift), rows, columns) for shift in SHIFTS}


def _shifted(weights: Matrix, shift: int) -> Matrix:
    """(piece, key): each piece with the look of `shift` steps later, the ends standing still."""
    steps = np.clip(np.arange(len(weights)) + shift, 0, len(weights) - 1)
    return weights[steps]


def _merged(weights: Matrix, rows: list[list[int]], columns: list[list[int]]) -> Matrix:
    return np.array(
        [[weights[np.ix_(row, column)].sum(1).mean() for column in columns] for row in rows],
        dtype=np.float32,
    )


def places(axis: Axis, words: tuple[str, ...]) -> list[list[int]]:
    """For each word the positions of the tokens that share characters with it.

    Raises TextError when a word is not in the text, in this order.
    """
    text, found, start = normalised(axis.text), list[list[int]](), 0
    for word in words:
        start = text.find(normalised(word), start)
        if start < 0:
            raise TextError(
                "The word “{word}” is not in “{text}” where its alignment needs it; "
                "correct the gold file.",
                word=word,
                text=axis.text,
            )
        end = start + len(word)
        found.append([place for place, token in enumerate(axis.tokens) if _in(token, start, end)])
        start = end
    return found


def _in(token: Token, start: int, end: int) -> bool:
    """Whether a token shares characters with a word; a lone space belongs to the word it leads."""
    return token.start == start or (token.start < end and token.end > start)

"""Attention that another program computed: checked when it comes in, and made a record.

>>> found = imported(["the", "cat"], ["le", "chat"], np.array([[0.9, 0.1], [0.2, 0.8]]))
>>> record(found).site("cross.0").keys.text
'the cat'
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from attention_core.axes.text import visible
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError
from attention_core.files.judging import remarks
from attention_core.files.pieces import SPECIAL, pieces
from attention_core.watching.place import Place
from attention_core.watching.record import AttentionRecord, Integrity, Note, Site, Stored

Matrix = NDArray[np.float32]

END: Final = "</s>"
"""The name given to the end of a sentence where a file has weights for it but no word."""
MOST_BYTES: Final = 20_000_000
"""Of one file."""
MOST_SENTENCES: Final = 10_000
"""Of one file."""
MOST_CELLS: Final = 4_000_000
"""Of one sentence: 2,000 × 2,000 words, or 48 heads of 288 × 288."""
MOST_TOKENS: Final = 5_000
"""Of one side of a sentence."""
MOST_OF_LINE: Final = 200_000
"""Characters of one row of words or weights."""
MOST_LETTERS: Final = 1_000
"""Of one word; longer ones come from files that were cut in the wrong places."""


@dataclass(frozen=True)
class Imported:
    """A sentence and its translation as some program cut them, and where it looked meanwhile.

    source, target  tokens, with the marks of their tokenizer, as `pieces` knows them
    weights         (head, target, source), float32, finite, none below 0
    number          the sentence's place in its file, from 1
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: Matrix
    number: int = 1
    notes: tuple[Note, ...] = ()


def imported(
    source: Sequence[str],
    target: Sequence[str],
    weights: NDArray[np.floating],
    number: int = 1,
    notes: Sequence[Note] = (),
) -> Imported:
    """One sentence, if its tokens and weights fit together and are what attention can be.

    weights  (target, source) or (head, target, source)

    Rows that do not sum to 1 (or 0) are kept, with a note. Raises TextError for anything else.
    """
    _check_tokens(source, target, number)
    weights = by_head(weights)
    if weights.shape[1:] != (len(target), len(source)):
        raise TextError(
            "Sentence {number} has {targets} target tokens and {sources} source tokens, but its "
            "weights are {rows} × {columns}; each token needs one row or column.",
            number=number, targets=len(target), sources=len(source),
            rows=weights.shape[1], columns=weights.shape[2],
        )  # fmt: skip
    check_size(weights.size, number)
    with np.errstate(over="ignore"):
        weights = weights.astype(np.float32)
    _check_weights(weights, number)
    notes = (*notes, *remarks(weights, number))
    return Imported(_encodable(source), _encodable(target), weights, number, notes)


def by_head(weights: NDArray[Any]) -> NDArray[Any]:
    """Weights of 2 to 4 dimensions as (layer and head, target, source).

    Raises TextError where a dimension has no place at all.
    """
    if not weights.size:
        raise TextError(
            "The weights have the shape {shape}; each dimension needs at least one place.",
            shape=list(weights.shape),
        )
    return weights.reshape(-1, *weights.shape[-2:])


def _encodable(tokens: Sequence[str]) -> tuple[str, ...]:
    """Tokens without what no file or page can hold: halves of characters."""
    return tuple(token.encode("utf-8", "replace").decode() for token in tokens)


def _check_tokens(source: Sequence[str], target: Sequence[str], number: int) -> None:
    if not source or not target:
        raise TextError(
            "Sentence {number} has {sources} source tokens and {targets} target tokens; there "
            "must be at least one of each.",
            number=number, sources=len(source), targets=len(target),
        )  # fmt: skip
    if max(len(source), len(target)) > MOST_TOKENS:
        raise TextError(
            "Sentence {number} has {sources} source tokens and {targets} target tokens; at most "
            "{most} on a side can be shown.",
            number=number, sources=len(source), targets=len(target), most=MOST_TOKENS,
        )  # fmt: skip
    if max(map(len, (*source, *target))) > MOST_LETTERS:
        raise TextError(
            "Sentence {number} has a token of more than {most} characters; the file seems to be "
            "in another format.",
            number=number, most=MOST_LETTERS,
        )  # fmt: skip


def check_line(row: str, line: int) -> None:
    """Raises TextError where a line is longer than the words or the weights of one row can be."""
    if len(row) > MOST_OF_LINE:
        raise TextError(
            "Line {line} has {letters:,} characters; a row of words or weights has at most "
            "{most:,}. The file seems to be in another format.",
            line=line, letters=len(row), most=MOST_OF_LINE,
        )  # fmt: skip


def check_size(cells: int, number: int) -> None:
    """Raises TextError where one sentence has more weights than can be shown."""
    if cells > MOST_CELLS:
        raise TextError(
            "Sentence {number} has {cells} weights; at most {most} can be shown. Take a shorter "
            "sentence or fewer heads.",
            number=number, cells=cells, most=MOST_CELLS,
        )  # fmt: skip


def _check_weights(weights: Matrix, number: int) -> None:
    wrong = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        _, row, column = map(int, wrong[0])
        raise TextError(
            "Sentence {number} has the weight {found} in row {row}, column {column}, counted from "
            "1; attention weights are numbers from 0 up.",
            number=number, found=str(weights[tuple(wrong[0])]), row=row + 1, column=column + 1,
        )  # fmt: skip


def turned(found: Imported) -> Imported:
    """The sentence with its rows as columns: what was the source is the target, and back."""
    weights = found.weights.transpose(0, 2, 1)
    return imported(found.target, found.source, weights, found.number)


def record(found: Imported, model: str = "imported") -> AttentionRecord:
    """The sentence as a record of one cross-attention site, drawn like any other.

    Nothing can be recomputed, so the site is never verified; its rows say how far they are from 1.
    """
    source, target = axis("source", found.source), axis("target", found.target)
    sums = found.weights.sum(-1)
    off = float(np.where(sums > 0, np.abs(sums - 1), 0).max())
    site = Site(
        (Place.of_kind("cross", 0),), len(found.weights), target, source,
        Stored(torch.from_numpy(found.weights)), Integrity(off, None),
    )  # fmt: skip
    return AttentionRecord(model, (site,), (source, target), found.notes)


def axis(name: str, tokens: Sequence[str]) -> TextAxis:
    """The text that tokens spell, and where in it each of them stands.

    Tokens are words with a space between, unless the marks of a tokenizer say where spaces are
    (`pieces`). A token that ends within a character is named by its bytes.
    """
    text, made = "", list[Token]()
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    for token, piece in zip(tokens, pieces(tokens), strict=True):
        if SPECIAL.fullmatch(token):
            made.append(Token(token, len(text), len(text), special=True, piece=token))
            continue
        text += "" if piece.joined or not text else " "
        spelt = decoder.decode(piece.spelt)
        blank = not piece.spelt and text.endswith(" ")
        shown = spelt or "".join(f"⟨{byte:02X}⟩" for byte in piece.spelt) or " "
        made.append(Token(visible(shown), len(text) - blank, len(text) + len(spelt), piece=token))
        text += spelt
    return TextAxis(name, text, tuple(made))

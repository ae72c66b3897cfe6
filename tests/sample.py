"""Small texts and sites made by hand, for tests that need something to look at."""

from __future__ import annotations

import torch

from attention_core.axes.tokens import TextAxis, Token
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, Site, Stored

Matrix = list[list[float]]


def axis(pieces: str, language: str = "", name: str = "text") -> TextAxis:
    """An axis from WordPiece-like pieces: `[CLS] un ##believ ##able cats [SEP] dogs [SEP]`.

    Pieces in brackets are special; what follows the first [SEP] is the second text of a pair.
    """
    text, tokens, segment = "", list[Token](), 0
    for piece in pieces.split():
        special = piece.startswith("[") and piece.endswith("]")
        if text and not special and not piece.startswith("##"):
            text += " "
        start = len(text)
        text += "" if special else piece.removeprefix("##")
        shown = piece if special else text[start:]
        tokens.append(Token(shown, start, len(text), special, segment, piece))
        segment += piece == "[SEP]"
    return TextAxis(name, text, tuple(tokens), language)


def site(
    heads: list[Matrix],
    queries: TextAxis,
    keys: TextAxis | None = None,
    allowed: list[list[bool]] | None = None,
    kind: str = "encoder",
) -> Site:
    """A site with these weights, (head, query, key)."""
    mask = None if allowed is None else torch.tensor(allowed)
    return Site(
        (Place.of_kind(kind, 0),), len(heads), queries, queries if keys is None else keys,
        Stored(torch.tensor(heads), mask), Integrity(0.0, 0.0),
    )  # fmt: skip

"""Attention written by other programs, made into records that every page can draw.

>>> data = b",the,cat\\nle,0.9,0.1\\n"
>>> (found,) = read(data, recognised(data).name)
>>> record(found).sites[0].weights().shape
torch.Size([1, 1, 2])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from attention_core.errors import AttentionError, TextError, TooLong
from attention_core.files import registry
from attention_core.files.imported import (
    MOST_BYTES,
    MOST_SENTENCES,
    Imported,
    axis,
    imported,
    record,
    turned,
)
from attention_core.files.registry import recognised

MOST_WEIGHTS: Final = 10_000_000
"""Of one file: 40 MB in memory."""


def read(data: bytes, form: str, sources: str = "", cut: bool = False) -> list[Imported]:
    """Every sentence of a file with its attention; `form` may come from `recognised`.

    sources  the sentences that were translated, a line each, for formats that lack them
    cut      True reads the first sentences of a file with too many

    Raises TextError, with the line or the sentence, for whatever is not as the format needs it,
    TooLong where there are more than MOST_SENTENCES and nobody agreed to a part.
    """
    if max(len(data), len(sources)) > MOST_BYTES:
        raise TextError(
            "This file has {size} MB; at most {most} MB can be read. Take a part of it.",
            size=max(len(data), len(sources)) // 1_000_000, most=MOST_BYTES // 1_000_000,
        )  # fmt: skip
    found, weights = list[Imported](), 0
    for sentence in _reader(form)(data, sources):
        if len(found) == MOST_SENTENCES:
            if cut:
                break
            raise TooLong(
                "This file has more than {most:,} sentences, which is the most that is read at a "
                "time. Split it, or read only its beginning.",
                most=MOST_SENTENCES,
            )
        weights += sentence.weights.size
        if weights > MOST_WEIGHTS:
            raise TextError(
                "The first {sentences} sentences of this file have {weights} weights; at most "
                "{most} can be held. Take a part of the file.",
                sentences=sentence.number, weights=weights, most=MOST_WEIGHTS,
            )  # fmt: skip
        found.append(sentence)
    if not found:
        raise TextError("There is no attention in this file; choose its format, or another file.")
    return found


def _reader(form: str) -> Callable[[bytes, str], Iterator[Imported]]:
    found = registry.attention().get(form)
    if found is None or found.read is None:
        known = (name for name, one in registry.attention().items() if one.read is not None)
        raise AttentionError(
            "“{form}” is no format that attention is read from; there are {known}.",
            form=form, known=", ".join(known),
        )  # fmt: skip
    return found.read


__all__ = ["MOST_BYTES", "MOST_SENTENCES", "MOST_WEIGHTS", "Imported", "axis", "imported", "read",
           "recognised", "record", "turned"]  # fmt: skip

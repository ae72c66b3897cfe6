"""Numbers and rows as text files hold them, checked while they are read.

>>> numbers(["0.25", "1"], line=1).tolist()
[0.25, 1.0]
>>> named(["the", "cat"], count=3, number=1)
['the', 'cat', '</s>']
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import TextError
from attention_core.files.imported import END


def numbers(cells: Sequence[str], line: int) -> NDArray[np.float64]:
    """Raises TextError where a cell holds no number."""
    made = np.zeros(len(cells))
    for place, cell in enumerate(cells):
        try:
            made[place] = float(cell)
        except ValueError as fault:
            raise TextError(
                "Line {line} has “{found}” where a weight should stand; weights are numbers such "
                "as 0.25.",
                line=line, found=cell[:40],
            ) from fault  # fmt: skip
    return made


def named(words: Sequence[str], count: int, number: int) -> list[str]:
    """The words with the end of the sentence where the weights have one more place than words."""
    if count not in (len(words), len(words) + 1):
        raise TextError(
            "Sentence {number} has {words} words but weights for {places}; there must be one "
            "place for each word, and perhaps one for the end. Keep the sub-words in the output "
            "(Marian: --no-spm-decode; fairseq: no --remove-bpe) and give the source as the "
            "program read it.",
            number=number, words=len(words), places=count,
        )  # fmt: skip
    return [*words, END][:count]


def stacked(rows: Sequence[NDArray[np.float64]], number: int) -> NDArray[np.float64]:
    """Rows of equal length as one matrix (target, source)."""
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise TextError(
            "Sentence {number} has rows of {least} and of {most} weights; every row needs one "
            "weight for each source word.",
            number=number, least=min(widths), most=max(widths),
        )  # fmt: skip
    return np.array(rows).reshape(len(rows), -1)

"""One NumPy array of weights without any words, as Neural Monkey saves its alignments.

>>> import io
>>> file = io.BytesIO()
>>> np.save(file, np.array([[[0.9, 0.1], [0.2, 0.8]]]))
>>> (found,) = from_npy(file.getvalue(), "the cat\\tle chat")
>>> found.source, found.target
(('the', 'cat'), ('le', 'chat'))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from attention_core.errors import TextError
from attention_core.files.aligned_lines import sides, worded
from attention_core.files.format import AttentionFormat
from attention_core.files.formats.npz import unpacked
from attention_core.files.imported import Imported, by_head
from attention_core.marking import N_

MAGIC: Final = b"\x93NUMPY"


def from_npy(data: bytes, sources: str = "") -> Iterator[Imported]:
    """Weights (target, source), or (sentence, target, source) with rows and columns filled up.

    `sources` holds source, tab and translation on each line: what is beyond their words and the
    ends of both sentences is left out. Without them words are numbered. Nothing is unpickled.

    Source: WordAlignmentRunner in neuralmonkey/runners/word_alignment_runner.py of
    https://github.com/ufal/neuralmonkey
    """
    weights = unpacked(data, "weights")
    if weights.dtype.kind not in "fiu" or weights.ndim not in (2, 3):
        raise TextError(
            "This array has the shape {shape} and the type {kind}; it needs numbers in 2 or 3 "
            "dimensions, the last two target and source.",
            shape=list(weights.shape), kind=str(weights.dtype),
        )  # fmt: skip
    matrices = by_head(weights).astype(np.float64)
    known = sides(sources, len(matrices))
    for number, (matrix, (source, target)) in enumerate(zip(matrices, known, strict=True), 1):
        rows = len(matrix) if target is None else len(target) + 1
        columns = matrix.shape[1] if source is None else len(source) + 1
        yield worded(matrix[:rows, :columns], source, target, number)


FORMAT: Final = AttentionFormat(
    name="npy",
    title=N_("NumPy array (Neural Monkey)"),
    endings=("npy",),
    looks=N_(
        "One array, target × source or sentence × target × source; what numpy.save writes. A file "
        "with source, tab and translation can be added."
    ),
    recognise=lambda data: data.startswith(MAGIC),
    read=from_npy,
    lacks_sources=True,
    binary=True,
)

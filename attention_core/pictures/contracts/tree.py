"""The beam as a tree: what a translator kept at every step, and which way it took in the end.

>>> from attention_core.pictures.contracts.packing import packed
>>> logs, ends, way = [-0.5, -0.25], [None, -0.75], [True, True]
>>> beam = Tree(
...     texts=["good", "day"], parents=[-1, 0], log_probabilities=logs, totals=[-0.5, -0.75],
...     scores=ends, chosen=way,
... )
>>> packed(beam)["parents"].tolist()
[-1, 0]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import Chosen, Labels, Picture, Sent

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("Beam as a tree; arrow keys move from piece to piece"),
    "probability": N_("probability"),
    "total": N_("sum of log-probabilities"),
    "score": N_("score"),
    "hint": N_("Point at a piece to read the whole way to it; click to keep it, Escape lets go."),
    "note": N_(
        "A line is as wide as the probability of its piece. The strong way is the translation "
        "that was chosen; numbers in frames are the scores of finished ones."
    ),
}
"""What the widget says."""


@dataclass(frozen=True, kw_only=True)
class Tree(Picture):
    """Pieces from left to right, one entry of each list a piece.

    parents             the piece before, listed before it; -1 = the first of its way
    log_probabilities   of the piece after its way so far, natural logarithm
    totals              sums of them along the way
    scores              where a translation ends, its score; None elsewhere
    chosen              True along the way that was taken
    ways                the text of the whole way to each piece; None = its pieces with spaces
    node                the piece that is marked; -1 = none
    """

    widget: ClassVar[str] = "tree"
    words: ClassVar[Mapping[str, str]] = TEXT

    texts: Annotated[Sequence[str], Labels("piece")]
    parents: Annotated[Sequence[int], Sent("piece", np.int32)]
    log_probabilities: Annotated[Sequence[float], Sent("piece", np.float32)]
    totals: Annotated[Sequence[float], Sent("piece", np.float32)]
    scores: Annotated[Sequence[float | None], Sent("piece", np.float32)]
    chosen: Annotated[Sequence[bool], Sent("piece", np.uint8)]
    ways: Annotated[Sequence[str] | None, Labels("piece")] = None
    name: str = "beam"
    node: Annotated[int | None, Chosen()] = None

    def __post_init__(self) -> None:
        """A way can be followed back only when every piece comes after the one before it."""
        super().__post_init__()
        for place, parent in enumerate(self.parents):
            if not -1 <= parent < place:
                raise ShapeError(
                    "Piece {piece} follows piece {parent}, which is not listed before it; "
                    "list every piece after its parent, and -1 for those that follow nothing.",
                    piece=place,
                    parent=parent,
                )

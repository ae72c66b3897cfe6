"""The beam as a tree: what a translator kept at every step, and which way it took in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from streamlit.components.v2.bidi_component.state import ComponentResult

from attention_core.errors import ShapeError
from attention_core.marking import N_
from pages.widgets.widget import FILES, Callback, flat, mount, registered

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

_RENDERER = registered("tree")


def tree(
    *,
    key: str,
    parents: Sequence[int],
    texts: Sequence[str],
    log_probabilities: Sequence[float],
    totals: Sequence[float],
    scores: Sequence[float | None],
    chosen: Sequence[bool],
    ways: Sequence[str] | None = None,
    node: int | None = None,
    title: str = "",
    caption: str = "",
    name: str = "beam",
    text: Mapping[str, str] = TEXT,
    on_node_change: Callback = None,
) -> ComponentResult:
    """Pieces from left to right, one entry of each list a piece; the result has `node`.

    parents             the piece before, listed before it; -1 = the first of its way
    log_probabilities   of the piece after its way so far, natural logarithm
    totals              sums of them along the way
    scores              where a translation ends, its score; None elsewhere
    chosen              True along the way that was taken
    ways                the text of the whole way to each piece; None = its pieces with spaces
    node                the piece that is marked; -1 = none, None = the reader decides
    """
    _check_order(parents)
    count = len(texts)
    ends = np.array([np.nan if score is None else score for score in scores], np.float32)
    data: dict[str, Any] = {
        "texts": list(texts),
        "ways": None if ways is None else list(ways),
        "parents": flat(np.array(parents, np.int32), np.int32, count),
        "log_probabilities": flat(np.array(log_probabilities, np.float32), np.float32, count),
        "totals": flat(np.array(totals, np.float32), np.float32, count),
        "scores": flat(ends, np.float32, count),
        "chosen": flat(np.array(chosen, np.uint8), np.uint8, count),
        "title": title,
        "caption": caption,
        "name": name,
        "text": {**TEXT, **text},
    }
    return mount(_RENDERER, key, data, {"node": node}, {"node": on_node_change})


def _check_order(parents: Sequence[int]) -> None:
    """A way can be followed back only when every piece comes after the one before it."""
    for place, parent in enumerate(parents):
        if not -1 <= parent < place:
            raise ShapeError(
                "Piece {piece} follows piece {parent}, which is not listed before it; "
                "list every piece after its parent, and -1 for those that follow nothing.",
                piece=place,
                parent=parent,
            )

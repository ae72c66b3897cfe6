"""A sentence and its translation with ribbons between: which word came from where.

>>> from attention_core.pictures.contracts.packing import packed
>>> drawn = Alignment(source=["a", "b"], target=["c"], weights=np.array([[0.25, 0.75]]))
>>> packed(drawn)["weights"].tolist()
[0.25, 0.75]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import Array, Chosen, Labels, Picture, Sent

TEXT: Mapping[str, str] = {
    **FILES,
    "source": N_("source"),
    "target": N_("translation"),
    "hint": N_("Point at a word to see where it looked; click to keep it, Escape lets go."),
    "note": N_(
        "At the translation a ribbon is as wide as its weight; outlined ones are taken as links."
    ),
}
"""What the widget says."""


@dataclass(frozen=True, kw_only=True)
class Alignment(Picture):
    """Ribbons from target words to the source words they looked at.

    weights   (target, source)   0 … 1
    links     (source, target) pairs that count as aligned, drawn stronger
    pins      target words that are kept lit
    sources   source words that are kept lit; give every panel what one of them reported
    group     panels of one name light the source word that is pointed at in any of them
    compact   small, for several panels on a page: less height, and no hint or note on the screen
    """

    widget: ClassVar[str] = "alignment"
    words: ClassVar[Mapping[str, str]] = TEXT

    source: Annotated[Sequence[str], Labels("source")]
    target: Annotated[Sequence[str], Labels("target")]
    weights: Annotated[Array, Sent("target source", np.float32)]
    links: Sequence[tuple[int, int]] = ()
    group: str = ""
    compact: bool = False
    name: str = "alignment"
    pins: Annotated[Sequence[int] | None, Chosen()] = None
    sources: Annotated[Sequence[int] | None, Chosen()] = None

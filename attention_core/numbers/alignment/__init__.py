"""Word alignment: links out of attention, links set by people, and how well the two agree."""

from __future__ import annotations

from attention_core.numbers.alignment.extraction import (
    EXTRACTIONS,
    Extraction,
    Way,
    extract,
    linked,
    shifted,
    strongest_by_source,
    strongest_links,
)
from attention_core.numbers.alignment.links import (
    AlignedPair,
    Direction,
    Gold,
    Link,
    crossing,
    diagonal_links,
)
from attention_core.numbers.alignment.scoring import Counts, Scores, error_rate, scores
from attention_core.numbers.alignment.symmetry import SYMMETRIES, Symmetry, symmetrised

__all__ = [
    "EXTRACTIONS",
    "SYMMETRIES",
    "AlignedPair",
    "Counts",
    "Direction",
    "Extraction",
    "Gold",
    "Link",
    "Scores",
    "Symmetry",
    "Way",
    "crossing",
    "diagonal_links",
    "error_rate",
    "extract",
    "linked",
    "scores",
    "shifted",
    "strongest_by_source",
    "strongest_links",
    "symmetrised",
]

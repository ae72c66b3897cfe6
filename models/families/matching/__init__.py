"""Models that say how well a text fits a picture, by two towers: a family (CLIP, SigLIP, …)."""

from __future__ import annotations

from models.families.family import Family, Origin, register
from models.families.matching.matcher import Matcher
from models.loading.both import from_folder, matches

__all__ = ["MATCHING", "Matcher"]


def _opened(name: str, origin: Origin) -> Matcher:
    return Matcher(name, from_folder(origin.folder, origin.root, origin.links, origin.ours))


MATCHING = register(Family("matching", "match", ("picture", "text"), matches, _opened))

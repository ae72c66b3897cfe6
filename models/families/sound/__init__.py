"""Models that hear speech and write it down: a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.families.family import Family, Origin, register
from models.families.sound.listener import Heard, Listener
from models.loading.hearing import from_folder
from models.loading.kinds import reads

__all__ = ["SOUND", "Heard", "Listener"]


def _takes(config: Mapping[str, Any]) -> bool:
    return reads(config.get("model_type")) == "sound"


def _opened(name: str, origin: Origin) -> Listener:
    ear = from_folder(origin.folder, origin.root, origin.links, origin.ours)
    return Listener(name, ear)


SOUND = register(Family("sound", "hear", ("sound",), _takes, _opened))

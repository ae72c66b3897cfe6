"""Models that see pictures, cut into patches: a family. ViT, DeiT, DINOv2, the eyes of CLIP, …"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.families.family import Family, Origin, register
from models.families.pictures.viewer import Viewer
from models.loading.kinds import reads
from models.loading.vision import from_folder

__all__ = ["PICTURES", "Viewer"]


def _takes(config: Mapping[str, Any]) -> bool:
    return reads(config.get("model_type")) == "pictures" or bool(config.get("vision_config"))


def _opened(name: str, origin: Origin) -> Viewer:
    return Viewer(name, from_folder(origin.folder, origin.root, origin.links))


PICTURES = register(Family("pictures", "see", ("picture",), _takes, _opened))

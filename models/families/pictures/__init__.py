"""Models that see pictures: two families.

Those that cut a picture into patches and look from each at each (ViT, DeiT, DINOv2, the eyes of
CLIP, …), and those that name what it shows by convolutions, which have no attention.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.families.family import Family, Origin, register
from models.families.pictures import efficientnet_lite
from models.families.pictures.classifying import Namer
from models.families.pictures.viewer import Viewer
from models.loading.kinds import reads
from models.loading.vision import from_folder

__all__ = ["NAMERS", "PICTURES", "Namer", "Viewer"]


def _takes(config: Mapping[str, Any]) -> bool:
    return reads(config.get("model_type")) == "pictures" or bool(config.get("vision_config"))


def _opened(name: str, origin: Origin) -> Viewer:
    return Viewer(name, from_folder(origin.folder, origin.root, origin.links))


def _names(config: Mapping[str, Any]) -> bool:
    return config.get("model_type") == efficientnet_lite.MODEL_TYPE


def _named(name: str, origin: Origin) -> Namer:
    return Namer(name, efficientnet_lite.load(origin.folder))


NAMERS = register(Family("namers", "name", ("picture",), _names, _named))
PICTURES = register(Family("pictures", "see", ("picture",), _takes, _opened))

"""The family of the translators that this project trained: what their configurations look like.

>>> from models.families.family import family
>>> family({"family": "transformer", "shape": {"layers": 3}}, "translate").name
'ours'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attention_core.errors import ModelError
from models.families.family import Family, Origin, register
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.recipes import FAMILIES, RECIPES


def _takes(config: Mapping[str, Any]) -> bool:
    kind = config.get("family")
    return isinstance(kind, str) and kind in FAMILIES and isinstance(config.get("shape"), dict)


def _opened(name: str, origin: Origin) -> TranslatorReader:
    """The one in memory, whoever asks; its vocabulary and languages are its recipe's."""
    if not origin.ours or origin.folder.name not in RECIPES:
        raise ModelError(
            "{name} was trained by this program but did not come with it; put it where the "
            "checkpoints of this program are, and give it a recipe.",
            name=name,
        )
    return load_translator(origin.folder.name)


OURS = register(Family("ours", "translate", ("source", "target"), _takes, _opened, brought=False))

"""The family of the translator whose picture decides: what its configuration looks like.

>>> from models.families.family import family
>>> family({"family": "decides", "shape": {"words": 9}}, "decide").inputs
('source', 'picture')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attention_core.errors import ModelError
from models.families.family import Family, Origin, register
from models.ours.decides.reader import CHECKPOINT, Decider, load_decider

NAME: Final = "decides"


def _takes(config: Mapping[str, Any]) -> bool:
    return config.get("family") == NAME and isinstance(config.get("shape"), dict)


def _opened(name: str, origin: Origin) -> Decider:
    if not origin.ours or origin.folder != CHECKPOINT:
        raise ModelError(
            "{name} was trained by this program but did not come with it; put it where the "
            "checkpoints of this program are.",
            name=name,
        )
    return load_decider()


DECIDES = register(Family(NAME, "decide", ("source", "picture"), _takes, _opened))

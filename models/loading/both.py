"""Both towers of a model that was trained on pictures and their captions: CLIP, SigLIP, ….

>>> matches({"model_type": "clip", "vision_config": {}, "text_config": {}})
True
>>> matches({"model_type": "vit"}), matches({"model_type": "llava", "vision_config": {}})
(False, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from transformers import CONFIG_MAPPING, AutoConfig, AutoModel, PreTrainedModel

from attention_core.errors import ModelError
from models.loading import towers
from models.loading.architecture import saved_as
from models.loading.checkpoint import Checkpoint, network
from models.loading.documents import called
from models.loading.folders import judge
from models.loading.tokenizer import tokenizer
from models.loading.vision import Eye, eye

COMMANDS = ("get_image_features", "get_text_features")
"""What the library calls the commands that give a picture's and a text's vector."""
SIDES: Final[tuple[towers.Side, ...]] = ("vision", "text")


@dataclass(frozen=True)
class Both:
    """A model whole, and its two towers, which are parts of it."""

    model: PreTrainedModel
    eye: Eye
    checkpoint: Checkpoint


def matches(config: Mapping[str, Any]) -> bool:
    """Whether a model with this configuration gives pictures and texts vectors that compare."""
    kind = config.get("model_type")
    sees = any(key.startswith("vision_config") for key in config)
    if not sees or not isinstance(kind, str) or kind not in CONFIG_MAPPING:
        return False
    try:
        found: Any = AutoModel._model_mapping.get(CONFIG_MAPPING[kind], None)
    except (ImportError, ValueError):  # of another library
        return False
    found = found[0] if isinstance(found, tuple) else found
    return all(hasattr(found, command) for command in COMMANDS)


def from_folder(folder: Path, root: Path, links: bool = False, ours: bool = False) -> Both:
    """The model in a folder below `root`, with its towers.

    links  True where files may be links, as in the hub's cache; they must stay below root
    ours   True where the files came with this program, or with a package that it names

    Raises ModelError with a sentence for whatever is wrong with it.
    """
    judge(folder, root, links)
    found = tokenizer(folder, False, ours)

    def known() -> Any:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return saved_as(config, AutoModel)

    model = network(folder, known, None)
    seeing, reading = (_tower(model, called(folder), side) for side in SIDES)
    return Both(model, eye(folder, seeing), Checkpoint(reading, found, (), not ours, folder))


def _tower(model: PreTrainedModel, name: str, side: towers.Side) -> PreTrainedModel:
    place = towers.tower(model, name, side)
    if not place:
        raise ModelError(
            "{model} does not have two towers that can be looked into one by one; choose a model "
            "such as CLIP or SigLIP.",
            model=name,
        )
    return towers.taken(model, place, side)

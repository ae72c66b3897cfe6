"""What a model reads, by the kind that its configuration names: a text, pictures, or sound.

>>> reads("bert"), reads("vit"), reads("whisper"), reads("of my own")
('text', 'pictures', 'sound', 'text')
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

from transformers import CONFIG_MAPPING, AutoModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES,
)

from attention_core.errors import ModelError
from models.loading import towers
from models.loading.documents import called

Reads = Literal["text", "pictures", "sound", "other"]
_SEEN = {"image", "video"}


@cache
def reads(model_type: object) -> Reads:
    """What models of this kind are given; what is not known counts as a text."""
    written = {**MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, **MODEL_FOR_MASKED_LM_MAPPING_NAMES}
    if model_type in written and model_type not in MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES:
        return "text"  # the usual ones, without importing what they are made of
    if not isinstance(model_type, str) or model_type not in CONFIG_MAPPING:
        return "text"
    try:
        made: Any = AutoModel._model_mapping.get(CONFIG_MAPPING[model_type], None)
        made = made[0] if isinstance(made, tuple) else made
        alone = made is None or towers.towered(made, CONFIG_MAPPING[model_type])
        modalities, first = ("text", "input_ids") if alone else _given(made)
    except (ImportError, ValueError):  # of another library, which is said when it is loaded
        return "text"
    kinds = {modalities} if isinstance(modalities, str) else set(modalities)
    if first == "input_ids":
        return "text" if "text" in kinds else "pictures" if kinds & _SEEN else "other"
    if first.startswith("pixel_values"):
        return "pictures"
    return "sound" if first in ("input_values", "input_features") else "other"


def _given(made: Any) -> tuple[Any, str]:
    return made.input_modalities, str(made.main_input_name)


def check(folder: Path, model_type: str) -> None:
    """Raises ModelError when models of this kind read something else than a text."""
    kind = reads(model_type)
    if kind != "text":
        raise refused(kind, called(folder), model_type)


def refused(kind: Reads, name: str, model_type: str) -> ModelError:
    """What is said of a model that reads something else than a text."""
    if kind == "pictures":
        return ModelError(
            "{model} ({type}) sees pictures and reads no text; open it on the page Pictures, or "
            "choose a model of language.",
            model=name,
            type=model_type,
        )
    if kind == "sound":
        return ModelError(
            "{model} ({type}) hears sound and reads no text; choose a model of language, or open "
            "it on the page Sound, if it is of the kind Whisper.",
            model=name,
            type=model_type,
        )
    return ModelError(
        "{model} ({type}) does not read a text; choose a model of language.",
        model=name,
        type=model_type,
    )

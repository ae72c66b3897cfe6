"""Which class of the library a folder's model is, and whether it reads text at all.

>>> from transformers import T5Config, ViTConfig
>>> saved_as(T5Config(architectures=["T5EncoderModel"]), AutoModel).__name__
'T5EncoderModel'
>>> saved_as(T5Config(architectures=["T5ForConditionalGeneration"]), AutoModel).__name__
'T5Model'
>>> check_reads_text(saved_as(ViTConfig(), AutoModel), "vit")
Traceback (most recent call last):
attention_core.errors.ModelError: vit (vit) sees pictures and reads no text; open it on the page \
Pictures, or choose a model of language.
"""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoConfig, AutoModel, PreTrainedModel

from attention_core.errors import ModelError
from models.loading import kinds, towers

__all__ = ["AutoModel", "check_reads_text", "of_folder", "saved_as"]

_PICTURES = ("pixel_values", "pixel_values_videos")
_SOUND = ("input_features", "input_values", "audio_mel")
_WRITTEN = "decoder_input_ids"


def of_folder(folder: Path, auto: Any) -> Any:
    """The class of the model in a folder that has been judged.

    auto  the library's choice for a task, such as AutoModel

    Raises ModelError when the model reads no text.
    """
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    found = saved_as(config, auto)
    if found is None:
        raise ModelError(
            "config.json of {model} does not say of which class it is, and “{type}” is usually a "
            "part of a larger model; name the class in “architectures” of config.json.",
            model=folder.name,
            type=config.model_type,
        )
    if not towers.two_towered(config):
        check_reads_text(found, folder.name)
    if auto is not AutoModel and not _writes(found):
        raise ModelError(
            "{model} is only one half of an encoder–decoder, so it does not write one text from "
            "another; open it in Explore, where it reads.",
            model=folder.name,
        )
    return found


def saved_as(config: Any, auto: Any) -> Any:
    """The library's usual class for a configuration, or the one that the model was saved from.

    The latter where there is no usual one (a part of a larger model), where the usual one has a
    decoder that was not saved, and where it has two towers, which other classes call by other
    names; None where neither is known.
    """
    usual = towers.usual(config, auto)
    named: Any = getattr(transformers, str(next(iter(config.architectures or ()), "")), None)
    if not (isinstance(named, type) and issubclass(named, PreTrainedModel)):
        return usual
    if not isinstance(config, named.config_class or ()):
        return usual  # it names a class of another kind, which would read its numbers wrongly
    if usual is None or towers.two_towered(config) or (_writes(usual) and not _writes(named)):
        return named
    return usual


def check_reads_text(found: type[PreTrainedModel], name: str) -> None:
    """Raises ModelError, with what it reads instead, when a class of models takes no text."""
    takes, main = signature(found.forward).parameters, found.main_input_name
    modalities = found.input_modalities
    if "input_ids" in takes and "text" in modalities:
        return
    pictures = main in _PICTURES or ("input_ids" in takes and "image" in modalities)
    kind: kinds.Reads = "pictures" if pictures else "sound" if main in _SOUND else "other"
    raise kinds.refused(kind, name, str(getattr(found.config_class, "model_type", "")))


def _writes(found: type[PreTrainedModel]) -> bool:
    return _WRITTEN in signature(found.forward).parameters

"""Models of two towers, one of which reads texts: CLIP and its kin. A reader gets one of them.

The whole model is loaded, so that the library finds each weight under whatever name it was saved,
and says which are missing; then the tower is taken and the rest let go.

>>> from transformers import CLIPConfig, LlamaConfig
>>> two_towered(CLIPConfig()), two_towered(LlamaConfig())
(True, False)
"""

from __future__ import annotations

from typing import Any, Final, Literal

from transformers import AutoModel, PreTrainedModel

from attention_core.errors import ModelError
from attention_core.watching.record import Note

Side = Literal["text", "vision"]
"""Which tower: the one that reads texts or the one that sees pictures."""
_TEXT: Final = "input_ids"
_READS: Final = "get_text_features"
"""What the library calls the command of such models that gives a text to its tower alone."""
FILLED: Final = ("siglip_text_model", "siglip2_text_model")


def usual(config: Any, auto: Any) -> Any:
    """The library's usual class for a configuration; None where it has none.

    auto  the library's choice for a task, such as AutoModel
    """
    found: Any = auto._model_mapping.get(type(config), None)
    return found[0] if isinstance(found, (list, tuple)) else found


def two_towered(config: Any) -> bool:
    """Whether models of this kind read a text with a tower of its own, and otherwise not alone."""
    return towered(usual(config, AutoModel), type(config))


def towered(found: Any, config_class: Any) -> bool:
    """The same of a class of models, None included, with its class of configurations.

    Some have a command for it; others start from a picture, and have a part for the text.
    """
    inner = "text_config" in getattr(config_class, "sub_configs", {})
    return hasattr(found, _READS) or (inner and getattr(found, "main_input_name", _TEXT) != _TEXT)


def seeing(config: Any) -> bool:
    """Whether models of this kind have a part that sees pictures, among others."""
    return getattr(config, "vision_config", None) is not None


def tower(model: PreTrainedModel, name: str, side: Side = "text") -> str:
    """Where in a model of two towers the one is that is wanted; "" in any other model.

    name  of the model, for the sentence

    Raises ModelError where it has none, as a model that was cut down to its other tower.
    """
    if not (two_towered(model.config) if side == "text" else seeing(model.config)):
        return ""
    wanted = type(getattr(model.config, f"{side}_config", None))
    for path, part in model.named_modules():
        if path and isinstance(part, PreTrainedModel) and isinstance(part.config, wanted):
            return str(path)
    raise without(name, side)


def without(name: str, side: Side) -> ModelError:
    """What is said where the tower that is wanted is missing."""
    if side == "vision":
        return ModelError(
            "The folder of {model} has no part that sees a picture by itself; choose the whole "
            "model, or another one that sees pictures.",
            model=name,
        )
    return ModelError(
        "The folder of {model} has no part that reads a text by itself; choose the whole model, or "
        "a model of language.",
        model=name,
    )


def taken(model: PreTrainedModel, path: str, side: Side = "text") -> PreTrainedModel:
    """The tower at that place, as a model of its own; the model itself where there is no place."""
    if not path:
        return model
    found: Any = model.get_submodule(path)
    found.input_modalities = "text" if side == "text" else "image"  # some say the whole model's
    return found  # type: ignore[no-any-return]


def notes(model: PreTrainedModel, path: str) -> tuple[Note, ...]:
    """What a reader must know of every record of a tower that was found there."""
    found = []
    if path:
        found.append(
            Note(
                "This is the part of the model that reads text; the part that reads pictures, "
                "video or sound is left out."
            )
        )
    if model.config.model_type in FILLED:
        found.append(
            Note(
                "This model learned from texts filled up with padding, at which it looked as well; "
                "here it reads the text alone."
            )
        )
    return tuple(found)

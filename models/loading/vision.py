"""A model that sees pictures, and how its pictures are prepared, from a judged folder.

>>> recipe({"size": {"shortest_edge": 256}, "crop_size": 224}, 224, "mine").crop
(224, 224)
>>> recipe({}, 224, "mine").size
(224, 224)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from transformers import AutoConfig, AutoModel, PreTrainedModel

from attention_core.errors import ModelError
from attention_core.marking import N_
from attention_core.watching.record import Note
from models.loading import kinds, towers
from models.loading.architecture import saved_as
from models.loading.checkpoint import network
from models.loading.documents import called, read_json
from models.loading.folders import judge

_FILE: Final = "preprocessor_config.json"
_BYTES: Final = 1 << 16
SIDE: Final = 2_048
"""No model is given a larger picture."""
_GREY: Final = (0.5, 0.5, 0.5)
_BICUBIC: Final = 3
_PATCH: Final = 16
_MERGED: Final = (56 * 56, 28 * 28 * 1280)
"""Pixels of a picture for the kin of Qwen2-VL, where its file does not say."""
_UNSAID: Final = N_(
    "Its folder does not say how pictures are prepared for it (preprocessor_config.json); they are "
    "squeezed to its size and scaled to −1 … 1."
)


@dataclass(frozen=True)
class Recipe:
    """How a model's pictures are prepared.

    size      height and width that a picture is squeezed to; None where its shape is kept
    shortest  pixels along the shorter side where it is kept
    crop      height and width of the middle that is cut out afterwards; None for all of it
    scale     what 0 … 255 are multiplied with
    mean, std of each channel after that: what is taken away, and what it is divided by
    resample  the number of Pillow's filter
    area      the least and the most pixels of a picture in its own shape, for a model that takes
              every shape and is told how much of it; None for all others
    """

    size: tuple[int, int] | None
    shortest: int
    crop: tuple[int, int] | None
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resample: int
    area: tuple[int, int] | None = None


@dataclass(frozen=True)
class Eye:
    """A network that sees, and what goes with it. notes: what a reader must know of its records."""

    model: PreTrainedModel
    recipe: Recipe
    notes: tuple[Note, ...] = ()


def from_folder(folder: Path, root: Path, links: bool = False) -> Eye:
    """The model that sees pictures in a folder below `root`, or that part of it.

    links  True where files may be links, as in the hub's cache; they must stay below root

    Raises ModelError with a sentence for whatever is wrong with it.
    """
    judgement = judge(folder, root, links, tokens=False)

    def found() -> Any:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        known = saved_as(config, AutoModel)
        sees = str(getattr(known, "main_input_name", "")).startswith("pixel_values")
        if known is None or not (sees or towers.seeing(config)):
            raise _blind(called(folder), judgement.model_type)
        return known

    model = network(folder, found, "vision")
    place = towers.tower(model, called(folder), "vision")
    left_out = Note(
        "This is the part of the model that sees pictures; the part that reads text is left out."
    )
    return eye(folder, towers.taken(model, place, "vision"), (left_out,) if place else ())


def eye(folder: Path, model: PreTrainedModel, notes: tuple[Note, ...] = ()) -> Eye:
    """A network that sees, with how its folder says that pictures are prepared for it.

    Raises ModelError where that cannot be done.
    """
    said = read_json(folder / _FILE, _BYTES) if (folder / _FILE).is_file() else {}
    unsaid = () if said else (Note(_UNSAID),)
    return Eye(model, recipe(said, usual(model), called(folder)), (*notes, *unsaid))


def usual(model: PreTrainedModel) -> int:
    """Pixels along one side of the pictures that a model learned from, as its config says."""
    size = getattr(model.config, "image_size", 224)
    found = max(size) if isinstance(size, Sequence) and size else size
    return found if isinstance(found, int) and 0 < found <= SIDE else 224


def recipe(said: Mapping[str, Any], size: int, name: str) -> Recipe:
    """What a preprocessor_config.json says.

    size  pixels along one side, where it says none
    name  of the model, for the sentence

    Raises ModelError where it asks for what cannot be done.
    """
    whole, shortest, area = None, 0, _area(said)
    if said.get("do_resize", True) and area is None:
        whole, shortest = _resized(said.get("size"), size)
    crop = None
    if said.get("do_center_crop", "crop_size" in said) and said.get("crop_size"):
        crop = _pair(said["crop_size"])
    normal = bool(said.get("do_normalize", True))
    scale = said.get("rescale_factor", 1 / 255) if said.get("do_rescale", True) else 1.0
    made = Recipe(
        whole, shortest, crop, _number(scale),
        _channels(said.get("image_mean", _GREY)) if normal else (0.0,) * 3,
        _channels(said.get("image_std", _GREY)) if normal else (1.0,) * 3,
        said.get("resample", _BICUBIC) if said.get("resample") in range(6) else _BICUBIC, area,
    )  # fmt: skip
    sides = [*(made.size or ()), *(made.crop or ()), *([made.shortest] if shortest else [])]
    sound = all(0 < side <= SIDE for side in sides) and len(made.mean) == len(made.std) == 3
    numbers = all(map(math.isfinite, made.mean)) and all(std > 0 for std in made.std)
    room = area is None or 0 <= area[0] <= area[1] > 0
    if not (sound and numbers and room and made.scale > 0):
        raise ModelError(
            "{file} of {model} asks for pictures that cannot be made; put the file of this model "
            "there, or take it away.",
            file=_FILE,
            model=name,
        )
    return made


def _resized(said: Any, size: int) -> tuple[tuple[int, int] | None, int]:
    """Height and width, or the shorter side."""
    if isinstance(said, Mapping) and "shortest_edge" in said:
        return None, _side(said["shortest_edge"])
    if said is None:
        return (size, size), 0
    return _pair(said), 0


def _area(said: Mapping[str, Any]) -> tuple[int, int] | None:
    """The least and the most pixels; (0, −1), which no sound recipe has, for what is no number."""
    if "max_num_patches" in said:
        side, most = _side(said.get("patch_size", _PATCH)), _side(said["max_num_patches"])
        return (0, most * side * side) if side > 0 else (0, -1)
    if "merge_size" not in said:
        return None
    size = said.get("size")
    both = size if isinstance(size, Mapping) else {}
    least = said.get("min_pixels", both.get("shortest_edge", _MERGED[0]))
    most = said.get("max_pixels", both.get("longest_edge", _MERGED[1]))
    return _side(least), _side(most)


def _pair(said: Any) -> tuple[int, int]:
    if isinstance(said, Mapping):
        return _side(said.get("height")), _side(said.get("width"))
    return _side(said), _side(said)


def _channels(said: Any) -> tuple[float, ...]:
    many = said if isinstance(said, Sequence) and not isinstance(said, str) else [said] * 3
    return tuple(map(_number, many[:4]))


def _side(said: Any) -> int:
    """Pixels; −1 for anything else."""
    found = _number(said)
    return int(found) if math.isfinite(found) else -1


def _number(said: Any) -> float:
    """The number; NaN, which no sound recipe holds, for anything else."""
    fine = isinstance(said, int | float) and math.isfinite(said) and abs(said) < 1e8
    return float(said) if fine else math.nan


def _blind(name: str, model_type: str) -> ModelError:
    if kinds.reads(model_type) == "sound":
        return ModelError(
            "{model} ({type}) hears sound and sees no pictures; choose a model that sees.",
            model=name,
            type=model_type,
        )
    if kinds.reads(model_type) == "pictures":
        return ModelError(
            "{model} ({type}) is given pictures in a form of its own, not as pixels, and cannot be "
            "looked into here; choose a model that cuts pictures into patches.",
            model=name,
            type=model_type,
        )
    return ModelError(
        "{model} ({type}) sees no pictures; open it in Explore, or choose a model that sees.",
        model=name,
        type=model_type,
    )

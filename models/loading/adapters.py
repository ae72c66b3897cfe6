"""An adapter (LoRA) beside its base model: merged into the weights, or refused with a sentence.

Tuning leaves a model's matrices W as they are and learns two thin ones beside some of them; the
tuned model computes with W + B · A · scaling.

Source: Hu et al. 2021, LoRA, section 4.1, https://arxiv.org/abs/2106.09685; the file's names as
peft writes them, https://huggingface.co/docs/peft/developer_guides/checkpoint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from attention_core.errors import ModelError
from attention_core.marking import N_
from attention_core.watching.record import Note
from models.loading.documents import called, read_json

CONFIG: Final = "adapter_config.json"
WEIGHTS: Final = "adapter_model.safetensors"
MERGED: Final = N_("The adapter in this model's folder (matrices: {count}) is merged into it.")
_BYTES = 1 << 20
_KEY = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_([AB])(?:\.default)?\.weight")
_KNOWN: Final[dict[str, tuple[object, ...]]] = {
    "peft_type": ("LORA",),
    "bias": ("none", None),
    "init_lora_weights": (True, False, None, "gaussian", "orthogonal", "eva"),
}
"""Where only these values mean W + B · A · scaling; the others change W or add something else."""
_EMPTY: Final = (
    "use_dora", "alpha_pattern", "layer_replication", "lora_bias", "use_qalora",
    "target_parameters", "trainable_token_indices", "alora_invocation_tokens", "arrow_config",
    "use_bdlora", "velora_config",
)  # fmt: skip
"""What must be unset, for the same reason."""
_HEADS = re.compile(r"(?:base_model\.model\.)?(?:classifier|score|qa_outputs|lm_head)(?:\.|$).*")
"""What stands on top of a model and is not loaded: no attention passes through it."""


@dataclass(frozen=True)
class Adapter:
    """What an adapter's file adds.

    parts   for each matrix of the model A (rank, in) and B (out, rank)
    rooted  True where alpha is divided by the root of the rank instead of the rank
    """

    parts: dict[str, tuple[Tensor, Tensor]]
    alpha: float
    rooted: bool

    def change(self, place: str) -> Tensor:
        """What is added to the matrix at that place, (out, in)."""
        down, up = self.parts[place]
        rank = len(down) ** 0.5 if self.rooted else len(down)
        return up.float() @ down.float() * (self.alpha / rank)


def present(folder: Path) -> bool:
    """True when an adapter lies in the folder."""
    return (folder / CONFIG).is_file() or (folder / WEIGHTS).is_file()


def alone(folder: Path) -> bool:
    """True when an adapter lies in the folder, and not the model that it belongs to."""
    files = [path.name for path in folder.iterdir()]
    weights = any(name.startswith(("model", "pytorch_model")) for name in files)
    return present(folder) and not ("config.json" in files and weights)


def no_base(folder: Path) -> ModelError:
    """What is wrong with such a folder."""
    base = ""
    if (folder / CONFIG).is_file():
        base = str(read_json(folder / CONFIG, _BYTES).get("base_model_name_or_path") or "")
    return ModelError(
        "{model} is an adapter (LoRA) without its base model ({base}). Merge the two where the "
        "adapter was made (merge_and_unload), save the whole model, and put its folder here.",
        model=called(folder),
        base=base.rstrip("/").rpartition("/")[2][:80] or "–",
    )


def merged(model: PreTrainedModel, folder: Path) -> tuple[Note, ...]:
    """Adds the adapter in the folder, if there is one, to the model's own matrices.

    Returns what a reader must know of it. Raises ModelError when it cannot be merged exactly.
    """
    if not present(folder):
        return ()
    adapter = _read(folder)
    with torch.no_grad():
        for place in adapter.parts:
            layer = _layer(model, place)
            change = adapter.change(place)
            change = change.T if isinstance(layer, Conv1D) else change
            weight = getattr(layer, "weight", None)
            if weight is None or weight.shape != change.shape:
                raise _unmerged(folder, place)
            weight += change.to(weight.dtype)
    return (Note(MERGED, count=len(adapter.parts)),)


def _read(folder: Path) -> Adapter:
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise ModelError(
                "The folder {model} has an adapter, but not its file {file}; "
                "put it there, or take the adapter's files away to see the base model.",
                model=called(folder),
                file=file,
            )
    config = read_json(folder / CONFIG, _BYTES)
    _check(folder, config)
    found: dict[str, dict[str, Tensor]] = {}
    for key, tensor in load_file(folder / WEIGHTS).items():
        match = _KEY.fullmatch(key)
        if match and tensor.ndim == 2:
            found.setdefault(match[1], {})[match[2]] = tensor
        elif not _HEADS.fullmatch(key):
            raise _unmerged(folder, key)
    if not found:
        raise ModelError(
            "{file} of {model} holds no matrix to be added; save the adapter again.",
            file=WEIGHTS,
            model=called(folder),
        )
    for place, pair in found.items():
        if set(pair) != {"A", "B"} or pair["B"].shape[1] != len(pair["A"]):
            raise _unmerged(folder, place)
    parts = {place: (pair["A"], pair["B"]) for place, pair in found.items()}
    return Adapter(parts, float(config["lora_alpha"]), bool(config.get("use_rslora")))


def _check(folder: Path, config: dict[str, Any]) -> None:
    """Raises ModelError when the adapter does something else than add B · A · scaling."""
    wrong = [key for key, known in _KNOWN.items() if config.get(key) not in known]
    wrong += [key for key in _EMPTY if config.get(key)]
    if not isinstance(config.get("lora_alpha"), int | float):
        wrong.append("lora_alpha")
    if wrong:
        raise ModelError(
            "The adapter of {model} is of a kind that cannot be merged here ({key} = {value}). "
            "Merge it into its base model where it was made (merge_and_unload), save the whole "
            "model, and put its folder here.",
            model=called(folder),
            key=wrong[0],
            value=str(config.get(wrong[0], "–"))[:40],
        )


def _layer(model: PreTrainedModel, place: str) -> nn.Linear | Conv1D | None:
    """The linear layer of that name; a model with another head on top has it at another depth."""
    prefix = model.base_model_prefix
    modules = dict(model.named_modules())
    for name in (place, place.removeprefix(f"{prefix}."), f"{prefix}.{place}"):
        layer = modules.get(name)
        if isinstance(layer, nn.Linear | Conv1D):
            return layer
    return None


def _unmerged(folder: Path, place: str) -> ModelError:
    return ModelError(
        "The adapter of {model} changes “{place}”, which is no matrix of this base model. Merge it "
        "into its own base model where it was made (merge_and_unload), save the whole model, "
        "and put its folder here.",
        model=called(folder),
        place=place[:120],
    )

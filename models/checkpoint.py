"""A model and its tokenizer in memory, loaded from a folder that has been judged first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from attention_core.errors import ModelError
from models.folders import judge

disable_progress_bar()  # type: ignore[no-untyped-call]  # a server has nobody to watch it

_POSITIONS = (
    "max_position_embeddings",
    "n_positions",
    "max_source_positions",
    "max_sequence_length",
    "max_seq_len",
    "seq_length",
)
_UNUSED = ("pooler",)
"""Parts that a checkpoint may lack because attention does not pass through them."""


@dataclass(frozen=True)
class Checkpoint:
    """A network and the tokenizer that feeds it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase

    @property
    def limit(self) -> int:
        """The most tokens that the network has positions for and the tokenizer declares."""
        limits = [int(self.tokenizer.model_max_length)]
        for name in _POSITIONS:
            value = getattr(self.model.config, name, None)
            if isinstance(value, int) and value > 0:
                limits.append(value - _reserved_positions(self.model))
                break
        return min(limits)


def from_folder(folder: Path, root: Path, links: bool = False) -> Checkpoint:
    """The checkpoint in a folder below `root`.

    links  True where files may be links, as in the hub's cache; they must stay below root

    Raises ModelError with a sentence for whatever is wrong with it.
    """
    judge(folder, root, links)
    checkpoint = Checkpoint(_model(folder), _tokenizer(folder))
    _check(checkpoint, folder.name)
    return checkpoint


def _tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    try:
        found = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as fault:
        raise ModelError(
            "The tokenizer of {model} cannot be read: {reason}",
            model=folder.name,
            reason=_short(fault),
        ) from fault
    if not isinstance(found, PreTrainedTokenizerBase) or not found.is_fast:
        raise ModelError(
            "{model} has no fast tokenizer, and only a fast one says which characters each "
            "token stands for; add its tokenizer.json.",
            model=folder.name,
        )
    return found


def _model(folder: Path) -> PreTrainedModel:
    try:
        model, report = AutoModel.from_pretrained(
            folder,
            attn_implementation="eager",
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as fault:
        raise ModelError(
            "{model} cannot be loaded: {reason}", model=folder.name, reason=_short(fault)
        ) from fault
    _check_report(report, folder.name)
    return model.eval()  # type: ignore[no-any-return]


def _check_report(report: dict[str, Any], name: str) -> None:
    """Raises ModelError when the file lacks weights, which would be left random."""
    missing = sorted(key for key in report["missing_keys"] if not key.startswith(_UNUSED))
    if missing:
        raise ModelError(
            "The weights file of {model} lacks {count} of the model's tensors, such as "
            "{example}; they would be random. Save the model again with all its weights.",
            model=name,
            count=len(missing),
            example=missing[0],
        )


def _check(checkpoint: Checkpoint, name: str) -> None:
    """Raises ModelError when the weights are not numbers or the tokenizer names unknown rows."""
    for key, weight in checkpoint.model.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            raise ModelError(
                "The weights of {model} hold NaN or infinite numbers (in {place}); "
                "train or save the model again.",
                model=name,
                place=key,
            )
    embedding = checkpoint.model.get_input_embeddings()
    rows = len(torch.as_tensor(embedding.weight))
    highest = max(checkpoint.tokenizer.get_vocab().values(), default=0)
    if highest >= rows:
        raise ModelError(
            "The tokenizer of {model} has tokens up to number {highest}, but the model has "
            "embeddings for {rows} only; use the tokenizer that belongs to this model.",
            model=name,
            highest=highest,
            rows=rows,
        )


def _reserved_positions(model: PreTrainedModel) -> int:
    """Positions that RoBERTa's kin keep for padding, so that a text cannot have them."""
    for name, module in model.named_modules():
        padding = getattr(module, "padding_idx", None)
        if name.endswith("position_embeddings") and padding is not None:
            return int(padding) + 1
    return 0


def _short(fault: Exception) -> str:
    """The first line of a foreign message, without the server's paths."""
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    words = [word if not word.strip("'\"(").startswith("/") else "…" for word in lines[0].split()]
    return " ".join(words)[:200]

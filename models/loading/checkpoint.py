"""A model and its tokenizer in memory, loaded from a folder that has been judged first.

>>> writes("marian"), writes("bert")
(True, False)
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSeq2SeqLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    modeling_utils,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES
from transformers.utils.logging import disable_progress_bar

from attention_core.errors import ModelError
from attention_core.watching.record import Note
from models.loading import adapters, kinds, size, towers
from models.loading.architecture import of_folder
from models.loading.documents import called
from models.loading.folders import check_memory, judge
from models.loading.tokenizer import tokenizer

log = logging.getLogger("attention_atlas")
disable_progress_bar()  # type: ignore[no-untyped-call]  # a server has nobody to watch it

_POSITIONS = (
    "max_position_embeddings",
    "n_positions",
    "max_source_positions",
    "max_sequence_length",
    "max_seq_len",
    "seq_length",
)
_NEEDED = re.compile(r"requires the (\S+) library")
_PARTS = ("encoder", "decoder", "text_config")
_UNUSED = ("pooler", "embeddings.mask_token")
"""Parts that a checkpoint may lack because attention does not pass through them."""


def _no_adapter(path: Any, *_how: Any, **given: Any) -> tuple[None, Any, dict[str, Any]]:
    """The adapter to load, the folder, and what else was given."""
    return None, path, given


# Where peft is installed, transformers would load an adapter by itself, and a base model from
# wherever the adapter says; here an adapter is merged by us, into the base model beside it.
modeling_utils.maybe_load_adapters = _no_adapter  # type: ignore[attr-defined, assignment]


@dataclass(frozen=True)
class Checkpoint:
    """A network and the tokenizer that feeds it.

    notes    what a reader must know of every record of it
    foreign  True where somebody else made the tokenizer: it is given no text in this process
    folder   where it was loaded from, for the layer that writes; None where it was made here
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    notes: tuple[Note, ...] = ()
    foreign: bool = False
    folder: Path | None = None

    @property
    def limit(self) -> int:
        """The most tokens that the network has positions for and the tokenizer declares."""
        config = self.model.config
        parts = [config, *(getattr(config, name, None) for name in _PARTS)]
        reserved = _reserved_positions(self.model)
        limits = [limit - reserved for part in parts for limit in _positions(part)]
        return min([int(self.tokenizer.model_max_length), *limits])


def _positions(config: object) -> list[int]:
    """The most positions of one network, as far as its configuration says; at most one number."""
    found = (getattr(config, name, None) for name in _POSITIONS)
    return [value for value in found if isinstance(value, int) and value > 0][:1]


def from_folder(folder: Path, root: Path, links: bool = False, ours: bool = False) -> Checkpoint:
    """The checkpoint in a folder below `root`.

    links  True where files may be links, as in the hub's cache; they must stay below root
    ours   True where the files came with this program, or with a package that it names

    Raises ModelError with a sentence for whatever is wrong with it.
    """
    judgement = judge(folder, root, links)
    kinds.check(folder, judgement.model_type)
    return _loaded(folder, AutoModel, ours)


def pair_from_folder(
    folder: Path, root: Path, links: bool = False, ours: bool = False
) -> Checkpoint:
    """The checkpoint of an encoder–decoder with the layer that writes; otherwise as from_folder.

    Raises ModelError with a sentence for whatever is wrong with it.
    """
    judgement = judge(folder, root, links)
    if not writes(judgement.model_type):
        raise ModelError(
            "{model} ({type}) does not write one text from another; choose an encoder–decoder, "
            "such as a model of the kinds marian, t5, bart, mbart or m2m_100.",
            model=called(folder),
            type=judgement.model_type,
        )
    return _loaded(folder, AutoModelForSeq2SeqLM, ours, converted=True)


def writes(model_type: str) -> bool:
    """True when models of this kind write one text from another."""
    return model_type in MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES


def _loaded(folder: Path, architecture: Any, ours: bool, converted: bool = False) -> Checkpoint:
    """Model, adapter and tokenizer of a folder that has been judged."""
    found = tokenizer(folder, converted, ours)
    model = network(folder, lambda: of_folder(folder, architecture))
    merged, place = adapters.merged(model, folder), towers.tower(model, called(folder))
    model = towers.taken(model, place)
    checkpoint = Checkpoint(model, found, (*merged, *towers.notes(model, place)), not ours, folder)
    _check(checkpoint, called(folder))
    return checkpoint


def network(folder: Path, class_of: Callable[[], Any], side: towers.Side | None = "text") -> Any:
    """The model in a folder that has been judged, every weight of the part that is wanted there.

    class_of  the class of the library that it is; may raise ModelError
    side      which tower is wanted where it has two; None for both and all that joins them

    Raises ModelError with a sentence for whatever is wrong with it.
    """
    try:
        found = class_of()
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        check_memory(called(folder), size.parameters(found, config, called(folder)))
        model, report = found.from_pretrained(
            folder,
            attn_implementation="eager",
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, in words of ours
        )
    except ModelError:
        raise
    except ImportError as fault:
        needed = _NEEDED.search(str(fault))
        raise ModelError(
            "{model} needs a program that is not installed on this server ({program}); its "
            "operator can install it, or choose another model.",
            model=called(folder),
            program=needed[1] if needed else "–",
        ) from fault
    except Exception as fault:
        log.warning("The model in %s cannot be loaded", folder, exc_info=True)
        raise ModelError(
            "{model} cannot be loaded: its config.json and its weights do not belong together, or "
            "one of them is damaged. Save both again with one program; the server's log says "
            "what was wrong.",
            model=called(folder),
        ) from fault
    place = towers.tower(model, called(folder), side) if side else ""
    _check_report(report, called(folder), _learned(model), place and f"{place}.", side)
    check_finite(model, called(folder))
    return model.eval()


def _learned(model: PreTrainedModel) -> set[str]:
    """The names of what was trained; sinusoids of positions are made anew and often not saved."""
    made = size.sinusoids(model)
    named = model.named_parameters(remove_duplicate=False)
    return {name for name, _ in named if name.rpartition(".")[0] not in made}


def _check_report(
    report: dict[str, Any], name: str, learned: set[str], within: str, side: towers.Side | None
) -> None:
    """Raises ModelError when weights are missing or of another shape: they would be random.

    within  how the names of the weights begin that are needed
    side    which tower these are, where something is within one
    """
    unused = tuple(within + part for part in _UNUSED)
    for place, held, wanted in sorted(report["mismatched_keys"]):
        if place.startswith(unused) or not place.startswith(within):
            continue
        raise ModelError(
            "The weights of {model} do not fit its config.json: {place} is {held} in the file, "
            "and {wanted} by the configuration. Put the config.json of these weights beside them.",
            model=name,
            place=place,
            held=_sides(held),
            wanted=_sides(wanted),
        )
    needed = {key for key in learned if key.startswith(within) and not key.startswith(unused)}
    missing = sorted(needed.intersection(report["missing_keys"]))
    if within and side and missing and set(missing) == needed:
        raise towers.without(name, side)
    if missing:
        raise ModelError(
            "The weights file of {model} lacks {count} of the model's tensors, such as "
            "{example}; they would be random. Save the model again with all its weights.",
            model=name,
            count=len(missing),
            example=missing[0],
        )


def check_finite(model: PreTrainedModel, name: str) -> None:
    """Raises ModelError when the weights are not numbers."""
    for key, weight in model.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            raise ModelError(
                "The weights of {model} hold NaN or infinite numbers (in {place}); "
                "train or save the model again.",
                model=name,
                place=key,
            )


def _check(checkpoint: Checkpoint, name: str) -> None:
    """Raises ModelError when the tokenizer names rows that the model has not."""
    rows = _rows(checkpoint.model)
    highest = max(checkpoint.tokenizer.get_vocab().values(), default=0)
    if rows is not None and highest >= rows:
        raise ModelError(
            "The tokenizer of {model} has tokens up to number {highest}, but the model has "
            "embeddings for {rows} only; use the tokenizer that belongs to this model.",
            model=name,
            highest=highest,
            rows=rows,
        )


def _rows(model: PreTrainedModel) -> int | None:
    """How many tokens the model knows, on the side that knows fewer; None where it has no table."""
    layers: list[Any] = [model.get_output_embeddings()]  # type: ignore[no-untyped-call]
    try:
        layers.append(model.get_input_embeddings())
    except NotImplementedError:
        layers.append(None)
    tables = [getattr(layer, "weight", None) for layer in layers]
    return min((len(table) for table in tables if isinstance(table, torch.Tensor)), default=None)


def _reserved_positions(model: PreTrainedModel) -> int:
    """Positions that RoBERTa's kin keep for padding, so that a text cannot have them."""
    for name, module in model.named_modules():
        padding = getattr(module, "padding_idx", None)
        if name.endswith("position_embeddings") and padding is not None:
            return int(padding) + 1
    return 0


def _sides(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))

"""The layer of a checkpoint that names words, of the next token or of a masked one, or classes.

A reader's model is loaded without it, since attention does not pass through it. Where it is asked
for, it is read from the same folder and put over the very network that is in memory.

>>> from transformers import BertConfig
>>> task(BertConfig(architectures=["BertForMaskedLM"]))
'mask'
>>> task(BertConfig(architectures=["BertModel"])) is None
True
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import transformers
from transformers import PreTrainedModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
)

from models.loading.checkpoint import network

Writes = Literal["next", "mask", "class"]


@dataclass(frozen=True)
class Writer:
    """A reader's network and the layer above it. kind: which word it names, or the text's class"""

    model: PreTrainedModel
    kind: Writes


def task(config: Any) -> Writes | None:
    """What a model names that was saved with this configuration; None for nothing. A model that
    gives one number to a text has no classes.
    """
    named = next(iter(config.architectures or ()), "")
    if named in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES.values():
        return "class" if config.num_labels > 1 else None
    if named in MODEL_FOR_MASKED_LM_MAPPING_NAMES.values():
        return "mask"
    return "next" if named in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values() else None


def writer(folder: Path | None, base: PreTrainedModel) -> Writer | None:
    """The layer in the folder over the network that was loaded from it; None where it has none.

    Raises ModelError when the layer was promised and cannot be loaded.
    """
    kind, named = task(base.config), next(iter(base.config.architectures or ()), "")
    if folder is None or kind is None or getattr(base.config, "is_encoder_decoder", False):
        return None
    found = getattr(transformers, named)
    whole = network(folder, lambda: found)
    if isinstance(base, found) or not isinstance(base, type(whole.base_model)):
        return None
    setattr(whole, whole.base_model_prefix, base)
    whole.tie_weights()
    return Writer(whole.eval(), kind)

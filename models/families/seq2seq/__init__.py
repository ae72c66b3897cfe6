"""Encoder–decoders of the transformers library that write one text from another: a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.families.family import Family, Origin, register
from models.families.seq2seq.translator import Seq2Seq
from models.loading.checkpoint import pair_from_folder, writes

__all__ = ["SEQ2SEQ", "Seq2Seq"]


def _takes(config: Mapping[str, Any]) -> bool:
    kind = config.get("model_type")
    return isinstance(kind, str) and writes(kind)


def _opened(name: str, origin: Origin) -> Seq2Seq:
    checkpoint = pair_from_folder(origin.folder, origin.root, origin.links, origin.ours)
    wishes = origin.wishes
    return Seq2Seq(
        name, checkpoint, wishes.get("from", ""), wishes.get("to", ""), wishes.get("prefix", "")
    )


SEQ2SEQ = register(Family("seq2seq", "translate", ("source", "target"), _takes, _opened))

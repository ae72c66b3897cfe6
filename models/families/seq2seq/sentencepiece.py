"""Tokenizers that are kept as SentencePiece files, made into ones that know their characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, Unigram
from transformers.convert_slow_tokenizer import import_protobuf
from transformers.tokenization_utils_base import generate_merges

from attention_core.errors import ModelError

_UNIGRAM, _BPE = 1, 2
"""Kinds of model in sentencepiece_model.proto, TrainerSpec.ModelType."""


def tokenizer(processor: Any, name: str) -> Tokenizer:
    """The same cuts as a SentencePieceProcessor makes, each piece with its characters.

    name  of the model, for the error

    Raises ModelError when the file is neither a unigram nor a byte-pair model.
    """
    proto = import_protobuf().ModelProto()  # type: ignore[no-untyped-call]
    proto.ParseFromString(processor.serialized_model_proto())
    built = Tokenizer(_cutter(proto, name))
    built.normalizer = normalizers.Sequence(_normalizers(proto.normalizer_spec))
    built.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    built.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    return built


def frame(built: Tokenizer, before: Sequence[str], after: Sequence[str]) -> Tokenizer:
    """The tokenizer with these special pieces around every text."""
    around = [(piece, 0) for piece in dict.fromkeys((*before, *after))]  # numbers are looked up
    built.post_processor = processors.TemplateProcessing(
        single=[*before, "$A", *after], special_tokens=around
    )
    return built


def _cutter(proto: Any, name: str) -> Unigram | BPE:
    kind = proto.trainer_spec.model_type
    if kind == _UNIGRAM:
        scored = [(piece.piece, piece.score) for piece in proto.pieces]
        return Unigram(scored, unk_id=proto.trainer_spec.unk_id, byte_fallback=False)
    if kind == _BPE:
        numbers = {piece.piece: number for number, piece in enumerate(proto.pieces)}
        merges: Any = generate_merges(numbers)
        unknown = proto.trainer_spec.unk_piece
        return BPE(numbers, merges, unk_token=unknown, fuse_unk=True)
    raise ModelError(
        "The SentencePiece file of {model} is neither a unigram nor a byte-pair model; "
        "choose another model.",
        model=name,
    )


def _normalizers(spec: Any) -> list[Any]:
    made: list[Any] = []
    if spec.precompiled_charsmap:
        made.append(normalizers.Precompiled(spec.precompiled_charsmap))
    if spec.remove_extra_whitespaces:
        made += [normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    return made

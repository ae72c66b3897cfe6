"""CTranslate2's binary: a list of named tensors, and what they mean in Whisper.

Source: `python/ctranslate2/specs/model_spec.py` of https://github.com/OpenNMT/CTranslate2, where
the file is written; the names are those of `whisper_spec.py` and `attention_spec.py` there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from attention_core.errors import ModelError

_TYPES: Final = ("<f4", "<i1", "<i2", "<i4", "<f2")
_ENDS: Final = {
    "embeddings": "embed_tokens", "position_encodings": "embed_positions",
    "layer_norm": "layer_norm", "conv1": "conv1", "conv2": "conv2",
}  # fmt: skip
_KINDS: Final = {
    "weight": "weight", "encodings": "weight", "gamma": "weight", "beta": "bias", "bias": "bias",
}  # fmt: skip
_SELF: Final = (("q_proj", "k_proj", "v_proj"), ("out_proj",))
_CROSS: Final = (("q_proj",), ("k_proj", "v_proj"), ("out_proj",))
_FFN: Final = (("fc1",), ("fc2",))
_LAYER: Final = {
    "self_attention": ("self_attn.", "self_attn_layer_norm", _SELF),
    "attention": ("encoder_attn.", "encoder_attn_layer_norm", _CROSS),
    "ffn": ("", "final_layer_norm", _FFN),
}
"""For each part of a layer: where its linear layers stand, its norm, what each is stacked of."""


def read(path: Path) -> dict[str, Tensor]:
    """The tensors by the file's own names; raises ModelError when it is another one, or cut short.

    Tensors of no axes, which hold settings, are kept as they are.
    """
    data, at = path.read_bytes(), 0

    def number(kind: str) -> int:
        nonlocal at
        (found,) = struct.unpack_from(f"<{kind}", data, at)
        at += struct.calcsize(f"<{kind}")
        return int(found)

    def part(count: int) -> bytes:
        nonlocal at
        found = data[at : at + count]
        at += count
        return found

    def text() -> str:
        return part(number("H")).rstrip(b"\0").decode()

    tensors: dict[str, Tensor] = {}
    try:
        number("I")  # the version of the file
        text()  # the kind of model
        number("I")  # the revision of that kind
        for _ in range(number("I")):
            name = text()
            shape = [number("I") for _ in range(number("B"))]
            kind = _TYPES[number("B")]
            numbers = np.frombuffer(part(number("I")), kind).reshape(shape)
            tensors[name] = torch.from_numpy(numbers.copy())
    except (struct.error, ValueError, IndexError) as fault:
        raise ModelError(
            "{file} is no file of CTranslate2, or is cut short.", file=path.name
        ) from fault
    return tensors


def whisper(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The numbers by the names of `WhisperForConditionalGeneration`.

    Raises ModelError for other tensors, or where keys have biases, which Whisper lacks.
    """
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim:
            try:
                found.update(_placed(name, tensor))
            except (KeyError, ValueError, IndexError) as fault:
                raise _foreign(name) from fault
    return found


def _placed(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Where one tensor of the file stands, taken apart where several are stacked in it."""
    stack, *rest, last = name.split("/")
    kind = _KINDS[last]
    if len(rest) == 1:
        yield f"model.{stack}.{_ENDS[rest[0]]}.{kind}", tensor
        return
    layer, part, inner = rest
    way = f"model.{stack}.layers.{int(layer.removeprefix('layer_'))}"
    before, norm, stacks = _LAYER[part]
    if inner == "layer_norm":
        yield f"{way}.{norm}.{kind}", tensor
        return
    names = stacks[int(inner.removeprefix("linear_"))]
    for one, piece in zip(names, tensor.chunk(len(names)), strict=True):
        if (one, kind) != ("k_proj", "bias"):
            yield f"{way}.{before}{one}.{kind}", piece
        elif piece.any():
            raise ValueError(name)


def _foreign(name: str) -> ModelError:
    return ModelError("The tensor “{name}” belongs to no Whisper.", name=name[:80])


def layers(tensors: dict[str, Tensor], stack: str) -> int:
    """How many layers a stack has, such as ``encoder``."""
    parts = (name.split("/") for name in tensors)
    return len({one[1] for one in parts if one[0] == stack and re.fullmatch(r"layer_\d+", one[1])})


def config(tensors: dict[str, Tensor], begin: int, end: int) -> dict[str, Any]:
    """The configuration of `WhisperForConditionalGeneration` by the shapes of the tensors.

    begin  the token with which a transcript begins
    end    the one with which it ends
    """
    vocabulary, width = tensors["decoder/embeddings/weight"].shape
    inner = len(tensors["encoder/layer_0/ffn/linear_0/weight"])
    return {
        "model_type": "whisper",
        "architectures": ["WhisperForConditionalGeneration"],
        "vocab_size": vocabulary,
        "d_model": width,
        "num_mel_bins": tensors["encoder/conv1/weight"].shape[1],
        "encoder_layers": layers(tensors, "encoder"),
        "decoder_layers": layers(tensors, "decoder"),
        "num_hidden_layers": layers(tensors, "encoder"),
        "encoder_attention_heads": int(tensors["encoder/num_heads"]),
        "decoder_attention_heads": int(tensors["decoder/num_heads"]),
        "encoder_ffn_dim": inner,
        "decoder_ffn_dim": inner,
        "max_source_positions": len(tensors["encoder/position_encodings/encodings"]),
        "max_target_positions": len(tensors["decoder/position_encodings/encodings"]),
        "activation_function": "gelu",
        "scale_embedding": False,
        "tie_word_embeddings": True,
        "decoder_start_token_id": begin,
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
    }

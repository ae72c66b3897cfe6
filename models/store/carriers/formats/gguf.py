"""GGUF files of Llama's kind: numbers, hyperparameters and tokenizer.

The package `gguf` reads the blocks; what is ours is what the names mean and the order of rows.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; the permutation of queries and
keys is that of llama.cpp's converter for Llama.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from gguf import GGUFReader, dequantize
from torch import Tensor

from attention_core.errors import ModelError

_SPECIAL: Final = 3
"""The type of tokens that are not text."""
_ENDS: Final = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_PARTS: Final = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip
_BLOCK = re.compile(r"blk\.(\d+)\.(\w+)\.weight")


class File:
    """An opened file: its header by key, and its tensors."""

    def __init__(self, path: Path) -> None:
        try:
            self._reader = GGUFReader(path)
        except (ValueError, IndexError, KeyError) as fault:
            raise ModelError("{file} is no GGUF file.", file=path.name) from fault
        self._path = path

    def said(self, key: str) -> Any:
        """The header's value of a key; raises ModelError where it has none."""
        field = self._reader.get_field(key)
        if field is None:
            raise ModelError(
                "{file} does not say {key} in its header.", file=self._path.name, key=key
            )
        return field.contents()

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor in 32 bits, its axes in the usual order, by the file's own name."""
        return {
            one.name: torch.from_numpy(dequantize(one.data, one.tensor_type).copy())
            for one in self._reader.tensors
        }


def unpermuted(rows: Tensor, heads: int) -> Tensor:
    """Rows of queries or keys in the order of rotary positions that turn one half by the other.

    GGUF has both numbers of each turned pair beside each other: row (head, pair, which). Here the
    first numbers of all pairs come first: row (head, which, pair).

    rows  (heads × width, in)
    """
    width = len(rows) // heads
    return rows.view(heads, width // 2, 2, -1).transpose(1, 2).reshape_as(rows)


def llama(file: File) -> dict[str, Tensor]:
    """The numbers by the names of `LlamaForCausalLM`; raises ModelError for other tensors."""
    heads = {
        "attn_q": int(file.said("llama.attention.head_count")),
        "attn_k": int(file.said("llama.attention.head_count_kv")),
    }
    found = {}
    for name, tensor in file.tensors().items():
        match = _BLOCK.fullmatch(name)
        if match and match[2] in _PARTS:
            turned = unpermuted(tensor, heads[match[2]]) if match[2] in heads else tensor
            found[f"model.layers.{match[1]}.{_PARTS[match[2]]}.weight"] = turned
        elif name in _ENDS:
            found[_ENDS[name]] = tensor
        else:
            raise ModelError("The tensor “{name}” belongs to no Llama.", name=name[:80])
    return found


def config(file: File) -> dict[str, Any]:
    """The configuration of `LlamaForCausalLM` by the header."""
    said = file.said
    return {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "vocab_size": len(said("tokenizer.ggml.tokens")),
        "hidden_size": said("llama.embedding_length"),
        "intermediate_size": said("llama.feed_forward_length"),
        "num_hidden_layers": said("llama.block_count"),
        "num_attention_heads": said("llama.attention.head_count"),
        "num_key_value_heads": said("llama.attention.head_count_kv"),
        "max_position_embeddings": said("llama.context_length"),
        "rope_theta": said("llama.rope.freq_base"),
        "rms_norm_eps": round(said("llama.attention.layer_norm_rms_epsilon"), 12),
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": said("tokenizer.ggml.bos_token_id"),
        "eos_token_id": said("tokenizer.ggml.eos_token_id"),
        "pad_token_id": said("tokenizer.ggml.padding_token_id"),
    }


def tokenizer(file: File) -> dict[str, Any]:
    """tokenizer.json of the header's byte-level BPE; numbers are cut into single digits.

    Source: https://github.com/huggingface/tokenizers, the parts of a serialised tokenizer.
    """
    tokens: list[str] = file.said("tokenizer.ggml.tokens")
    kinds: list[int] = file.said("tokenizer.ggml.token_type")
    merges = [merge.split(" ") for merge in file.said("tokenizer.ggml.merges")]
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    cut = [{"type": "Digits", "individual_digits": True}, {**bytes_, "use_regex": True}]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [special(number, token) for number, token in enumerate(tokens)
                         if kinds[number] == _SPECIAL],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": cut},
        "post_processor": None,
        "decoder": {**bytes_, "use_regex": True},
        "model": {
            "type": "BPE",
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": merges,
        },
    }  # fmt: skip


def special(number: int, token: str) -> Mapping[str, object]:
    """How tokenizer.json names a token that is not text."""
    return {
        "id": number, "content": token, "special": True, "normalized": False,
        "single_word": False, "lstrip": False, "rstrip": False,
    }  # fmt: skip

"""Tiny models of the library's architectures: their own configurations with small sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from transformers import CONFIG_MAPPING, AutoModel

from models.families import fake

_WIDTHS = (
    "hidden_size", "d_model", "n_embd", "n_embed", "dim", "emb_dim", "embed_dim", "embedding_size",
    "intermediate_size", "ffn_dim", "encoder_ffn_dim", "decoder_ffn_dim", "d_ff", "n_inner",
    "ffn_hidden_size", "hidden_dim", "moe_intermediate_size", "shared_expert_intermediate_size",
)  # fmt: skip
_LAYERS = (
    "num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers",
    "num_encoder_layers", "num_decoder_layers", "encoder_num_hidden_layers",
    "decoder_num_hidden_layers",
)  # fmt: skip
_HEADS = (
    "num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads",
    "decoder_attention_heads", "num_encoder_attention_heads", "num_decoder_attention_heads",
    "encoder_num_key_value_heads", "decoder_num_key_value_heads", "encoder_num_attention_heads",
    "decoder_num_attention_heads",
)  # fmt: skip
_POSITIONS = (
    "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len",
    "max_encoder_position_embeddings", "max_decoder_position_embeddings",
)  # fmt: skip
_SMALL: Final[Mapping[str, int]] = {
    "vocab_size": len(fake.vocabulary()) + 8,
    **dict.fromkeys(_WIDTHS, 32),
    **dict.fromkeys(_LAYERS, 2),
    **dict.fromkeys(_HEADS, 4),
    **dict.fromkeys(_POSITIONS, 128),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads", "n_head_kv"), 2),
    **dict.fromkeys(("head_dim", "d_kv", "kv_channels", "d_head", "v_head_dim"), 8),
    **dict.fromkeys(("qk_rope_head_dim", "qk_nope_head_dim"), 8),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank"), 16),
    **dict.fromkeys(("num_local_experts", "num_experts", "n_routed_experts"), 4),
    **dict.fromkeys(("moe_num_experts",), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_k"), 2),
    **dict.fromkeys(("n_group", "topk_group", "n_shared_experts", "num_shared_experts"), 1),
    **dict.fromkeys(("linear_key_head_dim", "linear_value_head_dim"), 8),
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    **dict.fromkeys(("state_size", "mamba_d_state", "mamba_d_head", "mamba_n_heads"), 8),
    "mamba_n_groups": 1,
    **dict.fromkeys(("sliding_window", "attention_window", "block_size", "rotary_dim"), 4),
    "image_size": 32,
    "patch_size": 16,
}
_SPECIAL: Final[Mapping[str, int]] = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
_OWN: Final[Mapping[str, Mapping[str, Any]]] = {
    "jamba": {"num_hidden_layers": 4, "attn_layer_offset": 2, "attn_layer_period": 3},
    "bamba": {"attn_layer_indices": [1]},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"]},
    "esm": {"vocab_size": len(fake.vocabulary()), "pad_token_id": 0, "mask_token_id": 4},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "window_size": 4},
    "deepseek_v2": {"num_key_value_heads": 4, "first_k_dense_replace": 2},
    "ministral": {"head_dim": 8},
    "hunyuan_v1_dense": {"head_dim": 8},
    "reformer": {"axial_pos_embds": False, "attn_layers": ["local", "lsh"]},
    "perceiver": {"num_latents": 8, "d_latents": 32, "num_self_attends_per_block": 1},
    "qwen2_vl": {"text_config": {"rope_parameters": {"mrope_section": [1, 1, 2]}}},
    "mamba2": {"num_heads": 8, "expand": 2},
    "xmod": {"default_language": "en_XX", "languages": ["en_XX"]},
}  # fmt: skip
"""What the sizes of an architecture have to be besides."""


def build(kind: str, **own: Any) -> Any:
    """The model with fixed random weights, far from uniform, as it computes by itself."""
    made = shrunk(CONFIG_MAPPING[kind], **{**_OWN.get(kind, {}), **own})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        auto: Any = AutoModel
        model = auto.from_config(made, attn_implementation="eager")
        for parameter in model.parameters():
            if parameter.ndim > 1 and parameter.requires_grad:
                torch.nn.init.normal_(parameter, std=0.3)
    return model.train(False)


def shrunk(config_class: Any, **own: Any) -> Any:
    """A configuration of that class with every size small, and with these of its own."""
    usual = config_class()
    said = vars(usual)
    changes: dict[str, Any] = {
        name: size
        for name, size in _SMALL.items()
        if isinstance(said.get(name), int) and name not in config_class.attribute_map
    }
    changes |= {name: number for name, number in _SPECIAL.items() if name in said}
    if usual.is_encoder_decoder:
        changes["decoder_start_token_id"] = 2
    if isinstance(said.get("layer_types"), list):
        kinds = list(dict.fromkeys(said["layer_types"]))
        changes["layer_types"] = (kinds * 2)[:2]
    for name in config_class.sub_configs:
        part = getattr(usual, name, None)
        if part is not None:
            changes[name] = shrunk(type(part)).to_dict()
    for name, one in own.items():
        inner = config_class.sub_configs.get(name)
        changes[name] = {**changes[name], **one} if inner else one
    return config_class(**changes)

"""Small random models of many architectures, so that capture meets what real ones do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import transformers as t

from models.families import fake

VOCABULARY = len(fake.vocabulary())


def build(name: str, **changes: Any) -> Any:
    """The model of that architecture with its own fixed random weights, far from uniform."""
    model_class, config = ARCHITECTURES[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        model = model_class._from_config(config(**changes), attn_implementation="eager")
        for parameter in model.parameters():
            if parameter.ndim > 1 or "sinks" in name:
                torch.nn.init.normal_(parameter, std=0.3)
    return model.train(False)


def inputs(name: str, tokens: int = 13) -> dict[str, torch.Tensor]:
    """Token numbers for one text; a shorter one for the decoder of a pair."""
    numbers = torch.arange(7, 7 + tokens)[None] * 5 % (VOCABULARY - 7) + 5
    if ARCHITECTURES[name][1]().is_encoder_decoder:
        return {"input_ids": numbers, "decoder_input_ids": numbers[:, : tokens - 6].flip(1)}
    return {"input_ids": numbers}


def reported(outputs: Any) -> list[torch.Tensor]:
    """What eager attention says of itself, in the order encoder, decoder, cross."""
    names = ("attentions", "encoder_attentions", "decoder_attentions", "cross_attentions")
    return [layer for name in names for layer in getattr(outputs, name, None) or ()]


def _config(config_class: Any, **fixed: Any) -> Callable[..., Any]:
    special = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    return lambda **changes: config_class(
        **{"vocab_size": VOCABULARY, **special, **fixed, **changes}
    )


_BERT = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 37,
    "max_position_embeddings": 64,
}
_LLAMA = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "intermediate_size": 36,
    "max_position_embeddings": 64,
    "head_dim": 4,
}
_BART = {
    "d_model": 24,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 3,
    "decoder_attention_heads": 6,
    "encoder_ffn_dim": 37,
    "decoder_ffn_dim": 37,
    "max_position_embeddings": 64,
    "decoder_start_token_id": 3,
}
_GPT2 = {"n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 64}

ARCHITECTURES: dict[str, tuple[Any, Callable[..., Any]]] = {
    "bert": (t.BertModel, _config(t.BertConfig, **_BERT)),
    "roberta": (t.RobertaModel, _config(t.RobertaConfig, **_BERT)),
    "gpt2": (t.GPT2Model, _config(t.GPT2Config, **_GPT2)),
    "llama": (t.LlamaModel, _config(t.LlamaConfig, **_LLAMA)),
    "mistral": (t.MistralModel, _config(t.MistralConfig, **_LLAMA, sliding_window=4)),
    "gemma2": (
        t.Gemma2Model,
        _config(t.Gemma2Config, **_LLAMA, sliding_window=4, attn_logit_softcapping=0.7),
    ),
    "gpt_oss sinks": (
        t.GptOssModel,
        _config(t.GptOssConfig, **_LLAMA, sliding_window=4, num_local_experts=3,
                num_experts_per_tok=2),
    ),
    "t5": (
        t.T5Model,
        _config(t.T5Config, d_model=24, d_kv=8, num_layers=2, num_decoder_layers=3, num_heads=3,
                d_ff=37, decoder_start_token_id=0),
    ),
    "bart": (t.BartModel, _config(t.BartConfig, **_BART)),
    "marian": (t.MarianModel, _config(t.MarianConfig, **_BART)),
}  # fmt: skip

REPORTING: dict[str, tuple[Any, Callable[..., Any]]] = {
    "falcon": (t.FalconModel, _config(t.FalconConfig, hidden_size=24, num_hidden_layers=2,
                                      num_attention_heads=3)),
    "gptj": (t.GPTJModel, _config(t.GPTJConfig, **_GPT2, rotary_dim=4)),
    "deberta": (t.DebertaModel, _config(t.DebertaConfig, **_BERT)),
    "roformer": (t.RoFormerModel, _config(t.RoFormerConfig, **_BERT, embedding_size=24)),
    "mpt": (t.MptModel, _config(t.MptConfig, d_model=24, n_layers=2, n_heads=4, max_seq_len=64)),
}  # fmt: skip
"""Architectures that compute attention by code of their own and only report it."""
ARCHITECTURES |= REPORTING

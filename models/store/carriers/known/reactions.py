"""RXNMapper: a small ALBERT that has read chemical reactions, out of the package of its authors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from torch import Tensor

from attention_core.marking import N_
from models.loading.documents import read_json
from models.loading.folders import CONFIG_BYTES
from models.store.carriers.carrier import Carrier, Member, Promise, Wheel
from models.store.carriers.formats import checkpoint
from models.store.carriers.formats.reactions import PIECES, mapped
from models.store.carriers.writing import write

_KEPT: Final = (
    "attention_probs_dropout_prob", "embedding_size", "hidden_act", "hidden_dropout_prob",
    "hidden_size", "inner_group_num", "intermediate_size", "layer_norm_eps",
    "max_position_embeddings", "model_type", "num_attention_heads", "num_hidden_groups",
    "num_hidden_layers", "pad_token_id", "type_vocab_size", "vocab_size",
)  # fmt: skip
_PREFIX: Final = "albert."
_SPECIALS: Final = {
    "pad": "[PAD]",
    "unk": "[UNK]",
    "cls": "[CLS]",
    "sep": "[SEP]",
    "mask": "[MASK]",
}


def weights(path: Path) -> dict[str, Tensor]:
    """The numbers of `AlbertModel`, without what stood on top of it in training."""
    return {
        name.removeprefix(_PREFIX): tensor
        for name, tensor in checkpoint.read(path).items()
        if name.startswith(_PREFIX)
    }


def tokenizer(vocabulary: list[str]) -> dict[str, Any]:
    """tokenizer.json of SMILES: what is no piece of one becomes [UNK], and stands there as such.

    Source: https://github.com/huggingface/tokenizers, the parts of a serialised tokenizer.
    """
    numbers = {token: number for number, token in enumerate(vocabulary)}
    begin, end = _SPECIALS["cls"], _SPECIALS["sep"]
    first = [_special(begin), _text("A", 0), _special(end)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": numbers[token], "content": token, "special": True, "normalized": False,
                "single_word": False, "lstrip": False, "rstrip": False,
            }
            for token in _SPECIALS.values()
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {
                    "type": "Split", "pattern": {"Regex": PIECES}, "behavior": "Isolated",
                    "invert": False,
                },
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": first,
            "pair": [*first, _text("B", 1), _special(end, 1)],
            "special_tokens": {
                token: {"id": token, "ids": [numbers[token]], "tokens": [token]}
                for token in (begin, end)
            },
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": numbers, "unk_token": _SPECIALS["unk"]},
    }  # fmt: skip


def convert(files: Mapping[str, Path], folder: Path) -> None:
    """AlbertModel, a tokenizer of SMILES, and the mapped reactions that its authors test it by."""
    said = read_json(files["config.json"], CONFIG_BYTES)
    tested = files["test_mapper.py"].read_text(encoding="utf-8")
    vocabulary = files["vocab.txt"].read_text(encoding="utf-8").splitlines()
    documents = {
        "config.json": {"architectures": ["AlbertModel"], **{key: said[key] for key in _KEPT}},
        "maps.json": {"reactions": [asdict(one) for one in mapped(tested)]},
        "tokenizer.json": tokenizer(vocabulary),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": said["max_position_embeddings"],
            **{f"{kind}_token": token for kind, token in _SPECIALS.items()},
        },
    }
    write(folder, weights(files["pytorch_model.bin"]), documents)


def _special(token: str, side: int = 0) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": side}}


def _text(text: str, side: int) -> dict[str, Any]:
    return {"Sequence": {"id": text, "type_id": side}}


_MODEL: Final = "rxnmapper/models/transformers/albert_heads_8_uspto_all_1310k"
CARRIER: Final = Carrier(
    name="reactions",
    title="RXNMapper",
    place=60,
    wheels=(
        Wheel(
            "rxnmapper", "0.4.3",
            "27876a4286881aafd286fd6f24a6a56a4ca6ba22d68e035a0ea120106c541ba5", 3_007_424,
            (
                Member(
                    f"{_MODEL}/pytorch_model.bin", 3_212_952,
                    "8541f3f500dae71abe678d546bd035ca946e2d1c819f6b2cf41a97faedd7e6a2",
                ),
                Member(
                    f"{_MODEL}/config.json", 1_219,
                    "ea0f3144af1d13a5d5928cff01abd8e7c14ab831ff7b6d73a14d4162864a876f",
                ),
                Member(
                    f"{_MODEL}/vocab.txt", 3_525,
                    "399868a653e85549ce150af4a1f6cd2776240c6a3d951ced2120565f00f027fd",
                ),
                Member(
                    "tests/test_mapper.py", 5_957,
                    "6fb4e8e734f77963e645df8a463f282f5012643e56ee73d5cdcf5eedb86c6f73",
                ),
            ),
        ),
    ),
    convert=convert,
    promise=Promise(
        767_616,
        {
            "model_type": "albert", "num_hidden_layers": 12, "num_attention_heads": 8,
            "vocab_size": 591,
        },
    ),
    parameters=767_616,
    megabytes=1.5,
    licence=N_("MIT, in the package rxnmapper (MIT)"),
    credit="Schwaller et al. 2021 (RXNMapper), IBM Research",
    languages=(),
    data=N_("2.8 million chemical reactions of patents, without any map of their atoms"),
    good_for=N_("reactions as SMILES: one head has learned which atom becomes which"),
    source="https://pypi.org/project/rxnmapper/0.4.3/",
    figures=(
        N_(
            "Head 6 of layer 11 finds {head_11_6:.0%} of the {atoms} mapped atoms in {reactions} "
            "reactions of the package’s own tests, the next best head of its layer "
            "{next_of_layer_11:.0%}; the best of all 96 is {head_1} ({head_1_score:.0%})."
        ),
    ),
)  # fmt: skip

"""The tokenizer of a model's folder: which files make one up, and whether it can be used here."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Final

from transformers import (
    AutoTokenizer,
    M2M100Tokenizer,
    MarianTokenizer,
    PreTrainedTokenizerBase,
)

from attention_core.errors import ModelError
from models.loading.documents import called, read_json

log = logging.getLogger("attention_atlas")

BYTES: Final = 64 << 20
_USUAL = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model",
          "sentencepiece.bpe.model")  # fmt: skip
_FILES = re.compile(r"(tokenizer|tekken)\.json|vocab.*|merges\.txt|.+\.(model|spm|codes|tiktoken)")
_CONFIG = "tokenizer_config.json"
CONVERTED: Final = (MarianTokenizer, M2M100Tokenizer)
"""Tokenizers that are not fast, but are made so in `models.families.seq2seq.languages`."""
_WITHOUT_FILES = ("ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer")
"""Cut a text into bytes or characters, so that they need no vocabulary."""


def files(folder: Path) -> list[str]:
    """The names of the files that a tokenizer is read from."""
    return sorted(path.name for path in folder.iterdir() if _FILES.fullmatch(path.name))


def check(folder: Path) -> None:
    """Raises ModelError when there is no tokenizer in the folder."""
    config = read_json(folder / _CONFIG, BYTES) if (folder / _CONFIG).is_file() else {}
    if not files(folder) and config.get("tokenizer_class") not in _WITHOUT_FILES:
        raise ModelError(
            "{model} has no tokenizer (none of {files}); save the tokenizer into the same folder.",
            model=called(folder),
            files=", ".join(_USUAL),
        )


def tokenizer(folder: Path, converted: bool = False) -> PreTrainedTokenizerBase:
    """The fast tokenizer in the folder, or one of those of `CONVERTED`.

    converted  True where the caller makes those fast that can be

    Raises ModelError when it cannot be read, or does not say where its tokens stand in a text.
    """
    try:
        found = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as fault:
        raise _unread(folder) from fault
    if not isinstance(found, PreTrainedTokenizerBase):
        raise _unread(folder)
    if isinstance(found, CONVERTED) and not converted:
        raise ModelError(
            "{model} is a translator, and its tokenizer is understood on the page Translate only; "
            "open it there.",
            model=called(folder),
        )
    if not (found.is_fast or isinstance(found, CONVERTED)):
        raise ModelError(
            "{model} has a tokenizer ({files}), but none that says which characters each token "
            "stands for, so its attention cannot be shown on a text. If there is a tokenizer.json "
            "of this model, add it to the folder; otherwise choose another model.",
            model=called(folder),
            files=", ".join(files(folder)) or _CONFIG,
        )
    if set(found.get_vocab()) <= set(found.all_special_tokens):
        raise _unread(folder)
    return found


def _unread(folder: Path) -> ModelError:
    log.warning("The tokenizer in %s cannot be read", folder, exc_info=True)
    return ModelError(
        "The tokenizer of {model} cannot be read from {files}: a file is damaged, of another "
        "program, or missing beside them. Save the tokenizer again, with its tokenizer.json.",
        model=called(folder),
        files=", ".join(files(folder)) or _CONFIG,
    )

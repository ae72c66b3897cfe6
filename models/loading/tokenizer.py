"""The tokenizer of a model's folder: which files make one up, and whether it can be used here."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from transformers import (
    AutoTokenizer,
    M2M100Tokenizer,
    MarianTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from attention_core.errors import ModelError
from models.loading.documents import called, read_json, stand_in
from models.work import cutter
from models.work.apart import MEMORY, Apart, GivenUp

log = logging.getLogger("attention_atlas")

BYTES: Final = 64 << 20
SECONDS: Final = 15.0
"""For reading a tokenizer; the largest vocabularies in use take one or two."""
_USUAL = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model",
          "sentencepiece.bpe.model")  # fmt: skip
_FILES = re.compile(r"(tokenizer|tekken)\.json|vocab.*|merges\.txt|.+\.(model|spm|codes|tiktoken)")
_CONFIG = "tokenizer_config.json"
_WHOLE = "tokenizer.json"
_BESIDE = (_CONFIG, "special_tokens_map.json", "added_tokens.json")
_SOUND: Final = set[bytes]()
"""Digests of what was tried and can be read: it needs no second trial."""
_PANIC = "PanicException"
"""What a fault of the library's other language is called; it is no Exception."""
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
    for name in files(folder):
        size = (folder / name).stat().st_size
        if size > BYTES:
            raise ModelError(
                "{file} of {model} has {size:,} bytes; at most {most:,} are read. "
                "Check that it is the right file.",
                file=name,
                model=called(folder),
                size=size,
                most=BYTES,
            )


def tokenizer(folder: Path, converted: bool = False, ours: bool = False) -> PreTrainedTokenizerBase:
    """The fast tokenizer in the folder, or one of those of `CONVERTED`.

    converted  True where the caller makes those fast that can be
    ours       True where the files are ours, so that reading them needs no trial

    Raises ModelError when it cannot be read, or does not say where its tokens stand in a text.
    """
    if not ours:
        _try(folder)
    found = _loaded(folder)
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


def _read(folder: Path, kind: Any) -> PreTrainedTokenizerBase:
    try:
        found = kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except BaseException as fault:
        if isinstance(fault, Exception) or type(fault).__name__ == _PANIC:
            raise _unread(folder) from fault
        raise
    if not isinstance(found, PreTrainedTokenizerBase):
        raise _unread(folder)
    return found


def _loaded(folder: Path) -> PreTrainedTokenizerBase:
    """What the library makes of the folder; where that is not fast, what tokenizer.json says.

    SigLIP's class is not fast, though a file that is lies beside it.
    """
    found = _read(folder, AutoTokenizer)
    whole = (folder / _WHOLE).is_file() and not isinstance(found, CONVERTED)
    return found if found.is_fast or not whole else _read(folder, PreTrainedTokenizerFast)


def _try(folder: Path) -> None:
    """Read tokenizer.json in a process with limits first, as it will be read here.

    Raises ModelError when that takes too long or too much, or ends the process.
    """
    if not (folder / _WHOLE).is_file():
        return
    added = sorted(_added(folder))
    content = sha256((folder / _WHOLE).read_bytes() + repr(added).encode()).digest()
    if content in _SOUND:
        return
    trial = Apart(cutter.__name__)
    try:
        trial.ask({"file": str(folder / _WHOLE), "added": added}, SECONDS)
        _SOUND.add(content)
    except GivenUp as fault:
        log.warning("The tokenizer in %s was given up: %s", folder, fault.reason)
        if fault.answered:
            raise _unread(folder) from fault
        raise ModelError(
            "The tokenizer of {model} cannot be opened: {file} needs more than {seconds} seconds "
            "or {memory} GiB of memory. Save the tokenizer again with the "
            "program that made it, or choose another model.",
            model=called(folder),
            file=_WHOLE,
            seconds=round(SECONDS),
            memory=MEMORY >> 30,
        ) from fault
    finally:
        trial.close()


def _added(folder: Path) -> set[str]:
    """Whatever the files beside it may have the library add to it as a token."""
    found: set[str] = set()
    for name in _BESIDE:
        if (folder / name).is_file():
            found.update(_words(read_json(folder / name, BYTES)))
    return found - {""}


def _words(part: object) -> Iterator[str]:
    """Every text in a JSON value, names included; what a chat is written with is no token."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from (key, *(() if key == "chat_template" else _words(value)))
    elif isinstance(part, list):
        for value in part:
            yield from _words(value)


def _unread(folder: Path) -> ModelError:
    log.warning("The tokenizer in %s cannot be read", folder, exc_info=True)
    missing = filter(None, (stand_in(folder / name) for name in files(folder)))
    return next(missing, None) or ModelError(
        "The tokenizer of {model} cannot be read from {files}: a file is damaged, of another "
        "program, or missing beside them. Save the tokenizer again, with its tokenizer.json.",
        model=called(folder),
        files=", ".join(files(folder)) or _CONFIG,
    )

"""A model that hears speech and writes it down, from a folder that is judged first.

>>> called_sound({"feature_size": 128}).feature_size
128
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from transformers import (
    AutoConfig,
    AutoModelForSpeechSeq2Seq,
    PreTrainedTokenizerBase,
    WhisperFeatureExtractor,
)

from attention_core.errors import ModelError
from models.loading.checkpoint import network
from models.loading.documents import called, read_json
from models.loading.folders import judge
from models.loading.tokenizer import check, tokenizer

_FILE: Final = "preprocessor_config.json"
_BYTES: Final = 1 << 22
KINDS: Final = ("whisper",)
"""Those that are told by their configuration how sound is cut into frames."""


@dataclass(frozen=True)
class Ear:
    """A network that hears, what turns sound into its frames, and what its tokens are."""

    model: Any
    frames: WhisperFeatureExtractor
    tokenizer: PreTrainedTokenizerBase


def from_folder(folder: Path, root: Path, links: bool = False, ours: bool = False) -> Ear:
    """The model that hears in a folder below `root`.

    links  True where files may be links, as in the hub's cache; they must stay below root
    ours   True where the files came with this program, or with a package that it names

    Raises ModelError with a sentence for whatever is wrong with it.
    """
    judgement = judge(folder, root, links, tokens=False)
    if judgement.model_type not in KINDS:
        raise ModelError(
            "{model} ({type}) hears sound, but not as Whisper does, and cannot be listened with "
            "here; choose a model of the kind Whisper.",
            model=called(folder),
            type=judgement.model_type,
        )
    check(folder)

    def found() -> Any:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return AutoModelForSpeechSeq2Seq._model_mapping[type(config)]

    model = network(folder, found)
    said = read_json(folder / _FILE, _BYTES) if (folder / _FILE).is_file() else {}
    size = model.config.num_mel_bins
    return Ear(model, called_sound({"feature_size": size, **said}), tokenizer(folder, ours=ours))


def called_sound(said: Mapping[str, Any]) -> WhisperFeatureExtractor:
    """What turns sound into frames, of as many bands as a preprocessor_config.json says.

    All else is what every Whisper has: 80 or 128 bands of 25 ms, one each 10 ms, of 30 seconds.
    """
    size = said.get("feature_size", 80)
    if size not in (80, 128):
        raise ModelError(
            "{file} asks for {count} bands of sound; Whisper has 80 or 128.",
            file=_FILE,
            count=str(size)[:20],
        )
    made: Any = WhisperFeatureExtractor
    found: WhisperFeatureExtractor = made(feature_size=size)
    return found

"""What other programs save: recognised by the names of their files, so that a folder can say so.

>>> known({"model.pt", "dict.en.txt", "dict.fr.txt"}).title
'fairseq'
>>> known({"model.safetensors", "config.json"}) is None
True
"""

from __future__ import annotations

import os
from collections.abc import Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from attention_core.errors import ModelError
from models.loading.documents import called

_READ: Final = ("*.safetensors", "adapter_config.json")
"""Beside these, whatever else lies there is a copy in another form."""


@dataclass(frozen=True)
class Program:
    """A program by the files that it leaves: of each group at least one is there.

    signs  groups of patterns of names, the weights first
    """

    title: str
    signs: tuple[tuple[str, ...], ...]

    def weights(self, files: Set[str]) -> str:
        """The name of its weights among these files; empty where it is not this program."""
        found = [_matching(files, group) for group in self.signs]
        return min(found[0]) if all(found) else ""


PROGRAMS: Final = (
    Program("fairseq", (("*.pt",), ("dict.*.txt", "dict.txt"))),
    Program("Marian", (("*.npz",), ("*.yml", "*.yaml", "*.spm"))),
    Program("CTranslate2", (("model.bin",), ("*vocabulary.*",))),
    Program("OpenNMT-py", (("*_step_*.pt",),)),
    Program("Sockeye", (("params.best*", "params.00000*"), ("vocab.src.*", "args.yaml", "config"))),
    Program("Joey NMT", (("*.ckpt",), ("src_vocab.txt", "trg_vocab.txt"))),
    Program("NeMo", (("*.nemo",),)),
    Program("TensorFlow", (("saved_model.pb", "*.ckpt.index", "model.ckpt-*.index"),)),
    Program("Keras", (("*.keras",),)),
    Program("TensorFlow Lite", (("*.tflite",),)),
    Program("rust-bert", (("rust_model.ot",),)),
)
"""Programs whose folders hold no model that transformers opens, the most particular first."""


def known(files: Set[str]) -> Program | None:
    """The program that saved these files; None where none is recognised, or they can be read."""
    if _matching(files, _READ):
        return None
    return next((one for one in PROGRAMS if one.weights(files)), None)


def check(folder: Path) -> None:
    """Raises ModelError, with the name of the program, for a folder that another one saved."""
    files = set(os.listdir(folder))
    found = known(files)
    if found is not None:
        raise ModelError(
            "{model} was saved by {program} ({file}), whose models are not read here; choose one "
            "that was saved with transformers, or convert it to that form.",
            model=called(folder),
            program=found.title,
            file=found.weights(files)[:80],
        )


def _matching(files: Set[str], patterns: tuple[str, ...]) -> list[str]:
    return [file for file in files if any(fnmatchcase(file, one) for one in patterns)]

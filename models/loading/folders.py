"""Judging a model's folder before anything in it is loaded.

A folder may come from anywhere: its configuration is untrusted input. Every check here reads a
bounded number of bytes and runs no code of the folder; each refusal is one sentence.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     judge(Path(folder), Path(folder))  # doctest: +ELLIPSIS
Traceback (most recent call last):
attention_core.errors.ModelError: ... has no weights; a file model.safetensors is needed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING

from attention_core.errors import ModelError
from models.loading import adapters, programs, tokenizer, weights
from models.loading.documents import bounded_text, called, read_json

CONFIG_BYTES = 1 << 20
LAYERS = 1_000
LABELS = 100_000
"""Labels of a classifier; the library makes two names of each before anything else."""
SIZE = 10_000_000
"""No width, vocabulary or number of positions of a real model is larger."""

_LAYER_KEYS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers",
               "decoder_layers", "num_decoder_layers")  # fmt: skip
_WIDTH_KEYS = ("hidden_size", "n_embd", "d_model", "dim")
_OTHER_KEYS = ("vocab_size", "intermediate_size", "d_ff", "n_inner", "ffn_dim", "encoder_ffn_dim",
               "decoder_ffn_dim", "max_position_embeddings", "n_positions")  # fmt: skip
_COUNTED = re.compile(r"layer|dense|block|depth|stage")
"""What the library makes lists of, as long as a configuration says."""
_KERNELS = "_implementation"
"""How keys end that may name a program, for attention or for experts."""


@dataclass(frozen=True)
class Judgement:
    """What is known of a folder that may be loaded."""

    model_type: str
    parameters: int
    bytes: int


def judge(folder: Path, root: Path, links: bool = False, tokens: bool = True) -> Judgement:
    """What the folder holds, by its configuration and the headers of its weights.

    links   True where files may be links, as in the hub's cache; they must stay below root
    tokens  True where a tokenizer is needed

    Raises ModelError for the first thing that speaks against loading it.
    """
    _check_files(folder, root, links)
    for path in folder.glob("*.json"):
        bounded_text(path, tokenizer.BYTES)
    if adapters.alone(folder):
        raise adapters.no_base(folder)
    programs.check(folder)
    if not (folder / "config.json").is_file():
        weights.files(folder)
    config = read_json(folder / "config.json", CONFIG_BYTES)
    _check_code(folder, config)
    model_type = _model_type(called(folder), config)
    _check_sizes(called(folder), config)
    if tokens:
        tokenizer.check(folder)
    _check_quantised(called(folder), config)
    _check_kernels(called(folder), config)
    found = weights.files(folder)
    parameters = sum(map(weights.parameters, found))
    check_memory(called(folder), max(parameters, _promised(config)))
    return Judgement(model_type, parameters, sum(path.stat().st_size for path in found))


def _check_files(folder: Path, root: Path, links: bool) -> None:
    """Raises ModelError unless the folder is below root and holds only regular files."""
    inside = folder.resolve(), root.resolve()
    if not folder.is_dir() or not inside[0].is_relative_to(inside[1]):
        if folder.is_symlink():
            raise ModelError(
                "{model} is a link to a place outside the models directory; "
                "copy the folder itself there.",
                model=called(folder),
            )
        raise ModelError(
            "There is no model folder {model} in the models directory; choose one of the list.",
            model=called(folder),
        )
    for path in folder.iterdir():
        if path.is_dir():
            continue
        target = path.resolve()
        if path.is_symlink() and not (links and target.is_relative_to(inside[1])):
            raise ModelError(
                "{file} of {model} is a link to another place; "
                "copy the file itself into the folder.",
                file=path.name,
                model=called(folder),
            )
        if not target.is_file():
            raise ModelError(
                "{file} of {model} is not a regular file; remove it.",
                file=path.name,
                model=called(folder),
            )


def _check_code(folder: Path, config: dict[str, Any]) -> None:
    """Raises ModelError when the model wants to bring its own program."""
    found = {"config.json": config}
    if (folder / "tokenizer_config.json").exists():
        found["tokenizer_config.json"] = read_json(
            folder / "tokenizer_config.json", tokenizer.BYTES
        )
    for file, part in found.items():
        key = next((key for key in ("auto_map", "trust_remote_code") if part.get(key)), "")
        if not key:
            continue
        if config.get("model_type") in CONFIG_MAPPING:
            raise ModelError(
                "{model} brings program code of its own, which is never run here. Its "
                "architecture ({type}) is known without it: remove {key} from {file}.",
                model=called(folder),
                type=config["model_type"],
                key=key,
                file=file,
            )
        raise ModelError(
            "{model} brings program code of its own, which is never run here; "
            "choose a model whose architecture is part of transformers.",
            model=called(folder),
        )


def _check_quantised(name: str, config: dict[str, Any]) -> None:
    """Raises ModelError when the weights are stored as fewer bits than they are computed with."""
    found = config.get("quantization_config") or config.get("compression_config")
    if found:
        method = found.get("quant_method") if isinstance(found, dict) else None
        raise ModelError(
            "{model} is quantised ({method}): its weights are rounded to few bits, and are not "
            "computed with here. Choose the model that it was made from, in 16 or 32 bits.",
            model=name,
            method=str(method or "–")[:40],
        )


def _check_kernels(name: str, config: dict[str, Any]) -> None:
    """Raises ModelError when the configuration names a program to compute attention with."""
    for key, wanted in _implementations(config):
        if isinstance(wanted, str) and not wanted.isidentifier():
            raise ModelError(
                "config.json of {model} asks for the program “{wanted}” to compute with, and no "
                "program is fetched here; remove {key} from the file.",
                model=name,
                wanted=wanted[:80],
                key=key,
            )


def _implementations(config: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """(key, value) of every choice of an implementation: for the whole model or for its parts."""
    for key, asked in config.items():
        if key.endswith(_KERNELS):
            for wanted in asked.values() if isinstance(asked, dict) else (asked,):
                yield key, wanted
        elif isinstance(asked, dict):
            yield from _implementations(asked)


def _model_type(name: str, config: dict[str, Any]) -> str:
    found = config.get("model_type")
    if found is None:
        raise ModelError(
            "config.json of {model} does not say what kind of model it is (model_type); "
            "save the model again with transformers, or choose another one.",
            model=name,
        )
    if not isinstance(found, str) or found not in CONFIG_MAPPING:
        raise ModelError(
            "The architecture of {model} (“{found}” in config.json) is not known here; choose a "
            "model of an architecture that transformers has, such as bert, gpt2 or t5.",
            model=name,
            found=str(found)[:40],
        )
    return found


def _check_sizes(name: str, config: dict[str, Any]) -> None:
    """Raises ModelError when a size in the configuration is absurd or not a number."""
    for part in (config, *(value for value in config.values() if isinstance(value, dict))):
        for key in (*_LAYER_KEYS, *_WIDTH_KEYS, *_OTHER_KEYS, "num_labels"):
            value = part.get(key)
            most = LAYERS if key in _LAYER_KEYS else LABELS if key == "num_labels" else SIZE
            if value is None or isinstance(value, list):
                continue
            if not isinstance(value, int) or not 0 <= value <= most:
                raise _absurd(name, key, value, most)
        for key, value in part.items():
            if isinstance(value, int) and value > SIZE and _COUNTED.search(key):
                raise _absurd(name, key, value, SIZE)
        if (layers := _repeated(part.get("attention_types"))) > LAYERS:
            raise _absurd(name, "attention_types", layers, LAYERS)


def _absurd(name: str, key: str, value: object, most: int) -> ModelError:
    return ModelError(
        "config.json of {model} says {key} = {value}; "
        "at most {most:,} can be read. Choose a smaller model.",
        model=name,
        key=key,
        value=str(value)[:40],
        most=most,
    )


def _repeated(types: object) -> int:
    """Layers that GPT-Neo's configuration describes: some kinds of them, and how often."""
    rows = [row for row in types if isinstance(row, list)] if isinstance(types, list) else []
    pairs = (row for row in rows if len(row) > 1 and isinstance(row[1], int))
    return sum(row[1] * len(row[0]) for row in pairs if isinstance(row[0], list | str | dict))


def _promised(config: dict[str, Any]) -> int:
    """Parameters by the configuration: layers × 12 width² + vocabulary × width.

    Source: Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1, for a layer.
    """
    width = next((config[key] for key in _WIDTH_KEYS if isinstance(config.get(key), int)), 0)
    layers = sum(config[key] for key in _LAYER_KEYS if isinstance(config.get(key), int))
    tabled = ("max_position_embeddings", "n_positions") if not config.get("rope_theta") else ()
    tables = sum(config[key] for key in ("vocab_size", *tabled) if isinstance(config.get(key), int))
    return int(layers * 12 * width**2 + tables * width)


def check_memory(name: str, parameters: int) -> None:
    """Raises ModelError when the weights, four bytes each, would not fit beside what runs."""
    needed, free = parameters * 4 * 1.25, _free_memory()
    if needed > free:
        raise ModelError(
            "{model} has {millions:,.0f} million parameters and needs {needed:,.1f} GB of "
            "memory; {free:,.1f} GB are free. Choose a smaller model.",
            model=name,
            millions=parameters / 1e6,
            needed=needed / 1e9,
            free=free / 1e9,
        )


def _free_memory() -> float:
    """Bytes that can still be had, by the kernel's own estimate where there is one."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        found = re.search(r"MemAvailable:\s+(\d+) kB", meminfo.read_text())
        if found:
            return int(found[1]) * 1024
    if "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2
    return 4e9

"""The weight files of a model's folder, judged by their names and their headers alone.

>>> import tempfile
>>> from safetensors.torch import save_file
>>> import torch
>>> with tempfile.TemporaryDirectory() as folder:
...     save_file({"matrix": torch.zeros(3, 5)}, Path(folder) / WHOLE)
...     held(Path(folder))[0]
15
"""

from __future__ import annotations

import json
from functools import lru_cache
from math import prod
from pathlib import Path

from attention_core.errors import ModelError
from models.loading import adapters
from models.loading.documents import DEPTH, called, depth, read_json, stand_in

HEADER_BYTES = 16 << 20
INDEX_BYTES = 64 << 20
WHOLE = "model.safetensors"
INDEX = f"{WHOLE}.index.json"
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
_OTHERS = (".gguf", ".h5", ".msgpack", ".onnx", ".tflite", ".ggml")
"""What other programs save: of quantised models, of TensorFlow, JAX and the like."""


def files(folder: Path) -> list[Path]:
    """The safetensors files; raises ModelError when they are none that a model is loaded from."""
    found = sorted(folder.glob("*.safetensors"))
    if (folder / INDEX).is_file():
        _check_index(folder, {path.name for path in found})
        return found
    if (folder / WHOLE).is_file():
        return found
    if found:
        raise ModelError(
            "{model} has no {wanted} (there is {file}); rename its weights so, or save it again.",
            model=called(folder),
            wanted=WHOLE,
            file=found[0].name,
        )
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    if pickles:
        raise ModelError(
            "{model} has its weights as a pickle only ({file}), and a pickle can run "
            "any program when it is opened; save the model as safetensors.",
            model=called(folder),
            file=pickles[0],
        )
    others = sorted(path.name for path in folder.iterdir() if path.suffix in _OTHERS)
    if others:
        raise ModelError(
            "{model} has its weights as {file} only, a form that is not read here; "
            "save the model as safetensors.",
            model=called(folder),
            file=others[0],
        )
    raise ModelError(
        "{model} has no weights; a file model.safetensors is needed.", model=called(folder)
    )


def _check_index(folder: Path, present: set[str]) -> None:
    """Raises ModelError unless every file that the index names lies in the folder itself.

    transformers joins the names to the folder as they stand: one with a path would leave it.
    """
    wanted = read_json(folder / INDEX, INDEX_BYTES).get("weight_map")
    names = map(str, wanted.values()) if isinstance(wanted, dict) else [str(wanted)]
    for name in sorted(set(names) - present):
        raise ModelError(
            "{file} of {model} names the weights “{wanted}”, and there is no such safetensors file "
            "in the folder; put it there, or save the model again.",
            file=INDEX,
            model=called(folder),
            wanted=name[:80],
        )


def held(folder: Path) -> tuple[int, int]:
    """Numbers and bytes of a model as its files state them; zeros where they cannot be read."""
    try:
        found = [path for path in files(folder) if path.name != adapters.WEIGHTS]
        return sum(map(parameters, found)), sum(path.stat().st_size for path in found)
    except (ModelError, OSError):
        return 0, 0


def parameters(path: Path) -> int:
    """Numbers in one safetensors file, by its header; raises ModelError when it is incomplete.

    Source: the safetensors format, https://huggingface.co/docs/safetensors, "Format": eight bytes
    with the length of the header, the header as JSON, then the tensors without gaps.
    """
    state = path.stat()
    return _parameters(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=256)
def _parameters(path: Path, size: int, _changed: int) -> int:
    """As `parameters`, of a file of so many bytes that was last changed then."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > HEADER_BYTES:
            raise _broken(path)
        text = file.read(length).decode("utf-8", errors="replace")
    if depth(text) > DEPTH:
        raise _broken(path)
    try:
        header = json.loads(text)
        tensors = [value for key, value in header.items() if key != "__metadata__"]
        end = max((tensor["data_offsets"][1] for tensor in tensors), default=0)
        numbers = sum(prod(map(int, tensor["shape"])) for tensor in tensors)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as fault:
        raise _broken(path) from fault
    if 8 + length + end != size:
        raise _broken(path)
    return numbers


def _broken(path: Path) -> ModelError:
    return stand_in(path) or ModelError(
        "{file} of {model} is incomplete or damaged: its size is not what its "
        "header says. Copy or download it again.",
        file=path.name,
        model=called(path.parent),
    )

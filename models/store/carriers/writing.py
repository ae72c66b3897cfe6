"""A model's folder in the layout of the Hugging Face libraries.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     write(Path(folder), {"matrix": torch.ones(2, 3)}, {"config.json": {"model_type": "bert"}})
...     sorted(path.name for path in Path(folder).iterdir())
['config.json', 'model.safetensors']
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from models.loading.weights import WHOLE


def write(folder: Path, tensors: Mapping[str, Tensor], documents: Mapping[str, Any]) -> None:
    """Weights in half precision, and documents as JSON by the names of their files."""
    halves = {name: halved(tensor) for name, tensor in tensors.items()}
    save_file(halves, folder / WHOLE, metadata={"format": "pt"})
    for name, document in documents.items():
        text = json.dumps(document, ensure_ascii=False, indent=None if len(document) > 99 else 1)
        (folder / name).write_text(text, encoding="utf-8")


def halved(tensor: Tensor) -> Tensor:
    """Matrices in 16 bits; vectors stay in 32, for they weigh nothing and some span many powers."""
    kind = torch.float16 if tensor.ndim > 1 else torch.float32
    return tensor.detach().to(kind).contiguous().clone()

"""PyTorch's own files, of which numbers alone are read: the unpickler knows nothing else."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import Tensor

from attention_core.errors import ModelError


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by their names; raises ModelError when it holds anything else."""
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as fault:
        raise _unread(path) from fault
    if not isinstance(held, dict) or not all(isinstance(one, Tensor) for one in held.values()):
        raise _unread(path)
    return {str(name): tensor for name, tensor in held.items()}


def _unread(path: Path) -> ModelError:
    return ModelError("{file} holds no weights, or more than weights.", file=path.name)

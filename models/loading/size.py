"""How much memory a model would take: it is built without its numbers, and counted.

Weights that a configuration promises and a file lacks are made up by the library before it says
so. So whatever a configuration may promise, in whichever of its words, is counted first.

>>> from transformers import BertConfig, BertModel
>>> config = BertConfig(num_hidden_layers=1, hidden_size=8, vocab_size=10, num_attention_heads=2)
>>> counted = parameters(BertModel, config, "a small one")
>>> counted >= sum(tensor.numel() for tensor in BertModel(config).parameters())
True
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import nn
from torch.nn.modules.module import register_module_module_registration_hook

from attention_core.errors import ModelError

SECONDS: Final = 20.0
"""For building a model without its numbers; the deepest in use take about one."""
PARTS: Final = 200_000
"""Modules of a model; the largest mixtures of experts have some ten thousands."""


SINUSOIDS: Final = 10_000_000
"""Numbers of such tables that the library works out in Python, in two microseconds each; the
largest in use, Pegasus's, have two millions. What it makes as a tensor is counted as one."""
_CHOSEN: Final = ("sinusoidal_pos_embds", "sinusoidal_embeddings")
"""What DistilBERT, XLM and FlauBERT say in their configuration."""


def parameters(found: Any, config: Any, name: str) -> int:
    """How many numbers a model of that class holds, those that no file has included.

    found   the class of the library
    config  its configuration, read

    Raises ModelError when it has absurdly many parts, or positions to work out sinusoids for.
    """
    with _bounded(name), torch.device("meta"):
        model = found._from_config(config, attn_implementation="eager")
    tables = (part.parameters(recurse=False) for part in sinusoids(model).values())
    numbers = sum(tensor.numel() for table in tables for tensor in table)
    if numbers > SINUSOIDS:
        raise ModelError(
            "config.json of {model} describes tables of {numbers:,} sinusoids for the model's "
            "positions; at most {most:,} are worked out. Correct the number of positions in it, "
            "or choose another model.",
            model=name,
            numbers=numbers,
            most=SINUSOIDS,
        )
    return sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()))


def sinusoids(model: nn.Module) -> dict[str, nn.Module]:
    """Tables that the library fills with sinusoids of positions where no file has them, by path."""
    configs = [part.config for part in model.modules() if hasattr(part, "config")]
    chosen = any(getattr(one, name, False) for one in configs for name in _CHOSEN)
    return {
        path: part
        for path, part in model.named_modules()
        if "Sinusoidal" in type(part).__name__ or (chosen and path.endswith("position_embeddings"))
    }


@contextmanager
def _bounded(name: str) -> Iterator[None]:
    """What this thread builds meanwhile is ended when it has too many parts or takes too long."""
    mine, began = threading.get_ident(), time.monotonic()
    parts = 0

    def has(_module: nn.Module, _name: str, _part: nn.Module | None) -> None:
        nonlocal parts
        if threading.get_ident() != mine:
            return
        parts += 1
        if parts > PARTS or time.monotonic() - began > SECONDS:
            raise ModelError(
                "config.json of {model} describes a model of more than {parts:,} parts, or one "
                "that takes longer than {seconds} seconds to build. Choose a smaller model.",
                model=name,
                parts=PARTS,
                seconds=round(SECONDS),
            )

    hook = register_module_module_registration_hook(has)
    try:
        yield
    finally:
        hook.remove()

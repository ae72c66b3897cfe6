"""The mechanisms as they act on words: built, given their trained numbers, and run.

>>> learns("multi_head"), learns("scaled_dot_product")
(True, False)
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import torch
from safetensors.torch import load_file
from torch import Tensor

from attention_core.mechanisms import ALL
from attention_core.mechanisms.mechanism import Mechanism, Trace
from models.ours.imitation.head import Words

WIDTH: Final = 32
"""Of the head's queries, keys and values."""
FOLDER: Final = Path(__file__).parent / "checkpoint"
WEIGHTS: Final = FOLDER / "students.safetensors"
CARD: Final = FOLDER / "card.json"


def learns(name: str) -> bool:
    """Whether a mechanism has numbers to train."""
    return any(True for _ in ALL[name].of_width(WIDTH).parameters())


@cache
def weights() -> dict[str, Tensor]:
    """The trained numbers of all students, as mechanism/parameter."""
    return load_file(WEIGHTS)


@cache
def missed() -> dict[str, float]:
    """How far the weights of each measured mechanism are from the head's, on held-out sentences.

    Half the sum of the differences of a row, on average: 0 = the same, 1 = nothing in common.
    """
    found: dict[str, float] = card()["missed"]
    return found


@cache
def card() -> dict[str, Any]:
    """What training wrote beside the numbers."""
    written: dict[str, Any] = json.loads(CARD.read_text(encoding="utf-8"))
    return written


def held_out() -> int:
    """Sentences on which the imitation was measured."""
    count: int = card()["sentences"]["held_out"]
    return count


@cache
def student(name: str) -> Mechanism:
    """A mechanism of the head's width with its trained numbers, ready to use.

    One that was never trained has numbers drawn by its name: the same at every start.
    """
    made = drawn(name)
    prefix = f"{name}/"
    known = {key.removeprefix(prefix): x for key, x in weights().items() if key.startswith(prefix)}
    made.load_state_dict({**made.state_dict(), **known})
    return made.eval().requires_grad_(False)


def drawn(name: str) -> Mechanism:
    """A mechanism of the head's width as it is before training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(crc32(name.encode()))
        return ALL[name].of_width(WIDTH)


@torch.inference_mode()
def look(name: str, words: Words) -> Trace:
    """What one mechanism looks at in a sentence."""
    trace: Trace = student(name)(words.query, words.key, words.value)
    return trace

"""Mechanisms with invented numbers, and what the laws give them to look at."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import torch
from torch import Tensor, nn

from attention_core.mechanisms.mechanism import Mechanism, Trace
from tests.mechanisms.builder import BATCH, BUILDERS, KEYS, QUERIES, Builder


def builder(name: str) -> Builder:
    """How a mechanism is made, as the test file of its family says, whichever file runs first."""
    if name not in BUILDERS:
        import_module("tests.mechanisms.found")
    return BUILDERS[name]


def made(name: str) -> Mechanism:
    torch.manual_seed(29)
    mechanism = builder(name).make().double()
    for parameter in mechanism.parameters():
        nn.init.normal_(parameter, std=0.4)
    return mechanism


@dataclass(frozen=True)
class Inputs:
    query: Tensor
    key: Tensor
    value: Tensor
    allowed: Tensor

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter((self.query, self.key, self.value, self.allowed))


def inputs(name: str, batch: tuple[int, ...] = (BATCH,)) -> Inputs:
    """Random tensors. Key 4 is forbidden to all, and query 2 may look at nothing."""
    widths, dice = builder(name), torch.Generator().manual_seed(31)

    def random(rows: int, width: int) -> Tensor:
        return torch.randn(*batch, rows, width, generator=dice, dtype=torch.float64)

    allowed = torch.rand(*batch, QUERIES, KEYS, generator=dice) < 0.7
    allowed[..., 4] = False
    allowed[..., 2, :] = False
    allowed[..., [0, 1, 3, 4], 1] = True
    return Inputs(
        random(QUERIES, widths.query), random(KEYS, widths.key),
        random(KEYS, widths.value), allowed,
    )  # fmt: skip


def weights_of(trace: Trace) -> list[list[list[float]]]:
    rounded: list[list[list[float]]] = trace.weights.double().round(decimals=6).tolist()
    return rounded

"""Convolutions as attention: weights by distance, from a kernel that slides along the words.

The kernel is centred on the query's own position. As a matrix (query, key) it is a band; where
the band reaches over the edge, or over a forbidden key, its share is lost, as with zero padding.

>>> light = LightConv(width=1, heads=1, kernel=3).double()
>>> _ = light.kernels.data.copy_(torch.tensor([[1.0, 2.0, 1.0]]).double().log())
>>> light(torch.ones(3, 1).double(), torch.ones(3, 1).double()).weights.round(decimals=6).tolist()
[[[0.5, 0.25, 0.0], [0.25, 0.5, 0.25], [0.0, 0.25, 0.5]]]
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Final, Self

import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms.equation import CONTEXT, VALUE, Term
from attention_core.mechanisms.families.position import distances
from attention_core.mechanisms.linear import light_convolution
from attention_core.mechanisms.mechanism import (
    Card,
    Extra,
    Knob,
    Mechanism,
    Trace,
    check_heads,
    check_width,
    edited,
    joined,
    split,
)
from attention_core.mechanisms.price import HEADS, NONE, Cost, Factor, Size
from attention_core.mechanisms.stages import Explained, stage

_LINK = "https://arxiv.org/abs/1901.10430"


def _slid(size: Size) -> float:
    """Keys under a kernel that is centred on the query."""
    half = min(size.kernel // 2, size.length)
    return size.length * (2 * half + 1) - half * (half + 1)


KERNEL: Final = Factor(r"(nk - \frac{k^2 - 1}{4})", _slid)
_KERNELS: Final = Factor(
    "2ndHk", lambda size: 2 * size.length * size.width * size.heads * size.kernel
)


class Convolution(Mechanism):
    """What both kinds share: the kernel of each head laid on the band, and neighbours in a head.

    Head h owns the slice [h·d, (h+1)·d) of the values. The paper's projections before and after,
    its gate and its dropped connections are left out.

    width   of the values
    kernel  how many positions a query reads, an odd number
    """

    knobs = (
        Knob("heads", N_("Heads"), 1, 4, 2, stops=(1, 2, 4)),
        Knob("kernel", N_("Kernel width"), 1, 9, 3, 2, stops=(1, 3, 5, 7, 9)),
    )

    stages = (
        Explained(
            "kernel", N_("kernel"), N_("The weights of a neighbourhood, whatever stands there.")
        ),
    )

    def __init__(self, width: int, heads: int, kernel: int) -> None:
        super().__init__()
        check_heads(width, heads)
        if kernel < 1 or kernel % 2 == 0:
            raise ShapeError(
                "A kernel of {kernel} has no middle; use an odd number from 1.", kernel=kernel
            )
        self.width, self.heads, self.kernel = width, heads, kernel

    @classmethod
    def of_width(cls, width: int, **turned: float) -> Self:
        return cls(width, **cls.settings(turned))

    @classmethod
    def of_size(cls, size: Size) -> Self:
        return cls(size.width, size.heads, size.kernel)

    @abstractmethod
    def logits(self, query: Tensor) -> Tensor:
        """The kernel of each head and query before the softmax: (..., head, query, kernel).

        One row for all queries where they do not differ.
        """

    @abstractmethod
    def shown(self, kernels: Tensor) -> Extra:
        """The kernels (..., head, query, kernel) as they are drawn."""

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        check_width("value", value, self.width)
        place = distances(query, key, first) + self.kernel // 2
        band = (place >= 0) & (place < self.kernel)
        logits = self.logits(query)
        kernels = torch.softmax(logits / self.temperature, -1)
        shown = self.shown(kernels)
        stage(*shown)

        values = stage("values", split(value, self.heads), "v w")
        scores = stage("scores", _on_band(logits, place).masked_fill(~band, 0))
        allowed = (allowed & band).unsqueeze(-3)
        weights = _on_band(kernels, place).masked_fill(~allowed, 0)
        weights = edited(self, weights, allowed, first, heads=True)

        context = self.take(weights, values)
        return Trace(scores, allowed, weights, values, context, (shown,))

    def take(self, weights: Tensor, values: Tensor) -> Tensor:
        """The heads' contexts side by side: (..., query, head·d)."""
        return joined(weights @ values)


def _on_band(kernels: Tensor, place: Tensor) -> Tensor:
    """The number of each pair's place: (..., query, kernel) to (..., query, key).

    place  (query, key): the place in the kernel; what is beyond its ends gets the end's number
    """
    inside = place.clamp(0, kernels.shape[-1] - 1)
    rows = kernels.expand(*kernels.shape[:-2], len(place), -1)
    return rows.gather(-1, inside.expand(*rows.shape[:-1], -1))


class LightConv(Convolution):
    """Wu et al. 2019, section 3, lightweight convolution: one kernel for all positions.

    It looks at no query and no key: only where they stand counts.
    """

    card = Card(
        name="light_conv",
        title=N_("Lightweight convolution (LightConv)"),
        equation=r"O_{i,c} = \sum_{j=1}^{k} \mathrm{softmax}(W_h)_j\;"
        r" X_{i + j - \lceil (k+1)/2 \rceil,\,c},\quad h = \lceil cH/d \rceil",
        source="Wu et al. 2019, section 3",
        link=_LINK,
        sums_to_one_over="neither",
        checked="code",
        place=230,
        sets={"kernel": 1},
        stops={"convolution": 0},
    )
    cost = Cost(KERNEL, NONE, keeps=Factor("Hk", lambda size: size.heads * size.kernel))
    terms = (CONTEXT, Term("softmax(W)_{j−i}", "weights"), VALUE)

    def __init__(self, width: int, heads: int, kernel: int) -> None:
        super().__init__(width, heads, kernel)
        self.kernels = nn.Parameter(torch.empty(heads, kernel))  # W
        nn.init.xavier_uniform_(self.kernels)

    def linear(self) -> Callable[[Tensor], Tensor]:
        return lambda rows: light_convolution(rows, self.kernels.softmax(-1))

    def logits(self, query: Tensor) -> Tensor:
        return self.kernels.unsqueeze(-2).expand(*query.shape[:-2], self.heads, 1, self.kernel)

    def shown(self, kernels: Tensor) -> Extra:
        return Extra("kernel", kernels[..., 0, :], "h w")


class DynamicConv(Convolution):
    """Wu et al. 2019, section 4, dynamic convolution: each query makes a kernel of its own.

    The kernel comes from the query alone, where attention compares it with every key.
    """

    card = Card(
        name="dynamic_conv",
        title=N_("Dynamic convolution (DynamicConv)"),
        equation=r"O_{i,c} = \sum_{j=1}^{k} \mathrm{softmax}(f(X_i)_h)_j\;"
        r" X_{i + j - \lceil (k+1)/2 \rceil,\,c},\quad f(X_i)_{h,j} = \sum_c W^Q_{h,j,c} X_{i,c}",
        source="Wu et al. 2019, section 4",
        link=_LINK,
        sums_to_one_over="neither",
        checked="code",
        place=240,
        sets={"kernel": 2},
        stops={"convolution": 1},
    )
    cost = Cost(KERNEL, NONE, kept=HEADS, once=_KERNELS)
    terms = (
        CONTEXT, Term("softmax(", "weights"), Term("W q_i", "kernel"), Term(")_{j−i}", "weights"),
        VALUE,
    )  # fmt: skip

    def __init__(self, width: int, heads: int, kernel: int) -> None:
        super().__init__(width, heads, kernel)
        self.kernel_projection = nn.Linear(width, heads * kernel, bias=False)  # W^Q

    def logits(self, query: Tensor) -> Tensor:
        check_width("query", query, self.kernel_projection.in_features)
        made: Tensor = self.kernel_projection(query)
        return split(made, self.heads)

    def shown(self, kernels: Tensor) -> Extra:
        return Extra("kernel", kernels, "h q w")

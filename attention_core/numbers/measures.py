"""Numbers about heads: how wide they look, how far, and how much of it lands on special tokens."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from attention_core.axes.tokens import Axis
from attention_core.watching.record import Site


class Measure(NamedTuple):
    """One number per head, with its unit; `of` gives (head,) for one site."""

    name: str
    unit: str
    of: Callable[[Site], Tensor]


def entropy(site: Site) -> Tensor:
    """How widely a head spreads its look: 0 = one key, log2(keys) = all alike.

    returns  (head,), bits, the mean over the reader's own tokens
    """
    weights = _reader_rows(site)
    nats = 0 - torch.xlogy(weights, weights).sum(-1)  # 0 − x: a plain minus would make "-0.00"
    return nats.mean(-1) / math.log(2)


def distance(site: Site) -> Tensor:
    """How far a head looks, in tokens: the mean of |query − key|, weighted by attention.

    returns  (head,), tokens; NaN where queries and keys are different texts
    """
    if site.kind == "cross":
        return torch.full((site.heads,), torch.nan)
    queries, keys = torch.arange(len(site.queries)), torch.arange(len(site.keys))
    apart = (queries[:, None] - keys[None, :]).abs().float()[_ordinary(site.queries)]
    return (_reader_rows(site) * apart).sum(-1).mean(-1)


def on_specials(site: Site) -> Tensor:
    """Share of attention on tokens that the model added, such as [CLS]. returns (head,), 0 to 1"""
    special = torch.tensor([token.special for token in site.keys.tokens])
    return _reader_rows(site)[..., special].sum(-1).mean(-1)


def _offset(step: int) -> Callable[[Site], Tensor]:
    """Share of attention on the token `step` places further on: (head,), 0 to 1.

    The mean over the reader's own tokens that have such a neighbour.
    """

    def share(site: Site) -> Tensor:
        if site.kind == "cross":
            return torch.full((site.heads,), torch.nan)
        places = torch.arange(len(site.queries))[_ordinary(site.queries)]
        places = places[(places + step >= 0) & (places + step < len(site.keys))]
        return site.weights()[:, places, places + step].sum(-1) / max(1, len(places))

    return share


def _ordinary(axis: Axis) -> Tensor:
    flags = torch.tensor([not token.special for token in axis.tokens])
    return flags if bool(flags.any()) else torch.ones_like(flags)


def _reader_rows(site: Site) -> Tensor:
    return site.weights()[:, _ordinary(site.queries)]


ALL = (
    Measure("entropy", "bits", entropy),
    Measure("distance", "tokens", distance),
    Measure("on_specials", "", on_specials),
    Measure("on_previous", "", _offset(-1)),
    Measure("on_itself", "", _offset(0)),
    Measure("on_next", "", _offset(1)),
)
"""Every measure the app offers; tables, menus and tests derive from it."""


def table(sites: tuple[Site, ...]) -> dict[str, Tensor]:
    """Every measure of every head: name to (site, head)."""
    return {measure.name: torch.stack([measure.of(site) for site in sites]) for measure in ALL}

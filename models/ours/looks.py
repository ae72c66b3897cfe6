"""What a look inside a network of ours was: where, by which mechanism, and whether it adds up.

>>> from attention_core.mechanisms.families.dot_product import ScaledDotProduct
>>> mechanism = ScaledDotProduct()
>>> trace = mechanism(torch.eye(2)[None], torch.eye(2)[None])
>>> look = Traced(Place("encoder", 0), mechanism, trace)
>>> str(look.place), integrity(look).verified
('encoder.0', True)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from attention_core.axes.axis import Axis
from attention_core.mechanisms.mechanism import Mechanism, Trace
from attention_core.watching.capture import edits_of
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, Site, Stored


class Traced(NamedTuple):
    """One attention of a pass: its place, the mechanism, and what it did."""

    place: Place
    mechanism: Mechanism
    trace: Trace

    @property
    def kind(self) -> str:
        return self.place.kind

    @property
    def layer(self) -> int:
        return self.place.layer


def integrity(look: Traced, row: int = 0) -> Integrity:
    """How far rows are from what the mechanism promises, and weights × values from its output.

    row  of the batch

    A row sums to 1, to 0 where nothing is allowed; one that a reader edited to anything between.
    """
    one = slice(row, row + 1)
    weights, context = look.trace.weights[one], look.trace.context[one]
    with torch.no_grad():
        taken = look.mechanism.take(weights, look.trace.values[one])
    sums = weights.sum(-1)
    whole = look.mechanism.card.sums_to_one_over == "keys" and not edits_of(look.mechanism)
    due = look.trace.allowed.expand_as(look.trace.weights)[one].any(-1).to(sums)
    distance = (sums - due).abs() if whole else sums - due
    gap = float((taken - context).abs().max())
    return Integrity(max(0.0, float(distance.max())), gap / max(float(context.abs().max()), 1e-12))


def site(look: Traced, queries: Axis, keys: Axis, row: int = 0) -> Site[Any]:
    """That look as a record holds it, between two axes of any kind."""
    weights = look.trace.weights[row]
    allowed = look.trace.allowed.expand_as(look.trace.weights)[row].any(0)
    return Site(
        (look.place,), len(weights), queries, keys, Stored(weights, allowed), integrity(look, row)
    )

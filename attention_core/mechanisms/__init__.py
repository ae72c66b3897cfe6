"""The one registry of mechanisms, in the order of the story."""

from __future__ import annotations

from attention_core.mechanism import Mechanism
from attention_core.mechanisms.additive import Additive
from attention_core.mechanisms.dot_product import MultiHead, ScaledDotProduct
from attention_core.mechanisms.local import LocalMonotonic, LocalPredictive
from attention_core.mechanisms.luong import Concat, Dot, General, Location

ALL: dict[str, type[Mechanism]] = {
    mechanism.card.name: mechanism
    for mechanism in (
        Additive,
        Dot,
        General,
        Concat,
        Location,
        LocalMonotonic,
        LocalPredictive,
        ScaledDotProduct,
        MultiHead,
    )
}

__all__ = [
    "ALL",
    "Additive",
    "Concat",
    "Dot",
    "General",
    "LocalMonotonic",
    "LocalPredictive",
    "Location",
    "MultiHead",
    "ScaledDotProduct",
]

"""The one registry of mechanisms, in the order of the story."""

from __future__ import annotations

from attention_core.mechanism import Mechanism
from attention_core.mechanisms.additive import Additive
from attention_core.mechanisms.dot_product import MultiHead, ScaledDotProduct

ALL: dict[str, type[Mechanism]] = {
    mechanism.card.name: mechanism for mechanism in (Additive, ScaledDotProduct, MultiHead)
}

__all__ = ["ALL", "Additive", "MultiHead", "ScaledDotProduct"]

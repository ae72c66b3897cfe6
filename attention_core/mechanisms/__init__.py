"""The one registry of mechanisms, in the order of the story."""

from __future__ import annotations

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.families.convolution import DynamicConv, LightConv
from attention_core.mechanisms.families.crossmodal import CoAttention, StackedCross, TwoTower
from attention_core.mechanisms.families.dot_product import MultiHead, ScaledDotProduct
from attention_core.mechanisms.families.entmax import Entmax, Sparsemax
from attention_core.mechanisms.families.grouped import GroupedQuery
from attention_core.mechanisms.families.hard import GumbelHard, Hard
from attention_core.mechanisms.families.key_value import KeyValue
from attention_core.mechanisms.families.local import LocalMonotonic, LocalPredictive
from attention_core.mechanisms.families.luong import Concat, Dot, General, Location
from attention_core.mechanisms.families.position import Alibi, RelativeBias, Rotary
from attention_core.mechanisms.families.routing import Routing
from attention_core.mechanisms.families.span import AdaptiveSpan
from attention_core.mechanisms.families.sparse import BigBird, Longformer, SlidingWindow
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.mechanisms.uses import USES, Use

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
        Hard,
        GumbelHard,
        KeyValue,
        ScaledDotProduct,
        MultiHead,
        GroupedQuery,
        RelativeBias,
        Alibi,
        Rotary,
        SlidingWindow,
        Longformer,
        BigBird,
        Sparsemax,
        Entmax,
        AdaptiveSpan,
        LightConv,
        DynamicConv,
        Routing,
        StackedCross,
        CoAttention,
        TwoTower,
    )
}

__all__ = [
    "ALL",
    "USES",
    "AdaptiveSpan",
    "Additive",
    "Alibi",
    "BigBird",
    "CoAttention",
    "Concat",
    "Dot",
    "DynamicConv",
    "Entmax",
    "General",
    "GroupedQuery",
    "GumbelHard",
    "Hard",
    "KeyValue",
    "LightConv",
    "LocalMonotonic",
    "LocalPredictive",
    "Location",
    "Longformer",
    "MultiHead",
    "RelativeBias",
    "Rotary",
    "Routing",
    "ScaledDotProduct",
    "SlidingWindow",
    "Sparsemax",
    "StackedCross",
    "TwoTower",
    "Use",
]

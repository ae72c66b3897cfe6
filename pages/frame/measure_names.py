"""The measures of heads in the reader's words."""

from __future__ import annotations

from attention_core.numbers.measures import Measure
from pages.frame.language import _


def title(measure: Measure) -> str:
    """A short name with its unit."""
    return {
        "entropy": _("spread (bits)"),
        "distance": _("distance (tokens)"),
        "on_specials": _("on special tokens"),
        "on_previous": _("on the one before"),
        "on_itself": _("on itself"),
        "on_next": _("on the next one"),
    }[measure.name]


def explanation(measure: Measure) -> str:
    """What the number means, in a sentence."""
    return {
        "entropy": _("How widely the head looks: 0 bits is one token, more is more tokens."),
        "distance": _("How far away the head looks, on average, weighted by attention."),
        "on_specials": _("Share of attention on tokens that the model added, such as [CLS]."),
        "on_previous": _("Share of attention on the token just before."),
        "on_itself": _("Share of attention that a token keeps for itself."),
        "on_next": _("Share of attention on the token just after."),
    }[measure.name]

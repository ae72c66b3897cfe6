"""What one mechanism is called by the company it keeps: self or cross, soft, global.

These are no equations of their own, but ways to use one that is in the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from attention_core.marking import N_


@dataclass(frozen=True)
class Use:
    """A name of the field for a mechanism in a certain place.

    looks   self: queries, keys and values are made of the same words; cross: of two texts
    means   what the name says, in one sentence
    source  authors, year, section
    """

    name: str
    title: str
    mechanism: str
    looks: Literal["self", "cross"]
    means: str
    source: str
    link: str


USES: dict[str, Use] = {
    use.name: use
    for use in (
        Use(
            "global_attention",
            N_("Global attention"),
            "luong_general",
            "cross",
            N_("Every word of the source is looked at, where local attention has a window."),
            "Luong, Pham & Manning 2015, section 3.1",
            "https://arxiv.org/abs/1508.04025",
        ),
        Use(
            "soft_attention",
            N_("Soft attention"),
            "additive",
            "cross",
            N_("A share of everything is taken, where hard attention takes one thing whole."),
            "Xu et al. 2015, section 4.2",
            "https://arxiv.org/abs/1502.03044",
        ),
        Use(
            "self_attention",
            N_("Self-attention"),
            "scaled_dot_product",
            "self",
            N_("Every word looks at the words of its own sentence, itself included."),
            "Vaswani et al. 2017, section 3.2.3",
            "https://arxiv.org/abs/1706.03762",
        ),
        Use(
            "cross_attention",
            N_("Cross-attention (encoder–decoder)"),
            "scaled_dot_product",
            "cross",
            N_("The words being written look at the words that were read."),
            "Vaswani et al. 2017, section 3.2.3",
            "https://arxiv.org/abs/1706.03762",
        ),
    )
}

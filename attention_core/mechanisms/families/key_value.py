"""Key–value attention: what is compared and what is taken away are two different things.

>>> import torch
>>> key, value = torch.zeros(2, 1).double(), torch.tensor([[0.0], [4.0]]).double()
>>> trace = KeyValue(1, 1, 1).double()(torch.ones(1, 1).double(), key, value)
>>> trace.context.tolist()  # keys alike: half of each value
[[2.0]]
"""

from __future__ import annotations

from attention_core.marking import N_
from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.mechanism import Card


class KeyValue(Additive):
    """Daniluk et al. 2017, section 3.2: each earlier state is cut into a key and a value.

    The score is additive attention's, over keys alone; the values are what is summed. Where keys
    and values are the same rows this *is* additive attention.
    """

    card = Card(
        name="key_value",
        title=N_("Key–value attention"),
        equation=r"M_t = \tanh(W_Y K_t + (W_h k_t)\mathbf{1}^\top),\quad"
        r" \alpha_t = \mathrm{softmax}(w^\top M_t),\quad r_t = V_t\,\alpha_t^\top",
        source="Daniluk et al. 2017, section 3.2; memory: Miller et al. 2016, section 3.1",
        link="https://arxiv.org/abs/1702.04521",
        sums_to_one_over="keys",
        checked="unread",
        place=100,
        sets={"heads": 0},
        stops={"key_value": 0},
    )

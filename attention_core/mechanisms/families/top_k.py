"""Only the best: the softmax over the few keys that score highest.

>>> import torch
>>> query = torch.tensor([[1.0]], dtype=torch.float64)
>>> key = torch.tensor([[1.0], [0.1], [3.0]], dtype=torch.float64).log()
>>> TopK(count=2)(query, key).weights.round(decimals=6).tolist()
[[[0.25, 0.0, 0.75]]]
"""

from __future__ import annotations

from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.mechanism import Card, Knob, softmax


def best(scores: Tensor, allowed: Tensor, count: int) -> Tensor:
    """Which `count` allowed keys score highest; of equals the ones that stand first.

    scores   (..., query, key)
    allowed  bool, broadcasts to scores
    returns  (..., query, key), bool; all that is allowed where that is no more than `count`
    """
    hidden = scores.detach().masked_fill(~allowed, float("-inf"))
    order = hidden.argsort(dim=-1, descending=True, stable=True)
    rank = order.argsort(dim=-1)  # of each key in its row, 0 = the highest
    kept: Tensor = allowed & (rank < count)
    return kept


class TopK(ScaledDotProduct):
    """Gupta et al. 2021, section 2; Zhao et al. 2019, section 3: the k largest scores are kept.

    The rest gets exactly nothing, and no gradient. Zhao et al. keep every key that ties with the
    k-th; here never more than k are kept, and of equals the first. All pairs are scored, so the
    price is that of the softmax; the papers save memory, by never keeping more than k weights.

    count  k: how many keys each query looks at
    """

    card = Card(
        name="top_k",
        title=N_("Top-k attention"),
        equation=r"a_i = \mathrm{softmax}\!\left(\mathrm{top}_k\!\left("
        r"\frac{q_i K^\top}{\sqrt{d}}\right)\right),\quad \mathrm{top}_k(z)_j ="
        r" \begin{cases} z_j & z_j \text{ among the } k \text{ largest}\\"
        r" -\infty & \text{otherwise}\end{cases}",
        source="Gupta et al. 2021, section 2; Zhao et al. 2019, section 3, eq. 2–4",
        link="https://arxiv.org/abs/2106.06899",
        sums_to_one_over="keys",
        checked="unread",
        place=205,
        sets={"normal": 3},
    )

    knobs = (Knob("count", N_("Keys that are kept"), 1, 12, 2),)

    def __init__(self, count: int = 2) -> None:
        super().__init__()
        if count < 1:
            raise ShapeError("{count} keys are none to look at; keep at least 1.", count=count)
        self.count = count

    def normalise(self, scores: Tensor, allowed: Tensor) -> Tensor:
        return softmax(scores / self.temperature, best(scores, allowed, self.count))

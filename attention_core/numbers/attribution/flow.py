"""Attention flow: the most that can run from where the output is read down to each token, when
every attention weight is the width of a pipe.

>>> weights = torch.tensor([[[1.0, 0.0], [0.5, 0.5]]], dtype=torch.float64)
>>> reads = torch.tensor([0.0, 1.0], dtype=torch.float64)
>>> [round(value, 6) for value in flow([weights], reads).tolist()]
[0.25, 0.75]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import maximum_flow
from torch import Tensor

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes, layers
from attention_core.numbers.attribution.output import Output
from attention_core.numbers.spread import shares
from attention_core.watching.record import Note

MOST: Final = 64
"""Tokens: the time grows with their fourth power."""
SCALE: Final = 1 << 28
"""What a pipe of width 1 is for the solver, which knows whole numbers of 32 bits only."""
_RAW: Final = Note(
    "Flow is shown as it is: each token for itself, never less than the rollout. The scores need "
    "not add up to 1."
)
_SHARED: Final = Note(
    "Flow is shown as its authors do, divided by the sum over all tokens: shares that add up to 1, "
    "and may be less than the rollout."
)


def flow(weights: Sequence[Tensor], reads: Tensor, residual: float = 0.5) -> Tensor:
    """(token,), float64: the largest flow from the places read to each token at the bottom.

    weights   of each layer, the first one first: (head, query, key)
    reads     (token,), sums to 1: how much enters at each place at the top
    residual  the share of each place that passes by a layer's attention

    Every pipe is rounded down to a whole number of 2^-28, so a flow is too small by less than the
    number of pipes in a cut times that.
    """
    count, depth = len(reads), len(weights)
    same = torch.eye(count, dtype=torch.float64)
    pipes = [
        shares(residual * same + (1 - residual) * shares(one.detach().double().cpu().mean(0)))
        for one in weights
    ]
    graph = _graph(pipes, reads.detach().double().cpu())
    start = count * (depth + 1)
    return torch.tensor(
        [maximum_flow(graph, start, token).flow_value / SCALE for token in range(count)],
        dtype=torch.float64,
    )


def _graph(pipes: Sequence[Tensor], reads: Tensor) -> csr_array:
    """Nodes: level · token count + token, level 0 at the bottom; the last one is the start."""
    count, depth = len(reads), len(pipes)
    starts, ends, widths = list[NDArray[np.int64]](), list[NDArray[np.int64]](), list[Tensor]()
    for level, pipe in enumerate(pipes, 1):
        queries, keys = np.divmod(np.arange(count * count), count)
        starts.append(level * count + queries)
        ends.append((level - 1) * count + keys)
        widths.append(pipe.flatten())
    starts.append(np.full(count, count * (depth + 1)))
    ends.append(depth * count + np.arange(count))
    widths.append(reads)
    whole = (torch.cat(widths) * SCALE).to(torch.int32).numpy()
    nodes = count * (depth + 1) + 1
    places = np.concatenate(starts), np.concatenate(ends)
    graph = csr_array(coo_array((whole, places), shape=(nodes, nodes)))
    graph.eliminate_zeros()
    return graph


def _attribute(output: Output, knobs: Knobs) -> Found:
    looked = [layer.weights for layer in layers(output, within=True)]
    if len(output.given) > MOST:
        raise AttentionError(
            "Flow takes too long for {tokens} tokens; it is worked out for at most {most}. Look at "
            "the rollout, which asks the same of any number.",
            tokens=len(output.given),
            most=MOST,
        )
    found = flow(looked, output.reads)
    if not knobs.shares:
        return Found(found, notes=(_RAW,))
    return Found(found / found.sum(), notes=(_SHARED,))


METHOD = Method(
    "flow",
    N_("Flow"),
    "Abnar & Zuidema 2020, https://arxiv.org/abs/2005.00928, section 3",
    r"s_j = \operatorname{maxflow}(i^L \to j^0),\ \text{capacities } \hat A^l",
    N_(
        "It sees the same weights as the rollout and asks how much could run through them, not how "
        "much does: never less than the rollout, unless it is shown as shares that add up to 1."
    ),
    ("weights",),
    lambda _tokens, _knobs: Passes(1),
    _attribute,
    30,
    knobs=("shares",),
)

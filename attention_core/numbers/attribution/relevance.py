"""Chefer's relevance: a rollout in which only what speaks for the output is passed on.

>>> weights = torch.tensor([[[1.0, 0.0], [0.5, 0.5]]])
>>> relevance([(weights, torch.tensor([[[0.0, 0.0], [1.0, -1.0]]]))]).tolist()
[[1.0, 0.0], [0.5, 1.0]]
>>> looks = (torch.full((1, 1, 2), 0.5), torch.tensor([[[1.0, 3.0]]]))
>>> alone = (torch.ones(1, 1, 1), torch.zeros(1, 1, 1))
>>> crossing([(weights, torch.zeros(1, 2, 2))], [alone], [looks]).tolist()
[[0.5, 1.5]]
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.numbers.attribution.method import Found, Knobs, Method, Passes, felt, gradients
from attention_core.numbers.attribution.output import Output


def relevance(layers: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """(query, key): R = I, then R += mean over heads of (gradient · weights)⁺ times R.

    layers  (weights, gradient), each (head, query, key), the first one first

    Source: Chefer, Gur & Wolf 2021, section 3.1, eq. 5 and 6.
    """
    total: Tensor | None = None
    for weights, gradient in layers:
        if total is None:
            total = torch.eye(weights.shape[-1], dtype=weights.dtype, device=weights.device)
        total = total + _passed(weights, gradient) @ total
    if total is None:
        raise ShapeError("Relevance needs at least one layer.")
    return total


def crossing(
    encoder: Iterable[tuple[Tensor, Tensor]],
    decoder: Iterable[tuple[Tensor, Tensor]],
    cross: Iterable[tuple[Tensor, Tensor]],
) -> Tensor:
    """(target, source): how relevant the source is to each place of a decoder, by its looks at the
    source, at what is written, and those of the encoder at itself.

    encoder  (weights, gradient), each (head, source, source), the first layer first
    decoder  the same, (head, target, target)
    cross    the same, (head, target, source), one for each of the decoder's

    Source: ibid., eq. 5 to 10, in the order in which an encoder–decoder computes. A row to which
    nothing was passed on yet, 0/0 in eq. 8 and 9, stays the identity.
    """
    over, own = None, None
    source = relevance(encoder)
    for (looks, slope), (crosses, rise) in zip(decoder, cross, strict=True):
        if over is None or own is None:
            own = torch.eye(looks.shape[-1], dtype=looks.dtype, device=looks.device)
            over = crosses.new_zeros(crosses.shape[-2:])
        passed = _passed(looks, slope)
        over, own = over + passed @ over, own + passed @ own
        over = over + shared(own).T @ _passed(crosses, rise) @ shared(source)
    if over is None:
        raise ShapeError("Relevance needs at least one layer.")
    return over


def shared(total: Tensor) -> Tensor:
    """R̄: what was passed on in each row of R, as shares that sum to 1, beside the identity.

    Source: ibid., eq. 8 and 9.
    """
    same = torch.eye(len(total), dtype=total.dtype, device=total.device)
    passed = total - same
    whole = passed.sum(-1, keepdim=True)
    return torch.where(whole > 0, passed / whole.where(whole > 0, whole.new_ones(())), 0.0) + same


def _passed(weights: Tensor, gradient: Tensor) -> Tensor:
    """Ā, eq. 5: the mean over heads of what speaks for the output."""
    return (weights * gradient).clamp_min(0).mean(0)


def _attribute(output: Output, _knobs: Knobs) -> Found:
    around = output.around() if output.crosses and output.around else None
    if around is not None:
        looked = (around.encoder, around.decoder, output.layers)
        made = crossing(*(felt(one, output.model) for one in looked))
        return Found((output.reads.to(made) @ made).double().cpu())
    made = relevance(gradients(output, within=True))
    passed = made - torch.eye(len(made), dtype=made.dtype, device=made.device)
    return Found((output.reads.to(made) @ passed).double().cpu())


METHOD = Method(
    "relevance",
    N_("Relevance"),
    "Chefer, Gur & Wolf 2021, https://arxiv.org/abs/2103.15679, section 3, eq. 5 to 10",
    r"R \leftarrow R + \bar A R,\quad \bar A = \mathbb E_h\big[(\nabla A^h \odot A^h)^+\big],"
    r"\quad R_{ts} \leftarrow R_{ts} + \bar R_{tt}^{\top} \bar A_{ts} \bar R_{ss}",
    N_(
        "It sees weights and their gradients in all layers, and leaves out whatever speaks against "
        "the output. A token’s own way past the attention is not counted. Of a translator that "
        "looks within both texts it follows the looks at the source on to the source’s own."
    ),
    ("weights", "gradient"),
    lambda _tokens, _knobs: Passes(1, 1),
    _attribute,
    60,
)

"""Scaled dot products, alone and in several heads."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from attention_core import mechanisms
from attention_core.errors import ShapeError
from attention_core.mechanisms.families.dot_product import MultiHead, ScaledDotProduct
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import matrix, scaled_by_hand
from tests.mechanisms.builder import HEADS, Array, by_hand
from tests.mechanisms.inputs import inputs, made, weights_of

by_hand("scaled_dot_product", ScaledDotProduct, query=11, key=11, value=19)(scaled_by_hand)


@by_hand(
    "multi_head", lambda: MultiHead(33, HEADS), query=33, key=33, value=33, heads=HEADS, biased=True
)
def multi_head_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    assert isinstance(m, MultiHead)
    width = query.shape[1] // m.heads
    heads = []
    for h in range(m.heads):
        mine = slice(h * width, (h + 1) * width)

        def project(linear: nn.Linear, rows: Array, mine: slice = mine) -> Array:
            bias = np.asarray(linear.bias.detach().numpy())
            return np.asarray(rows @ matrix(linear)[mine].T + bias[mine])

        heads.append(
            scaled_by_hand(
                m, project(m.query_projection, query), project(m.key_projection, key),
                project(m.value_projection, value), allowed,
            )
        )  # fmt: skip
    last = m.output_projection
    bias = np.asarray(last.bias.detach().numpy())
    return np.asarray(np.concatenate(heads, 1) @ matrix(last).T + bias)


def test_scaled_dot_product_by_hand() -> None:
    """Scores are 2·ln 3 / √4 = ln 3 and 0, so the weights are 3/4 and 1/4."""
    query = torch.tensor([[2.0, 0, 0, 0]])
    key = torch.tensor([[math.log(3), 0, 0, 5], [0, 1, 0, 0]])
    trace = ScaledDotProduct()(query, key, torch.tensor([[4.0], [8.0]]))
    assert trace.scores.tolist() == [[[pytest.approx(math.log(3)), 0.0]]]
    assert weights_of(trace) == [[[0.75, 0.25]]]
    assert trace.context.tolist() == [[pytest.approx(5.0)]]


def test_multi_head_by_hand() -> None:
    """Head 1 owns the first two numbers and splits 3 : 1, head 2 the last two and splits 1 : 7."""
    mechanism = MultiHead(4, 2)
    with torch.no_grad():
        for linear in mechanism.children():
            assert isinstance(linear, nn.Linear)
            nn.init.eye_(linear.weight)
            nn.init.zeros_(linear.bias)
    root = math.sqrt(2)
    query = torch.tensor([[root * math.log(3), 0, 0, root * math.log(7)]])
    key = torch.tensor([[1.0, 0, 0, 0], [0, 0, 0, 1]])
    trace = mechanism(query, key, torch.tensor([[4.0, 0, 0, 8], [0, 4, 8, 0]]))
    assert weights_of(trace) == [[[0.75, 0.25]], [[0.125, 0.875]]]
    assert trace.context.tolist() == [pytest.approx([3.0, 1.0, 7.0, 1.0])]


def test_scaled_dot_product_equals_torchs() -> None:
    given = inputs("scaled_dot_product")
    rows = [0, 1, 3, 4]  # torch gives NaN where a query may look at nothing
    oracle = nn.functional.scaled_dot_product_attention(
        given.query[:, rows], given.key, given.value, attn_mask=given.allowed[:, rows]
    )
    torch.testing.assert_close(ScaledDotProduct()(*given).context[:, rows], oracle)


def test_multi_head_equals_torchs() -> None:
    ours, given = made("multi_head"), inputs("multi_head")
    assert isinstance(ours, MultiHead)
    theirs = nn.MultiheadAttention(33, HEADS, batch_first=True).double()
    inner = (ours.query_projection, ours.key_projection, ours.value_projection)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([linear.weight for linear in inner]))
        theirs.in_proj_bias.copy_(torch.cat([linear.bias for linear in inner]))
        theirs.out_proj.load_state_dict(ours.output_projection.state_dict())
    rows = [0, 1, 3, 4]
    forbidden = ~given.allowed[:, rows].repeat_interleave(HEADS, 0)
    context, weights = theirs(
        given.query[:, rows], given.key, given.value,
        attn_mask=forbidden, average_attn_weights=False,
    )  # fmt: skip
    trace = ours(*given)
    torch.testing.assert_close(trace.weights[:, :, rows], weights)
    torch.testing.assert_close(trace.context[:, rows], context)


def test_self_attention_turns_with_the_order_of_its_words() -> None:
    """Without positions a sentence is a bag of words (Vaswani et al. 2017, section 3.5)."""
    use = mechanisms.USES["self_attention"]
    mechanism = mechanisms.ALL[use.mechanism].of_width(8)
    words = torch.randn(6, 8, generator=torch.Generator().manual_seed(2))
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    plain = mechanism(words, words)
    turned = mechanism(words[order], words[order])
    torch.testing.assert_close(turned.context, plain.context[order])
    torch.testing.assert_close(turned.weights, plain.weights[:, order][..., order])


@pytest.mark.parametrize("heads", [0, -2, 5])
def test_heads_that_do_not_divide_the_width_are_refused(heads: int) -> None:
    with pytest.raises(ShapeError, match=f"{heads} heads do not divide a width of 12"):
        MultiHead(12, heads)

"""Heads that are mixed: before the softmax, and after it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from attention_core.errors import ShapeError
from attention_core.mechanisms import cost
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.families.talking import TalkingHeads
from attention_core.mechanisms.mechanism import Mechanism, split
from attention_core.mechanisms.price import Size
from tests.mechanisms.arithmetic import matrix, product, shares
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import inputs, made, weights_of

HEADS, WIDTH = 3, 33


@by_hand("talking_heads", lambda: TalkingHeads(WIDTH, HEADS), query=WIDTH, key=WIDTH, value=WIDTH,
         heads=HEADS, signed=True)  # fmt: skip
def talking_heads_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """Every score of a pair speaks to every head, and so does every share."""
    assert isinstance(m, TalkingHeads)
    heads, d = range(m.heads), WIDTH // m.heads
    before, after = m.logits_mixing.detach().numpy(), m.weights_mixing.detach().numpy()

    def part(linear: nn.Linear, row: Array, head: int) -> Array:
        return np.asarray(matrix(linear)[head * d : (head + 1) * d] @ row)

    def score(head: int, i: int, j: int) -> float:
        looks = part(m.query_projection, query[i], head)
        return product(looks, part(m.key_projection, key[j], head)) / math.sqrt(d)

    contexts = []
    for i in range(len(query)):
        scores = [[score(f, i, j) for j in range(len(key))] for f in heads]
        taken = np.zeros((m.heads, d))
        for h in heads:
            mixed = [sum(before[h, f] * scores[f][j] for f in heads) for j in range(len(key))]
            share = shares(np.array(mixed), allowed[i])
            for g in heads:
                for j in range(len(key)):
                    value_ = part(m.value_projection, value[j], g)
                    taken[g] += after[g, h] * share[j] * value_
        contexts.append(matrix(m.output_projection) @ taken.reshape(-1))
    return np.array(contexts)


def two() -> TalkingHeads:
    """Two heads of one number each, which see queries, keys and values as they are."""
    mechanism = TalkingHeads(2, 2).double()
    for name, parameter in mechanism.named_parameters():
        if name.endswith("projection.weight"):
            parameter.data.copy_(torch.eye(2))
    return mechanism


ONE = torch.tensor([[1.0, 1.0]], dtype=torch.float64)
KEYS = torch.tensor([[math.log(3), 0.0], [0.0, math.log(4)]], dtype=torch.float64)
"""Head 1 scores ln 3 and 0, head 2 scores 0 and ln 4: shares 3/4, 1/4 and 1/5, 4/5."""


def test_scores_are_mixed_before_the_softmax() -> None:
    """The first head hears the second alone; the second hears both: ln 3 and ln 4 make 3/7, 4/7."""
    mechanism = two()
    mechanism.logits_mixing.data.copy_(torch.tensor([[0.0, 1.0], [1.0, 1.0]]))
    found = mechanism(ONE, KEYS)
    assert weights_of(found) == [[[0.2, 0.8]], [[round(3 / 7, 6), round(4 / 7, 6)]]]


def test_shares_are_mixed_after_the_softmax() -> None:
    """Twice 3/4 less 1/5 is 1.3, twice 1/4 less 4/5 is −0.3: their sum is 1, no share is."""
    mechanism = two()
    mechanism.weights_mixing.data.copy_(torch.tensor([[2.0, -1.0], [0.0, 3.0]]))
    value = torch.tensor([[10.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    found = mechanism(ONE, KEYS, value)
    assert weights_of(found) == [[[1.3, -0.3]], [[0.6, 2.4]]]
    assert found.context.tolist() == [[pytest.approx(13.0), pytest.approx(2.4)]]


def test_matrices_that_mix_nothing_make_multi_head_attention() -> None:
    talking, multi = TalkingHeads(WIDTH, HEADS).double(), MultiHead(WIDTH, HEADS).double()
    for name, parameter in multi.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
    multi.load_state_dict(
        {name: of for name, of in talking.state_dict().items() if "mixing" not in name},
        strict=False,
    )
    given = inputs("talking_heads")
    torch.testing.assert_close(talking(*given).weights, multi(*given).weights)
    torch.testing.assert_close(talking(*given).context, multi(*given).context)


def test_mixing_equals_torchs_convolution_over_the_heads() -> None:
    mechanism, given = made("talking_heads"), inputs("talking_heads")
    assert isinstance(mechanism, TalkingHeads)
    before, after = mechanism.logits_mixing, mechanism.weights_mixing
    queries = split(mechanism.query_projection(given.query), HEADS)
    keys = split(mechanism.key_projection(given.key), HEADS)
    scores = torch.einsum("bhqd,bhkd->bhqk", queries, keys) / math.sqrt(WIDTH // HEADS)
    mixed = torch.conv2d(scores, before[:, :, None, None])
    mask = torch.where(given.allowed, 0.0, -torch.inf)[:, None]
    oracle = torch.conv2d((mixed + mask).softmax(-1), after[:, :, None, None])
    seeing = [0, 1, 3, 4]  # torch gives NaN where a query may look at nothing
    found = mechanism(*given).weights
    torch.testing.assert_close(found[..., seeing, :], oracle[..., seeing, :])


def test_every_head_hears_every_other() -> None:
    """What the keys of one head say changes the weights of all."""
    mechanism, given = made("talking_heads"), inputs("talking_heads")
    assert isinstance(mechanism, TalkingHeads)
    before = mechanism(*given).weights
    mechanism.key_projection.weight.data[: WIDTH // HEADS] *= 2
    after = mechanism(*given).weights
    assert [not torch.allclose(before[:, head], after[:, head]) for head in range(HEADS)] == [
        True, True, True,
    ]  # fmt: skip


def test_a_pair_costs_two_more_matrices_of_the_heads() -> None:
    """2·d for the products of all heads and 2·d for the values; mixing costs 2·H² each time."""
    assert cost.operations("talking_heads", length=10, width=8, heads=2) == 100 * (
        16 + 16 + 2 * 2 * 2**2
    )
    assert cost.of(TalkingHeads.of_size(Size(10, 8, 2)), 10, 8) == 100 * (16 + 16 + 16)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ShapeError, match="4 heads do not divide a width of 33"):
        TalkingHeads(WIDTH, 4)

"""Heads that share keys and values, and values that are no keys."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.families.grouped import GroupedQuery
from attention_core.mechanisms.mechanism import Mechanism, split
from tests.mechanisms.arithmetic import matrix, scaled_by_hand
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import inputs, made


@by_hand("grouped_query", lambda: GroupedQuery(44, 4, 2), query=44, key=44, value=44, heads=4)
def grouped_query_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """Head h looks with its own queries at the keys and values of group ⌊h · G / H⌋."""
    assert isinstance(m, GroupedQuery)
    width = query.shape[1] // m.heads

    def part(linear: nn.Linear, rows: Array, place: int) -> Array:
        return np.asarray(rows @ matrix(linear)[place * width : (place + 1) * width].T)

    heads = []
    for h in range(m.heads):
        g = h * m.groups // m.heads
        keys, values = part(m.key_projection, key, g), part(m.value_projection, value, g)
        heads.append(scaled_by_hand(m, part(m.query_projection, query, h), keys, values, allowed))
    return np.asarray(np.concatenate(heads, 1) @ matrix(m.output_projection).T)


ROWS = [0, 1, 3, 4]
"""Torch gives NaN where a query may look at nothing, as query 2 of the inputs."""
HEADS, WIDTH = 4, 44


def rows(count: int, seed: int) -> torch.Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, WIDTH, generator=dice, dtype=torch.float64)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_equal_torchs_grouped_attention(groups: int) -> None:
    torch.manual_seed(5)
    mechanism, given = GroupedQuery(WIDTH, HEADS, groups).double(), inputs("grouped_query")
    heads = scaled_dot_product_attention(
        split(mechanism.query_projection(given.query[:, ROWS]), HEADS),
        split(mechanism.key_projection(given.key), groups),
        split(mechanism.value_projection(given.value), groups),
        attn_mask=given.allowed[:, None, ROWS],
        enable_gqa=True,
    )
    oracle = mechanism.output_projection(heads.transpose(-3, -2).flatten(-2))
    torch.testing.assert_close(mechanism(*given).context[:, ROWS], oracle)


def test_as_many_groups_as_heads_are_multi_head_attention() -> None:
    grouped, multi = GroupedQuery(WIDTH, HEADS, HEADS).double(), MultiHead(WIDTH, HEADS).double()
    for name, parameter in multi.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.zeros_(parameter)
    multi.load_state_dict(grouped.state_dict(), strict=False)
    query, key = rows(5, 1), rows(7, 2)
    torch.testing.assert_close(grouped(query, key).context, multi(query, key).context)
    torch.testing.assert_close(grouped(query, key).weights, multi(query, key).weights)


def test_heads_of_one_group_take_the_same_values_and_those_of_two_do_not() -> None:
    values = GroupedQuery(WIDTH, HEADS, 2).double()(rows(5, 1), rows(7, 2)).values
    assert torch.equal(values[0], values[1])
    assert torch.equal(values[2], values[3])
    assert not torch.allclose(values[1], values[2])


def test_one_group_keeps_a_quarter_of_the_keys_of_four_heads() -> None:
    kept = GroupedQuery(WIDTH, HEADS, 1).key_projection.out_features
    assert kept * HEADS == MultiHead(WIDTH, HEADS).key_projection.out_features


@pytest.mark.parametrize(("heads", "groups"), [(4, 3), (4, 0), (4, 8)])
def test_groups_that_do_not_divide_the_heads_are_refused(heads: int, groups: int) -> None:
    with pytest.raises(ShapeError, match=f"{groups} groups do not divide {heads} heads"):
        GroupedQuery(WIDTH, heads, groups)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ShapeError, match="3 heads do not divide a width of 44"):
        GroupedQuery(WIDTH, 3, 1)


def test_what_is_taken_away_does_not_change_where_one_looks() -> None:
    mechanism, given = made("key_value"), inputs("key_value")
    before = mechanism(*given)
    swapped = given.value.clone()
    swapped[:, [0, 1]] = swapped[:, [1, 0]]
    after = mechanism(given.query, given.key, swapped, given.allowed)
    assert torch.equal(after.weights, before.weights)
    assert not torch.allclose(after.context, before.context)

"""Scores that know where tokens stand, held to their laws and to other people's programs."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.families.position import (
    Alibi,
    RelativeBias,
    Rotary,
    alibi_slopes,
    distances,
    rotated,
)
from attention_core.mechanisms.mechanism import Mechanism, split
from tests.mechanisms.arithmetic import attended, product
from tests.mechanisms.builder import HEADS, Array, by_hand


def turned(vector: Array, position: int, base: float) -> Array:
    """Every pair of numbers as a complex one, times e^(i m θ)."""
    width, numbers = len(vector), []
    for pair in range(width // 2):
        theta = base ** (-2 * pair / width)
        spun = complex(vector[2 * pair], vector[2 * pair + 1]) * cmath.exp(1j * position * theta)
        numbers += [spun.real, spun.imag]
    return np.array(numbers)


@by_hand("rotary", Rotary, query=22, key=22, value=19, placed=True)
def rotary_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """(R_m q) · (R_n k) / √d"""
    assert isinstance(m, Rotary)
    base, root = m.base, math.sqrt(key.shape[1])
    return attended(
        lambda i, j: product(turned(query[i], i, base), turned(key[j], j, base)) / root,
        value,
        allowed,
    )


def biased(
    heads: int, bias: Callable[[int, int, int], float], query: Array, key: Array, value: Array,
    allowed: Array,
) -> Array:  # fmt: skip
    """q · k / √d + bias, each head with its share of the numbers"""
    found = []
    for h in range(heads):
        q, k, v = (np.split(part, heads, 1)[h] for part in (query, key, value))
        root = math.sqrt(k.shape[1])

        def score(i: int, j: int, h: int = h, q: Array = q, k: Array = k, d: float = root) -> float:
            return product(q[i], k[j]) / d + bias(h, i, j)

        found.append(attended(score, v, allowed))
    return np.concatenate(found, 1)


@by_hand("alibi", lambda: Alibi(HEADS), query=33, key=33, value=21, heads=HEADS, placed=True)
def alibi_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """q · k / √d − |i − j| / 2^(8h/H), heads counted from 1"""
    assert isinstance(m, Alibi)

    def score(h: int, i: int, j: int) -> float:
        return -abs(i - j) / 2 ** (8 * (h + 1) / m.heads)

    return biased(m.heads, score, query, key, value, allowed)


@by_hand(
    "relative_bias",
    lambda: RelativeBias(HEADS, 2),
    query=33,
    key=33,
    value=21,
    heads=HEADS,
    placed=True,
)
def relative_bias_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """q · k / √d + b at the distance j − i, at most R either way"""
    assert isinstance(m, RelativeBias)
    biases = np.asarray(m.biases.detach().numpy())

    def score(h: int, i: int, j: int) -> float:
        return float(biases[h, min(max(j - i, -m.reach), m.reach) + m.reach])

    return biased(m.heads, score, query, key, value, allowed)


TOKENS, WIDTH = 7, 22


def rows(count: int = TOKENS, width: int = WIDTH, seed: int = 3) -> torch.Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=dice, dtype=torch.float64)


def test_one_turn_by_hand() -> None:
    """The first pair turns by one radian a step."""
    found = rotated(torch.tensor([[3.0, 4.0]]), first=1)
    expected = [3 * math.cos(1) - 4 * math.sin(1), 3 * math.sin(1) + 4 * math.cos(1)]
    assert found[0].tolist() == pytest.approx(expected)


def test_the_first_position_is_not_turned_and_no_turn_changes_a_length() -> None:
    vectors = rows()
    found = rotated(vectors)
    torch.testing.assert_close(found[0], vectors[0])
    torch.testing.assert_close(found.norm(dim=-1), vectors.norm(dim=-1))


@pytest.mark.parametrize("moved", [1, 5, 100])
def test_rotary_products_know_the_distance_only(moved: int) -> None:
    query, key = rows(seed=1), rows(seed=2)
    here = rotated(query) @ rotated(key).T
    there = rotated(query, moved) @ rotated(key, moved).T
    torch.testing.assert_close(here, there)
    assert not torch.allclose(here, rotated(query, moved) @ rotated(key).T)


def test_rotary_equals_llamas() -> None:
    """Llama keeps the first numbers of all pairs before the second ones."""
    query, key = rows(seed=1).float(), rows(seed=2).float()
    config = LlamaConfig(hidden_size=WIDTH, num_attention_heads=1, head_dim=WIDTH)
    cosine, sine = LlamaRotaryEmbedding(config)(query[None], torch.arange(TOKENS)[None])

    def halves(vectors: torch.Tensor) -> torch.Tensor:
        return torch.cat((vectors[:, 0::2], vectors[:, 1::2]), -1)[None, None]

    theirs = apply_rotary_pos_emb(halves(query), halves(key), cosine, sine)
    scores = (theirs[0] @ theirs[1].transpose(-2, -1))[0, 0] / math.sqrt(WIDTH)
    ours = Rotary()(query, key).scores[0]
    torch.testing.assert_close(ours, scores, atol=2e-6, rtol=0)


@pytest.mark.parametrize("heads", [1, 2, 8, 16])
def test_alibis_slopes_equal_blooms(heads: int) -> None:
    theirs = build_alibi_tensor(torch.ones(1, TOKENS), heads, torch.float32)
    biases = theirs.reshape(heads, TOKENS)  # slope times the position of the key
    torch.testing.assert_close(alibi_slopes(heads).float(), biases[:, 1])


def test_eight_heads_have_the_slopes_of_the_paper() -> None:
    assert alibi_slopes(8).tolist() == [1 / 2**power for power in range(1, 9)]


@pytest.mark.parametrize("made", [Alibi(3), RelativeBias(3, 2)])
def test_a_bias_equals_torchs_attention_with_that_bias(made: Alibi | RelativeBias) -> None:
    query, key, value = rows(5, 33, seed=1), rows(7, 33, seed=2), rows(7, 6, seed=4)
    if isinstance(made, RelativeBias):
        torch.nn.init.normal_(made.biases)
    trace = made.double()(query, key, value)
    bias = trace.extras[0].tensor
    theirs = scaled_dot_product_attention(
        split(query, 3), split(key, 3), split(value, 3), attn_mask=bias
    )
    torch.testing.assert_close(trace.context, theirs.transpose(0, 1).flatten(-2))


def test_alibi_falls_by_its_slope_with_every_step_away() -> None:
    bias = Alibi(2).bias(distances(torch.zeros(1, 1), torch.zeros(4, 1), first=2))
    assert bias[0].tolist() == [[-2 / 16, -1 / 16, 0, -1 / 16]]
    assert bias[1].tolist() == [[-2 / 256, -1 / 256, 0, -1 / 256]]


def test_one_head_without_biases_is_scaled_dot_product() -> None:
    query, key = rows(5, seed=1), rows(seed=2)
    plain = ScaledDotProduct()(query, key)
    trace = RelativeBias(1, 2).double()(query, key)
    torch.testing.assert_close(trace.weights, plain.weights)
    torch.testing.assert_close(trace.context, plain.context)


def test_a_relative_bias_tells_before_from_after_and_stops_at_its_reach() -> None:
    made = RelativeBias(1, 2)
    made.biases.data = torch.tensor([[10.0, 20.0, 30.0, 40.0, 50.0]])
    assert made.bias(distances(torch.zeros(1, 1), torch.zeros(7, 1), first=3))[0, 0].tolist() == [
        10,
        10,
        20,
        30,
        40,
        50,
        50,
    ]


def test_what_cannot_turn_is_refused() -> None:
    with pytest.raises(ShapeError, match="use an even one"):
        Rotary()(rows(width=3), rows(width=3))
    with pytest.raises(ShapeError, match="use more than 1"):
        Rotary(1)
    with pytest.raises(ShapeError, match="use 1 or more"):
        Alibi(0)
    with pytest.raises(ShapeError, match="at least 1 and 0"):
        RelativeBias(1, -1)
    with pytest.raises(ShapeError, match="same width"):
        Alibi(1)(rows(width=3), rows(width=5))
    with pytest.raises(ShapeError, match="3 heads do not divide a width of 22"):
        Alibi(3)(rows(), rows())

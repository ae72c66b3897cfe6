"""Luong's four global scores, against sums by hand, each other and torch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.families.luong import Concat, Dot, General, Location
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import attended, matrix, product
from tests.mechanisms.builder import POSITIONS, Array, by_hand
from tests.mechanisms.inputs import inputs, made, weights_of


@by_hand("luong_concat", lambda: Concat(11, 13, 17), query=11, key=13, value=19)
def concat_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """v · tanh(W [h; s]), with the one matrix of the paper."""
    assert isinstance(m, Additive)
    whole = np.concatenate([matrix(m.query_projection), matrix(m.key_projection)], 1)
    v = matrix(m.score)[0]

    def score(i: int, j: int) -> float:
        both = np.concatenate([query[i], key[j]])
        return product(v, np.tanh([float(row @ both) for row in whole]))

    return attended(score, value, allowed)


@by_hand("luong_dot", Dot, query=11, key=11, value=19)
def dot_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """h · s"""
    del m
    return attended(lambda i, j: product(query[i], key[j]), value, allowed)


def bilinear(m: General, query: Array, key: Array) -> float:
    """h W s: a sum over both widths"""
    w = matrix(m.key_projection)
    rows, columns = w.shape
    return float(sum(query[a] * w[a, b] * key[b] for a in range(rows) for b in range(columns)))


@by_hand("luong_general", lambda: General(11, 13), query=11, key=13, value=19)
def general_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    assert isinstance(m, General)
    return attended(lambda i, j: bilinear(m, query[i], key[j]), value, allowed)


@by_hand(
    "luong_location",
    lambda: Location(11, POSITIONS),
    query=11,
    key=13,
    value=19,
    placed=True,
    blind=("key",),
)
def location_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """Row j of W h, whatever key j is; keys beyond the last row are out of sight (footnote 6)."""
    assert isinstance(m, Location)
    w = matrix(m.position)
    seen = allowed & (np.arange(len(key)) < len(w))
    return attended(lambda i, j: product(w[j], query[i]) if j < len(w) else 0.0, value, seen)


ROWS = [0, 1, 3, 4]
"""Torch gives NaN where a query may look at nothing, as query 2 of the inputs."""


def test_dot_is_torchs_attention_without_its_scale() -> None:
    given = inputs("luong_dot")
    oracle = nn.functional.scaled_dot_product_attention(
        given.query[:, ROWS], given.key, given.value, attn_mask=given.allowed[:, ROWS], scale=1.0
    )
    torch.testing.assert_close(Dot()(*given).context[:, ROWS], oracle)


def test_general_is_torchs_attention_of_projected_keys() -> None:
    mechanism, given = made("luong_general"), inputs("luong_general")
    assert isinstance(mechanism, General)
    oracle = nn.functional.scaled_dot_product_attention(
        given.query[:, ROWS] @ mechanism.key_projection.weight, given.key, given.value,
        attn_mask=given.allowed[:, ROWS], scale=1.0,
    )  # fmt: skip
    torch.testing.assert_close(mechanism(*given).context[:, ROWS], oracle)


def test_dot_by_hand() -> None:
    """Scores are ln 3 and 0 without any scale, so the weights are 3/4 and 1/4."""
    query = torch.tensor([[2.0, 0, 0, 0]])
    key = torch.tensor([[math.log(3) / 2, 0, 0, 5], [0, 1, 0, 0]])
    trace = Dot()(query, key, torch.tensor([[4.0], [8.0]]))
    assert weights_of(trace) == [[[0.75, 0.25]]]
    assert trace.context.tolist() == [[pytest.approx(5.0)]]


def test_general_by_hand() -> None:
    """The matrix takes the key's second number to the query's first, times ln 7."""
    mechanism = General(1, 2)
    with torch.no_grad():
        mechanism.key_projection.weight.copy_(torch.tensor([[0.0, math.log(7)]]))
    trace = mechanism(torch.tensor([[1.0]]), torch.tensor([[9.0, 1.0], [5.0, 0.0]]))
    assert weights_of(trace) == [[[0.875, 0.125]]]


def test_concat_by_hand() -> None:
    """W [h; s] = 2 h + s / 2 is 1 for the first key, which scores v · tanh 1 = ln 3; then 0."""
    mechanism = Concat(1, 1, 1)
    nn.init.constant_(mechanism.query_projection.weight, 2.0)
    nn.init.constant_(mechanism.key_projection.weight, 0.5)
    nn.init.constant_(mechanism.score.weight, math.log(3) / math.tanh(1))
    trace = mechanism(torch.tensor([[0.25]]), torch.tensor([[1.0], [-1.0]]))
    assert weights_of(trace) == [[[0.75, 0.25]]]


def test_location_by_hand() -> None:
    """Scores are ln 2, 0 and ln 5 whatever the keys are; the third key would be 5/8."""
    mechanism = Location(1, 3)
    with torch.no_grad():
        mechanism.position.weight.copy_(torch.tensor([[math.log(2)], [0.0], [math.log(5)]]))
    query, key = torch.tensor([[1.0]]), torch.tensor([[7.0], [-3.0], [0.0]])
    assert weights_of(mechanism(query, key)) == [[[0.25, 0.125, 0.625]]]
    short = torch.round(mechanism(query, key[:2]).weights, decimals=6)
    assert short.tolist() == [[[pytest.approx(2 / 3, abs=1e-6), pytest.approx(1 / 3, abs=1e-6)]]]


def test_general_with_the_identity_is_dot() -> None:
    given = inputs("luong_dot")
    mechanism = General(11, 11).double()
    nn.init.eye_(mechanism.key_projection.weight)
    torch.testing.assert_close(mechanism(*given).weights, Dot()(*given).weights)


def test_general_is_linear_in_each_of_its_arguments() -> None:
    mechanism, given = made("luong_general"), inputs("luong_general")
    plain = mechanism(given.query, given.key).scores
    other = mechanism(given.query.flip(1), given.key).scores
    torch.testing.assert_close(
        mechanism(3 * given.query - 2 * given.query.flip(1), given.key).scores,
        3 * plain - 2 * other,
    )
    torch.testing.assert_close(mechanism(given.query, -5 * given.key).scores, -5 * plain)


def test_concat_is_bahdanaus_score_with_one_matrix_cut_in_two() -> None:
    """W [h; s] with W = [W | U], as one product of joined vectors."""
    mechanism, given = made("luong_concat"), inputs("luong_concat")
    assert isinstance(mechanism, Concat)
    whole = torch.cat([mechanism.query_projection.weight, mechanism.key_projection.weight], 1)
    queries, keys = given.query.shape[1], given.key.shape[1]
    joined = torch.cat(
        [given.query.unsqueeze(2).expand(-1, -1, keys, -1),
         given.key.unsqueeze(1).expand(-1, queries, -1, -1)], -1
    )  # fmt: skip
    scores = (joined @ whole.T).tanh() @ mechanism.score.weight[0]
    torch.testing.assert_close(mechanism(*given).scores.squeeze(1), scores)
    twin = Additive(11, 13, 17).double()
    twin.load_state_dict(mechanism.state_dict())
    assert torch.equal(twin(*given).context, mechanism(*given).context)


def gradient_to_keys(mechanism: Mechanism, name: str) -> Tensor | None:
    given = inputs(name)
    key = given.key.requires_grad_()
    trace = mechanism(given.query, key, given.value, given.allowed)
    if trace.weights.requires_grad:
        (trace.weights**2).sum().backward()
    return key.grad


@pytest.mark.parametrize("name", ["luong_dot", "luong_general", "luong_concat"])
def test_content_scores_learn_from_the_keys(name: str) -> None:
    found = gradient_to_keys(made(name), name)
    assert found is not None
    assert float(found.abs().max()) > 0


def test_location_never_looks_at_what_stands_there() -> None:
    mechanism, given = made("luong_location"), inputs("luong_location")
    assert gradient_to_keys(mechanism, "luong_location") is None
    other = mechanism(given.query, given.key.flip(1) * 7, given.value, given.allowed)
    assert torch.equal(other.weights, mechanism(*given).weights)


def test_words_beyond_the_longest_sentence_are_out_of_sight() -> None:
    """Footnote 6 of the paper: W_a has a row for each position up to the longest."""
    torch.manual_seed(3)
    mechanism, given = Location(11, 4).double(), inputs("luong_location")
    trace = mechanism(given.query, given.key, given.value)
    assert not bool(trace.allowed[..., 4:].any())
    assert not bool((trace.weights[..., 4:] != 0).any())
    torch.testing.assert_close(trace.weights.sum(-1), torch.ones(2, 1, 5, dtype=torch.float64))
    short = mechanism(given.query, given.key[:, :4], given.value[:, :4])
    torch.testing.assert_close(trace.weights[..., :4], short.weights)
    torch.testing.assert_close(trace.context, short.context)


def test_a_short_sentence_uses_the_first_rows() -> None:
    mechanism, given = made("luong_location"), inputs("luong_location")
    assert isinstance(mechanism, Location)
    scores = given.query @ mechanism.position.weight[:3].T
    short = mechanism(given.query, given.key[:, :3], given.value[:, :3])
    torch.testing.assert_close(short.weights.squeeze(1), scores.softmax(-1))


@pytest.mark.parametrize(
    ("mechanism", "query", "key", "sentence"),
    [
        (Dot(), 11, 13, "Queries are 11 wide but keys 13; a dot product needs the same width."),
        (General(11, 13), 10, 13, "The query is 10 wide; this mechanism was built for 11."),
        (General(11, 13), 11, 12, "The key is 12 wide; this mechanism was built for 13."),
        (Concat(11, 13, 5), 10, 13, "The query is 10 wide; this mechanism was built for 11."),
        (Location(11, 9), 10, 13, "The query is 10 wide; this mechanism was built for 11."),
    ],
)
def test_widths_that_do_not_fit_are_refused(
    mechanism: Mechanism, query: int, key: int, sentence: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        mechanism(torch.ones(5, query), torch.ones(7, key))
    assert str(caught.value) == sentence

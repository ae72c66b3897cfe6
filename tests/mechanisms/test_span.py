"""Adaptive span, held to its limits and to torch's attention with another score."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.attention.flex_attention import flex_attention

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.families.span import AdaptiveSpan
from attention_core.mechanisms.mechanism import Mechanism, split
from tests.mechanisms.arithmetic import logits
from tests.mechanisms.builder import HEADS, Array, by_hand
from tests.mechanisms.inputs import inputs, made


@by_hand(
    "adaptive_span",
    lambda: AdaptiveSpan(HEADS, 1, 2.5),
    query=33,
    key=33,
    value=21,
    heads=HEADS,
    placed=True,
    windowed=True,
)
def adaptive_span_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """m_z(x) e^s over its sum, x = 0 for the key just before the query; z of each head its own."""
    assert isinstance(m, AdaptiveSpan)
    contexts = []
    for h in range(m.heads):
        q, k, v = (np.split(part, m.heads, 1)[h] for part in (query, key, value))
        z, scores = m.spans[h].item(), logits(q, k)
        rows = np.zeros((len(q), v.shape[1]))
        for t in range(len(q)):
            parts = {
                r: min(max((m.ramp + z - (t - r - 1)) / m.ramp, 0), 1) * math.exp(scores[t, r])
                for r in range(min(t, len(k)))
                if allowed[t, r]
            }
            for r, part in parts.items():
                rows[t] += part / sum(parts.values()) * v[r] if part else 0
        contexts.append(rows)
    return np.concatenate(contexts, 1)


TOKENS, WIDTH, HEADS = 23, 33, 3


def rows(seed: int, count: int = TOKENS, width: int = WIDTH) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=dice, dtype=torch.float64)


def spanning(*spans: float, ramp: float = 4.0) -> AdaptiveSpan:
    mechanism = AdaptiveSpan(len(spans), 0, ramp).double()
    mechanism.spans.data = torch.tensor(spans, dtype=torch.float64)
    return mechanism


def test_the_soft_edge_by_hand() -> None:
    """R = 4: a span of 0 falls at once, 2 stays whole for two more keys, 1.5 stands between."""
    found = spanning(0, 2, 1.5).mask(torch.arange(8)[None])
    assert found[:, 0].tolist() == [
        [1, 0.75, 0.5, 0.25, 0, 0, 0, 0],
        [1, 1, 1, 0.75, 0.5, 0.25, 0, 0],
        [1, 1, 0.875, 0.625, 0.375, 0.125, 0, 0],
    ]


def test_weights_by_hand() -> None:
    """Scores are alike, so that weights are shares of the ramp: 1 and ½ of the last two keys."""
    trace = spanning(0, ramp=2)(torch.zeros(4, 2).double(), torch.zeros(4, 2).double())
    third = pytest.approx(1 / 3)
    assert trace.weights[0].tolist() == [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [third, pytest.approx(2 / 3), 0, 0],
        [0, third, pytest.approx(2 / 3), 0],
    ]
    ramp, span = trace.extras
    assert ramp.tensor[0].tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [0.5, 1, 0, 0], [0, 0.5, 1, 0]]
    assert span.tensor.tolist() == [0]
    assert (ramp.axes, span.axes) == ("h q k", "h")


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_it_equals_torchs_attention_with_the_logarithm_of_the_ramp_added() -> None:
    mechanism = spanning(0.0, 5.5, 2.0)
    query, key, value = rows(1), rows(2), rows(3, width=21)
    spans = mechanism.spans.detach()

    def score(s: Tensor, b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
        x = q - k - 1
        m = ((4 + spans[h] - x) / 4).clamp(0, 1)
        return torch.where(x >= 0, s + m.log(), -torch.inf)

    q, k, v = (split(part, HEADS)[None] for part in (query, key, value))
    theirs = flex_attention(q, k, v, score_mod=score)
    ours = mechanism(query, key, value).context
    torch.testing.assert_close(ours, theirs[0].transpose(0, 1).flatten(-2), atol=1e-12, rtol=0)


def test_an_endless_span_looks_back_at_everything() -> None:
    query, key, value = rows(1), rows(2), rows(3)
    before = torch.ones(TOKENS, TOKENS, dtype=torch.bool).tril(-1)
    full = ScaledDotProduct()(query, key, value, before)
    trace = spanning(1e9)(query, key, value)
    torch.testing.assert_close(trace.weights, full.weights)
    torch.testing.assert_close(trace.context, full.context)


def test_a_span_of_the_whole_past_is_already_endless() -> None:
    query, key = rows(1), rows(2)
    whole, endless = spanning(TOKENS - 2), spanning(1e9)
    assert torch.equal(whole(query, key).weights, endless(query, key).weights)
    assert not torch.equal(spanning(TOKENS - 6)(query, key).weights, endless(query, key).weights)


@pytest.mark.parametrize("span", [0.0, 0.3, 3.0, 7.5])
def test_a_query_reads_as_many_keys_as_span_and_ramp_together(span: float) -> None:
    weights = spanning(span, ramp=8)(rows(1), rows(2)).weights[0]
    seen = (weights > 0).sum(-1)
    assert seen.tolist() == [min(t, math.ceil(span) + 8) for t in range(TOKENS)]


def test_a_longer_span_never_takes_a_key_away() -> None:
    masks = [spanning(span).mask(torch.arange(TOKENS)[None]) for span in (0, 0.5, 3, 9)]
    assert all(bool((more >= less).all()) for less, more in pairwise(masks))


def test_no_query_sees_itself_or_what_comes_after() -> None:
    query, key = rows(1), rows(2)
    later = key.clone()
    later[7:] = 50
    first, second = (spanning(3, 9, 2)(query, keys, rows(3)) for keys in (key, later))
    assert torch.equal(first.context[:8], second.context[:8])
    assert not torch.equal(first.context[8:], second.context[8:])
    assert (first.context[0] == 0).all()


def test_a_span_learns_from_keys_on_the_ramp_only() -> None:
    """With 4 tokens and a span of 9 no key is on the ramp; with 23 tokens some are."""
    mechanism = spanning(9)
    for tokens, learns in ((4, False), (TOKENS, True)):
        mechanism.zero_grad()
        found = mechanism(rows(1, tokens), rows(2, tokens), rows(3, tokens)).context
        torch.autograd.backward(found.square().sum())
        assert mechanism.spans.grad is not None
        assert bool(mechanism.spans.grad.abs() > 1e-6) == learns


def test_the_penalty_is_the_mean_span_and_pulls_every_head_alike() -> None:
    mechanism = spanning(1, 2, 6)
    penalty = mechanism.penalty(0.5)
    torch.autograd.backward(penalty)
    assert penalty.item() == 1.5
    assert mechanism.spans.grad is not None
    assert mechanism.spans.grad.tolist() == [pytest.approx(0.5 / 3)] * 3


def learnt(start: float, penalty: float) -> float:
    """The span that best gives the mean of the last six values, all scores being alike."""
    value = rows(4, 200, 8)
    wanted = torch.stack([value[t - 6 : t].mean(0) for t in range(20, 200)])
    mechanism = AdaptiveSpan(1, start, 4).double()
    optimizer = torch.optim.Adam([mechanism.spans], lr=0.2)
    alike = torch.zeros(200, 8, dtype=torch.float64)
    for _ in range(120):
        optimizer.zero_grad()
        found = mechanism(alike, alike, value).context[20:]
        torch.autograd.backward((found - wanted).square().mean() + mechanism.penalty(penalty))
        optimizer.step()
    return mechanism.spans.item()


def test_learning_finds_the_span_that_is_needed_from_either_side() -> None:
    from_below, from_above = learnt(0, 0), learnt(12, 0)
    assert from_below == pytest.approx(from_above, abs=0.1)
    assert 6 - 4 < from_below < 6  # six keys in all: the span and a part of the ramp


def test_the_penalty_makes_the_learnt_span_shorter() -> None:
    assert learnt(3, 0.01) < learnt(3, 0) - 0.1


def test_temperature_divides_the_scores() -> None:
    given = inputs("adaptive_span")
    mechanism = made("adaptive_span")
    plain = mechanism(given.query / 2, given.key, given.value, given.allowed)
    mechanism.temperature = 2.0
    torch.testing.assert_close(mechanism(*given).weights, plain.weights)


@pytest.mark.parametrize(
    ("heads", "span", "ramp"),
    [(0, 1, 1), (1, -1, 1), (1, 1, 0), (1, math.nan, 1), (1, 1, math.inf), (1, math.inf, 1)],
)
def test_spans_that_leave_nothing_are_refused(heads: int, span: float, ramp: float) -> None:
    with pytest.raises(ShapeError, match="at least 1, at least 0 and more than 0"):
        AdaptiveSpan(heads, span, ramp)


def test_widths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="same width"):
        spanning(1)(rows(1), rows(2, width=32))
    with pytest.raises(ShapeError, match="2 heads do not divide a width of 33"):
        spanning(1, 2)(rows(1), rows(2))


def test_nothing_counts_of_a_key_that_may_not_be_looked_at() -> None:
    """In the lab its place in the ramp is hatched, as it is in the weights."""
    m = AdaptiveSpan(1, 2, 2).double()
    query, key, value = (torch.zeros(4, 3).double() for _ in range(3))
    allowed = torch.ones(4, 4, dtype=torch.bool)
    allowed[:, 1] = False
    (ramp, _span) = m.attend(query, key, value, allowed).extras
    assert ramp.name == "ramp"
    assert ramp.tensor[0, 3].tolist() == [1, 0, 1, 0]
    assert ramp.tensor[..., 1].count_nonzero() == 0

"""The recurrent translators against the papers' equations, word by word and number by number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.ours.translator.recurrent import Bahdanau, FixedVector, Luong, Recurrent
from tests.toy_networks import LONG, LUONG, SHORT, TARGET, TINY, batch, tiny

every = pytest.mark.parametrize("kind", [kind for kind in TINY if kind != "transformer"])
luong = pytest.mark.parametrize("kind", LUONG)


def gru_cell(model: Recurrent) -> nn.GRUCell:
    """The library's cell with the decoder's weights, over a word and what is joined to it."""
    joined = torch.cat([model.word_gates.weight, model.context_gates.weight], 1)
    cell = nn.GRUCell(joined.shape[1], model.shape.decoder)
    with torch.no_grad():
        cell.weight_ih.copy_(joined)
        cell.bias_ih.copy_(model.word_gates.bias)
        cell.weight_hh.copy_(model.state_gates.weight)
        cell.bias_hh.copy_(model.state_gates.bias)
    return cell


def shares(scores: list[float]) -> list[float]:
    """The softmax of a list, with a plain sum."""
    grown = [math.exp(score) for score in scores]
    return [one / sum(grown) for one in grown]


def additive_score(attention: Any, state: Tensor, annotation: Tensor) -> float:
    """v_aᵀ tanh(W_a s + U_a h): Bahdanau's appendix A.1.2, and Luong's concat."""
    query, key = attention.query_projection.weight, attention.key_projection.weight
    return float(attention.score.weight[0] @ torch.tanh(query @ state + key @ annotation))


# Reading


@every
def test_annotations_are_those_of_a_two_way_gru_over_each_sentence(kind: str) -> None:
    model = tiny(kind)
    assert isinstance(model, Recurrent)
    read = model.encode(batch(LONG, SHORT))
    alone, _ = model.encoder(model.embed(batch(SHORT)))
    torch.testing.assert_close(read.annotations[1, : len(SHORT)], alone[0])
    assert (read.annotations[1, len(SHORT) :] == 0).all()


@every
def test_the_first_state_comes_from_the_backward_reader_at_the_first_word(kind: str) -> None:
    model = tiny(kind)
    assert isinstance(model, Recurrent)
    read = model.encode(batch(LONG, SHORT))
    backward = read.annotations[:, 0, 5:]
    torch.testing.assert_close(model.first(read), torch.tanh(model.first_state(backward)))


# Bahdanau: look with s(i-1), then move on


def maxout(model: Any, state: Tensor, word: Tensor, context: Tensor) -> Tensor:
    pieces = model.output(torch.cat([state, word, context])).tolist()
    larger = torch.tensor([max(pieces[n : n + 2]) for n in range(0, len(pieces), 2)])
    return model.embedding.weight @ larger + model.output_bias  # type: ignore[no-any-return]


@torch.no_grad()
def slow_bahdanau(model: Bahdanau, source: list[int]) -> tuple[list[Tensor], list[list[float]]]:
    """Appendix A.2.2, one number at a time; the library's cell for the gates."""
    read = model.encode(batch(source))
    annotations, cell = list(read.annotations[0]), gru_cell(model)
    state, logits, looks = model.first(read)[0], list[Tensor](), list[list[float]]()
    for word in model.embed(torch.tensor(TARGET)):
        weights = shares([additive_score(model.attention, state, one) for one in annotations])
        context = torch.stack(
            [share * one for share, one in zip(weights, annotations, strict=True)]
        ).sum(0)
        state = cell(torch.cat([word, context])[None], state[None])[0]
        looks.append(weights)
        logits.append(maxout(model, state, word, context))
    return logits, looks


@pytest.mark.parametrize("source", [LONG, SHORT])
def test_bahdanaus_decoder_does_what_the_paper_says(source: list[int]) -> None:
    model = tiny("additive")
    assert isinstance(model, Bahdanau)
    logits, looks = slow_bahdanau(model, source)
    followed = model.follow(batch(source), batch(TARGET))
    torch.testing.assert_close(followed.logits[0], torch.stack(logits), atol=1e-5, rtol=1e-4)
    weights = followed.looks[0].trace.weights[0, 0]
    torch.testing.assert_close(weights, torch.tensor(looks), atol=1e-5, rtol=1e-4)


def test_without_attention_the_same_decoder_is_given_the_two_ends_at_every_step() -> None:
    model = tiny("none")
    assert isinstance(model, FixedVector)
    read, cell = model.encode(batch(LONG)), gru_cell(model)
    state, ends = model.first(read)[0], read.end[0]
    for step, word in enumerate(model.embed(torch.tensor(TARGET))):
        state = cell(torch.cat([word, ends])[None], state[None])[0]
        logits = model(batch(LONG), batch(TARGET))[0, step]
        torch.testing.assert_close(maxout(model, state, word, ends), logits, atol=1e-5, rtol=1e-4)
    forward, backward = read.annotations[0, -1, :5], read.annotations[0, 0, 5:]
    torch.testing.assert_close(ends, torch.cat([forward, backward]))


# Luong: move on, then look with h(t), and feed what came of it into the next step


def general_score(attention: Any, state: Tensor, annotation: Tensor) -> float:
    return float(state @ (attention.key_projection.weight @ annotation))


def dot_look(attention: Any, state: Tensor, source: list[Tensor], step: int) -> list[float]:
    return shares([sum(float(a * b) for a, b in zip(state, one, strict=True)) for one in source])


def general_look(attention: Any, state: Tensor, source: list[Tensor], step: int) -> list[float]:
    return shares([general_score(attention, state, one) for one in source])


def concat_look(attention: Any, state: Tensor, source: list[Tensor], step: int) -> list[float]:
    return shares([additive_score(attention, state, one) for one in source])


def location_look(attention: Any, state: Tensor, source: list[Tensor], step: int) -> list[float]:
    rows = attention.position.weight
    return shares([float(rows[place] @ state) for place in range(len(source))])


def window_look(attention: Any, state: Tensor, source: list[Tensor], centre: float) -> list[float]:
    """Softmax over the keys at most one (this network's D) away from the centre."""
    near = [place for place in range(len(source)) if abs(place - centre) <= 1]
    found = shares([general_score(attention.align, state, source[place]) for place in near])
    return [found[near.index(n)] if n in near else 0.0 for n in range(len(source))]


def monotonic_look(attention: Any, state: Tensor, source: list[Tensor], step: int) -> list[float]:
    return window_look(attention, state, source, min(step, len(source) - 1))


def predictive_look(attention: Any, state: Tensor, source: list[Tensor], step: int) -> list[float]:
    hidden = torch.tanh(attention.position_projection.weight @ state)
    centre = len(source) / (1 + math.exp(-float(attention.position.weight[0] @ hidden)))
    found = window_look(attention, state, source, centre)
    return [
        share * math.exp(-((place - centre) ** 2) / (2 * 0.5**2))  # sigma = D / 2
        for place, share in enumerate(found)
    ]


LookOf = Callable[[Any, Tensor, list[Tensor], int], list[float]]
LOOKS: dict[str, LookOf] = {
    "dot": dot_look, "general": general_look, "concat": concat_look, "location": location_look,
    "local_monotonic": monotonic_look, "local_predictive": predictive_look,
}  # fmt: skip


@torch.no_grad()
def slow_luong(
    model: Luong, source: list[int], look: LookOf
) -> tuple[list[Tensor], list[list[float]]]:
    """Sections 3 to 3.3, one number at a time; the library's cell for the gates."""
    read = model.encode(batch(source))
    annotations, cell = list(read.annotations[0]), gru_cell(model)
    state, fed = model.first(read)[0], torch.zeros(6)
    logits, looks = list[Tensor](), list[list[float]]()
    for step, word in enumerate(model.embed(torch.tensor(TARGET))):
        state = cell(torch.cat([word, fed])[None], state[None])[0]
        weights = look(model.attention, state, annotations, step)
        context = torch.stack(
            [share * one for share, one in zip(weights, annotations, strict=True)]
        ).sum(0)
        fed = torch.tanh(model.attentional.weight @ torch.cat([context, state]))
        looks.append(weights)
        logits.append(model.embedding.weight @ (model.output.weight @ fed) + model.output_bias)
    return logits, looks


@luong
@pytest.mark.parametrize("source", [LONG, SHORT])
def test_luongs_decoder_does_what_the_paper_says(kind: str, source: list[int]) -> None:
    model = tiny(kind)
    assert isinstance(model, Luong)
    logits, looks = slow_luong(model, source, LOOKS[kind])
    followed = model.follow(batch(source), batch(TARGET))
    weights = followed.looks[0].trace.weights[0, 0]
    torch.testing.assert_close(weights, torch.tensor(looks), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(followed.logits[0], torch.stack(logits), atol=1e-5, rtol=1e-4)


@luong
def test_feeding_with_zero_weights_is_no_feeding(kind: str) -> None:
    """The states are then those of an ordinary GRU over the words alone."""
    model = tiny(kind)
    assert isinstance(model, Luong)
    fed = model(batch(LONG), batch(TARGET))
    with torch.no_grad():
        model.context_gates.weight.zero_()
    words = model.embed(batch(TARGET))
    plain: Any = nn.GRU(6, model.shape.decoder, batch_first=True)
    with torch.no_grad():
        plain.weight_ih_l0.copy_(model.word_gates.weight)
        plain.bias_ih_l0.copy_(model.word_gates.bias)
        plain.weight_hh_l0.copy_(model.state_gates.weight)
        plain.bias_hh_l0.copy_(model.state_gates.bias)
    read = model.encode(batch(LONG))
    states, _ = plain(words, model.first(read)[None])
    state = model.begin(read)
    for step, gates in enumerate(model.word_gates(words).unbind(1)):
        state = model.step(gates, state, read, step).state
        torch.testing.assert_close(state[0], states[:, step])
    unfed = model(batch(LONG), batch(TARGET))
    torch.testing.assert_close(unfed[:, 0], fed[:, 0])  # before the first step nothing is fed
    assert not torch.allclose(unfed[:, 1:], fed[:, 1:], atol=1e-3)


@luong
def test_what_was_looked_at_changes_the_next_state_only_through_feeding(kind: str) -> None:
    model = tiny(kind)
    assert isinstance(model, Luong)
    read, gates = model.encode(batch(LONG)), model.word_gates(model.embed(torch.tensor([7])))
    state, _ = model.begin(read)
    one = model.step(gates, (state, torch.zeros(1, 6)), read, 0).state[0]
    other = model.step(gates, (state, torch.ones(1, 6)), read, 0).state[0]
    assert not torch.allclose(one, other, atol=1e-3)
    elsewhere = read._replace(annotations=read.annotations + 1, keys=read.keys + 1)
    assert torch.equal(model.step(gates, (state, torch.zeros(1, 6)), elsewhere, 0).state[0], one)

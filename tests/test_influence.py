"""Gradients of translators: against finite differences, and what they must obey."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from attention_core.errors import Superseded, TextError
from models.ours.translator.influence import by_distance, gradients, influence
from models.ours.translator.network import Network
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.vocabulary import END_ID, START_ID
from tests.toy_networks import LONG, TINY, batch, tiny, toy_reader

GIVEN = [10, 4, 11, END_ID]
every = pytest.mark.parametrize("kind", TINY)


@pytest.fixture(scope="module")
def reader() -> TranslatorReader:
    return load_translator("bahdanau-en-fr")


def log_probability(model: Network, step: int, place: int, change: Tensor) -> float:
    """Of one target piece when the embedding of one source piece is moved a little."""
    calls = list[int]()

    def moved(module: object, given: object, embedded: Tensor) -> Tensor:
        calls.append(1)
        if len(calls) > 1:  # the target's own embedding
            return embedded
        other = embedded.clone()
        other[0, place] += change
        return other

    hook = model.embedding.register_forward_hook(moved)
    with torch.no_grad():
        logits = model(batch(LONG), batch([START_ID, *GIVEN[:-1]]))
    hook.remove()
    return float(logits[0, step].log_softmax(-1)[GIVEN[step]])


@every
def test_gradients_are_those_of_finite_differences(kind: str) -> None:
    model = tiny(kind, spread=0.4).double()
    found = gradients(model, LONG, GIVEN, [0, 2, 3])
    assert found.shape == (3, len(LONG), 6)
    for row, step in enumerate([0, 2, 3]):
        for place in (0, 3, 5):
            for axis in range(6):
                change = torch.zeros(6, dtype=torch.float64)
                change[axis] = 1e-5
                rise = log_probability(model, step, place, change)
                rise -= log_probability(model, step, place, -change)
                assert float(found[row, place, axis]) == pytest.approx(rise / 2e-5, abs=1e-6)


@every
def test_steps_side_by_side_have_the_gradients_of_each_alone(kind: str) -> None:
    model = tiny(kind)
    together = gradients(model, LONG, GIVEN, [0, 1, 2, 3])
    for step in range(4):
        alone = gradients(model, LONG, GIVEN, [step])
        torch.testing.assert_close(together[step : step + 1], alone, atol=1e-5, rtol=1e-3)


def test_nothing_is_left_on_a_network_whose_gradient_was_taken() -> None:
    model = tiny("additive")
    gradients(model, LONG, GIVEN, [1])
    with pytest.raises(IndexError):
        gradients(model, LONG, GIVEN, [99])
    assert not model.embedding._forward_hooks
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("kind", ["none", "additive", "transformer"])
def test_every_piece_of_both_texts_has_its_row_and_column(kind: str, tmp_path: Path) -> None:
    reader = toy_reader(kind, tmp_path)
    found = influence(reader, "She reads ❤ books.", "Elle lit des livres.")
    made = reader.align("She reads ❤ books.", "Elle lit des livres.")
    assert (found.source, found.target) == (made.source, made.target)
    assert found.norms.shape == (len(made.target), len(made.source))
    assert (found.norms > 0).all()
    assert not reader.network.embedding._forward_hooks


def test_a_trained_translator_depends_on_the_word_it_translates(reader: TranslatorReader) -> None:
    found = influence(reader, "My dog is old.", "Mon chien est vieux.")
    texts = [token.text for token in found.target.tokens]
    sources = [token.text for token in found.source.tokens]
    assert sources[found.norms[texts.index("chien")].argmax()] == "dog"
    assert sources[found.norms[texts.index("vieux")].argmax()] == "old"


def test_an_empty_or_superseded_text_has_no_influence(reader: TranslatorReader) -> None:
    with pytest.raises(TextError, match="type at least one word"):
        influence(reader, "Hello.", " ")
    with pytest.raises(Superseded):
        influence(reader, "Hello.", "Salut.", cancelled=lambda: True)
    with pytest.raises(Superseded):
        by_distance(reader, [("Hello.", "Salut.")], cancelled=lambda: True)


def test_the_last_word_is_followed_back_by_distance(reader: TranslatorReader) -> None:
    pairs = [("My dog is old.", "Mon chien est vieux."), ("He sleeps.", "Il dort.")]
    found = by_distance(reader, pairs)
    one, other = (influence(reader, *pair) for pair in pairs)
    last = [[t.text for t in one.target.tokens].index("vieux")]
    last.append([t.text for t in other.target.tokens].index("dort"))
    lengths = len(one.source) - 1, len(other.source) - 1
    assert [row.pieces for row in found] == list(range(max(lengths)))
    assert [row.sentences for row in found] == [
        2 if place < min(lengths) else 1 for place in range(max(lengths))
    ]
    nearest = [float(one.norms[last[0], -2]), float(other.norms[last[1], -2])]
    assert found[0].norm == pytest.approx(sum(nearest) / 2, rel=1e-3)
    assert found[-1].norm == pytest.approx(float(one.norms[last[0], 0]), rel=1e-3)
    whole = one.norms[last[0], :-1]
    assert found[-1].share == pytest.approx(float(whole[0] / whole.sum()), rel=1e-3)

"""Heads of a translator, left out one after another: the least needed one first, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from attention_core.errors import ModelError, Superseded, TextError
from attention_core.watching.capture import never
from models.ours.translator import quality
from models.ours.translator.corpus import Pair
from models.ours.translator.pruning import Pruning, halves
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.vocabulary import START_ID
from tests.toy_networks import toy_reader

PAIRS = [Pair("I see a cat.", "Je vois."), Pair("I see.", "Je vois un chat."), Pair("a cat", "Je")]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> TranslatorReader:
    made = toy_reader("transformer", tmp_path_factory.mktemp("toys"))
    made.network.double()
    return made


def alone(reader: TranslatorReader, pairs: list[Pair]) -> float:
    """Nats a piece, one pair at a time and without padding."""
    total, count = 0.0, 0
    with torch.no_grad():
        for pair in pairs:
            _axis, source, _target, ids = reader.pieces(pair.source, pair.target)
            given = torch.tensor([[START_ID, *ids[:-1]]])
            logits = reader.network.follow(torch.tensor([source]), given).logits[0]
            total += float(nn.functional.cross_entropy(logits, torch.tensor(ids), reduction="sum"))
            count += len(ids)
    return total / count


def test_the_loss_of_a_batch_is_that_of_its_pairs_alone(reader: TranslatorReader) -> None:
    assert Pruning(reader, PAIRS, PAIRS).loss([]) == pytest.approx(alone(reader, PAIRS), abs=1e-12)


def test_the_head_that_costs_least_goes_first_and_stays_off(reader: TranslatorReader) -> None:
    pruning = Pruning(reader, PAIRS, PAIRS)
    assert len(pruning) == 1 + 6 * 3
    steps = [pruning.row(place, never) for place in range(4)]
    assert [step.left for step in steps] == [18, 17, 16, 15]
    off = list(pruning.off)
    for place in range(1, 4):
        costs = {
            head: Pruning(reader, PAIRS, PAIRS).loss([*off[: place - 1], head])
            for head in pruning.heads
            if head not in off[: place - 1]
        }
        assert steps[place].off == off[place - 1] == min(costs, key=lambda head: costs[head])
        assert steps[place].loss == pytest.approx(min(costs.values()), abs=0)


def test_of_few_tried_heads_those_come_first_that_cost_least_before(
    reader: TranslatorReader,
) -> None:
    pruning = Pruning(reader, PAIRS, PAIRS, tried=2)
    pruning.row(1, never)
    costs = {head: pruning.loss([head]) for head in pruning.heads}
    _first, *others = sorted(costs, key=lambda head: costs[head])
    second = pruning.row(2, never)
    both = {head: pruning.loss([pruning.off[0], head]) for head in others[:2]}
    assert second.off == min(both, key=lambda head: both[head])
    assert second.loss == min(both.values())
    assert pruning.row(2, never) == second
    everything = Pruning(reader, PAIRS, PAIRS, tried=18)
    whole = Pruning(reader, PAIRS, PAIRS)
    assert [everything.row(at, never) for at in range(4)] == [
        whole.row(at, never) for at in range(4)
    ]


def test_heads_off_are_columns_of_the_output_projections_at_zero(reader: TranslatorReader) -> None:
    pruning = Pruning(reader, PAIRS, PAIRS)
    off = [("cross.0", 1), ("cross.0", 2), ("encoder.1", 0)]
    found = pruning.loss(off)
    kept = {name: one.clone() for name, one in reader.network.state_dict().items()}
    with torch.no_grad():
        for site, head in off:
            matrix = reader.network.sites[site].output_projection
            assert isinstance(matrix, nn.Linear)
            matrix.weight[:, 2 * head : 2 * head + 2] = 0
    expected = alone(reader, PAIRS)
    reader.network.load_state_dict(kept)
    assert found == pytest.approx(expected, abs=1e-12)
    assert found != pruning.loss([])


def test_what_is_reported_is_the_bleu_of_what_was_written(reader: TranslatorReader) -> None:
    step = Pruning(reader, PAIRS[:1], PAIRS[1:]).row(0, never)
    assert len(step.translations) == 2
    references = [[pair.target for pair in PAIRS[1:]]]
    assert step.bleu == quality.score(list(step.translations), references).bleu


def test_with_every_head_off_the_source_is_not_read(reader: TranslatorReader) -> None:
    pruning = Pruning(reader, PAIRS, PAIRS)
    one = [pruning.without(pruning.heads), pruning.without(pruning.heads)]
    logits = []
    for block, source in zip(one, ([4, 5, 2], [9, 9, 9, 2]), strict=True):
        with block, torch.no_grad():
            made = reader.network.follow(torch.tensor([source]), torch.tensor([[START_ID, 5]]))
            logits.append(made.logits)
    assert torch.equal(logits[0], logits[1])


def test_between_two_measurements_nothing_is_translated(reader: TranslatorReader) -> None:
    pruning = Pruning(reader, PAIRS[:1], PAIRS[:1], every=3)
    found = [pruning.row(place, never).bleu is None for place in range(len(pruning))]
    assert found == [place % 3 != 0 for place in range(18)] + [False]


def test_a_row_asked_for_again_is_the_same_row(reader: TranslatorReader) -> None:
    pruning = Pruning(reader, PAIRS, PAIRS)
    first = [pruning.row(place, never) for place in range(3)]
    assert pruning.row(2, never) == first[2]
    assert pruning.row(1, never) == first[1]


def test_it_stops_between_two_passes(reader: TranslatorReader) -> None:
    pruning = Pruning(reader, PAIRS, PAIRS)
    with pytest.raises(Superseded):
        pruning.row(1, lambda: True)
    assert pruning.off == ()


def test_what_cannot_be_pruned_says_so(tmp_path: Path) -> None:
    recurrent = toy_reader("additive", tmp_path)
    with pytest.raises(ModelError, match="has one head, so none can be left out"):
        Pruning(recurrent, PAIRS, PAIRS)
    with pytest.raises(TextError, match="at least two pairs"):
        halves(PAIRS[:1])
    assert halves(PAIRS) == ([PAIRS[0], PAIRS[2]], [PAIRS[1]])

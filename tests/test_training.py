"""Training: what is learnt, that a stop changes nothing, what a checkpoint says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from models.ours.translator import train
from models.ours.translator.network import Network, Shape
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.recipes import Recipe
from models.ours.translator.recurrent import RecurrentShape
from models.ours.translator.search import greedy_batch
from models.ours.translator.transformer import TransformerShape
from models.ours.translator.vocabulary import END_ID, PAD_ID, START_ID
from tests.toy_networks import TINY, forced, tiny, toy_corpus

SHAPE = RecurrentShape(vocabulary=300, embedding=6, encoder=5, decoder=7, attention=3, dropout=0.3)
RECIPE = Recipe(
    title="toy", short="toy", good_for="tests", source="en", target="fr", shape=SHAPE, epochs=3,
    tokens_per_batch=500, warm_up=2, classroom_repeats=1,
)  # fmt: skip
every = pytest.mark.parametrize("kind", TINY)
PAIRS = [([4, 5, END_ID], [START_ID, 6, 7, END_ID]), ([8, END_ID], [START_ID, 9, END_ID])]


@every
def test_one_training_step_lowers_the_loss(kind: str) -> None:
    torch.manual_seed(0)
    model = TINY[kind].build()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05)
    before = train.loss_of(model, PAIRS, 0.0)
    torch.autograd.backward(before)
    optimiser.step()
    assert train.loss_of(model, PAIRS, 0.0) < before
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_loss_is_the_mean_over_pieces_and_padding_counts_for_nothing() -> None:
    model = tiny("additive", spread=0.1)
    with torch.no_grad():
        model.output_bias[PAD_ID] = -20.0  # a padded place that counted would cost 20
    by_hand = [
        -chance
        for source, target in PAIRS
        for chance in forced(model, source, target[1:])
    ]  # fmt: skip
    loss = train.loss_of(model, PAIRS, 0.0).item()
    assert len(by_hand) == 5
    assert loss == pytest.approx(sum(by_hand) / 5, rel=0.02)  # bfloat16 on the way


@pytest.mark.parametrize(
    "shape",
    [
        RecurrentShape(13, 16, 0.0, 16, 32, 16),
        RecurrentShape(13, 16, 0.0, 16, 32, 16, looks="none"),
        RecurrentShape(13, 16, 0.0, 16, 32, 16, looks="local_predictive"),
        TransformerShape(13, 16, 0.0, heads=2, layers=1, feed_forward=32),
    ],
)
def test_a_toy_corpus_is_learnt_by_heart(shape: Shape) -> None:
    torch.manual_seed(0)
    model = shape.build()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimiser.zero_grad()
        torch.autograd.backward(train.loss_of(model, PAIRS, 0.0))
        optimiser.step()
    assert greedy_batch(model.eval(), [source for source, _ in PAIRS]) == [[6, 7], [9]]


def test_every_pair_is_in_one_batch_and_no_batch_is_too_large() -> None:
    pairs = [([4] * (n % 5 + 1), [5] * (n % 7 + 1)) for n in range(100)]
    made = list(train.batches(pairs, 40, seed=1))
    assert sorted(pair for one in made for pair in one) == sorted(pairs)
    assert all(len(one) * max(len(target) for _, target in one) <= 40 for one in made)
    assert made == list(train.batches(pairs, 40, seed=1))
    assert made != list(train.batches(pairs, 40, seed=2))


@pytest.fixture
def toy_data(tmp_path: Path) -> Path:
    return toy_corpus(tmp_path)


def trained(folder: Path, data: Path, patch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    patch.setattr(train, "CHECKPOINTS", folder)
    patch.setattr(train, "RECIPES", {"toy": RECIPE})
    train.train("toy", data, folder / "state")
    return load_file(folder / "toy" / "model.safetensors")


def test_training_that_was_interrupted_ends_like_training_that_was_not(
    tmp_path: Path, toy_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(tmp_path / "whole", toy_data, monkeypatch)
    complete = train.run_epoch

    def pulled_plug(*given: object) -> float:
        if given[-1] == 2:
            raise KeyboardInterrupt
        return complete(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(train, "run_epoch", pulled_plug)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "broken", toy_data, monkeypatch)
    stopped = load_file(tmp_path / "broken" / "toy" / "model.safetensors")
    monkeypatch.setattr(train, "run_epoch", complete)
    resumed = trained(tmp_path / "broken", toy_data, monkeypatch)
    assert any(not torch.equal(stopped[name], whole[name]) for name in whole)
    for name in whole:
        assert torch.equal(resumed[name], whole[name]), name


def test_a_checkpoint_says_how_it_came_to_be_and_loads_as_it_was(
    tmp_path: Path, toy_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = trained(tmp_path, toy_data, monkeypatch)
    config = json.loads((tmp_path / "toy" / "config.json").read_text())
    assert config["shape"] == RECIPE.shape.as_dict()
    assert config["training"]["seed"] == RECIPE.seed
    assert config["training"]["epochs"] == 3
    assert config["training"]["command"].endswith("toy --data toy.tsv.gz")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    pieces = tmp_path / "vocabularies" / "en-fr.json"
    loaded = TranslatorReader("toy", tmp_path / "toy", pieces, ("en", "fr"))
    assert config["family"] == "recurrent"
    for name, tensor in loaded.network.state_dict().items():
        assert torch.equal(tensor, weights[name].float())
    assert loaded.translate("I see cats.").cross[0].integrity.verified


# Beginning with the weights of another


def test_what_has_the_same_name_and_size_is_taken_over_and_nothing_else(tmp_path: Path) -> None:
    other, model = tiny("additive", seed=1), tiny("location", seed=2)
    same = {f"p{number}": number for number in range(13)}
    train.write_checkpoint(tmp_path, other, {})
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    taken = train.begin_with(model, tmp_path / "model.safetensors", same, same)
    halves = {name: tensor.half().float() for name, tensor in other.state_dict().items()}
    shared = {
        name for name in before if name in halves and halves[name].shape == before[name].shape
    }
    assert {"embedding.weight", "encoder.weight_ih_l0", "state_gates.bias"} <= shared
    assert {"attentional.weight", "context_gates.weight", "output.weight"}.isdisjoint(shared)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, halves[name] if name in shared else before[name]), name
    assert taken == sum(before[name].numel() for name in shared)


def test_a_piece_keeps_its_row_under_another_number(tmp_path: Path) -> None:
    other, model = tiny("additive", seed=1), tiny("additive", seed=2)
    train.write_checkpoint(tmp_path, other, {})
    before = model.embedding.weight.clone()
    bias = other.output_bias.half().float()
    train.begin_with(
        model, tmp_path / "model.safetensors", {"cat": 4, "chat": 5}, {"chien": 5, "cat": 7}
    )
    found, theirs = model.embedding.weight, other.embedding.weight.half().float()
    assert torch.equal(found[4], theirs[7])
    assert torch.equal(found[5:], before[5:])
    assert torch.equal(found[:4], before[:4])
    assert model.output_bias[4] == bias[7]
    assert model.output_bias[5] != bias[5]


def test_training_begins_with_the_weights_its_recipe_names(
    tmp_path: Path, toy_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path, toy_data, monkeypatch)
    given = list[dict[str, Tensor]]()

    def no_epoch(model: Network, *rest: object) -> float:
        given.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return 1.0

    monkeypatch.setattr(train, "run_epoch", no_epoch)
    later = replace(RECIPE, shape=replace(SHAPE, looks="none"), start="toy", epochs=1)
    monkeypatch.setattr(train, "RECIPES", {"toy": RECIPE, "later": later})
    train.train("later", toy_data, tmp_path / "state")
    before = load_file(tmp_path / "toy" / "model.safetensors")
    for name in ("embedding.weight", "output_bias", "encoder.weight_hh_l0", "output.weight"):
        assert torch.equal(given[0][name], before[name].float()), name

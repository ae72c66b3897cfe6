"""The checkpoints that ship, and whether their cards say the truth of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from models.ours.translator import corpus, evaluate, gold
from models.ours.translator.reader import load_translator
from models.ours.translator.recipes import CHECKPOINTS, RECIPES, shape_of, shipped

every = pytest.mark.parametrize("name", [name for name, _ in shipped()])
MOST_MEGABYTES = 160


@every
def test_every_shipped_translator_has_a_card_that_is_true(name: str) -> None:
    folder = CHECKPOINTS / name
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    network = load_translator(name).network
    assert network.shape == shape_of(config["family"], config["shape"]) == RECIPES[name].shape
    assert card["parameters"] == network.parameter_count()
    assert card["megabytes"] == pytest.approx(
        (folder / "model.safetensors").stat().st_size / 1e6, abs=0.1
    )
    assert {key: card[key] for key in config["training"]} == config["training"]
    assert card["command"].startswith(f"python -m models.ours.translator.train {name} ")
    assert card["start"] == RECIPES[name].start
    assert "CC BY" in card["data"]
    assert config["training"]["epochs"] == RECIPES[name].epochs


@every
def test_a_card_says_how_well_the_test_split_was_translated(name: str) -> None:
    card = json.loads((CHECKPOINTS / name / "card.json").read_text(encoding="utf-8"))
    quality, bins = card["quality"], card["quality"]["by_length"]
    assert (quality["split"], quality["beam"]) == ("test", 5)
    assert sum(one["pairs"] for one in bins) == quality["pairs"]
    assert sum(one["sentences"] for one in bins) == quality["sentences"]
    right = sum(one["exact"] * one["sentences"] for one in bins) / quality["sentences"]
    assert right == pytest.approx(quality["exact"], abs=1e-3)
    bleu = [one["bleu"] for one in bins]
    assert min(bleu) - 1 < quality["one_reference"]["bleu"] < max(bleu) + 1


@every
def test_a_card_says_how_a_translator_aligns_if_it_looks_at_all(name: str) -> None:
    card = json.loads((CHECKPOINTS / name / "card.json").read_text(encoding="utf-8"))
    network = load_translator(name).network
    assert ("alignment" in card) == bool(network.sites)
    if network.sites:
        assert set(card["alignment"]["chosen"]["site"].split("+")) <= set(network.sites)


def test_all_checkpoints_together_stay_small() -> None:
    files = [file for file in CHECKPOINTS.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= MOST_MEGABYTES * 1e6


# Writing a card


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a checkpoint's small files, with weights elsewhere."""
    made = tmp_path / "bahdanau-en-fr"
    made.mkdir()
    for name in ("config.json", "model.safetensors"):
        (made / name).write_bytes((CHECKPOINTS / "bahdanau-en-fr" / name).read_bytes())
    monkeypatch.setattr(evaluate, "CHECKPOINTS", tmp_path)
    return made


def test_what_is_measured_later_is_added_to_a_card(folder: Path) -> None:
    reader = load_translator("bahdanau-en-fr")
    pairs = [corpus.Pair("Hi.", "Salut.")]
    result = asdict(evaluate.measured({"Hi.": "Salut."}, pairs, "fr", "test", 5, 0.1))
    evaluate.write_card("bahdanau-en-fr", reader, {"quality": result})
    aligned = evaluate.alignment(reader, gold.own("en", "fr")[:2])
    evaluate.write_card("bahdanau-en-fr", reader, {"alignment": aligned})
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["quality"] == json.loads(json.dumps(result))
    assert card["alignment"] == aligned
    assert card["parameters"] == reader.network.parameter_count()


def test_figures_of_weights_that_were_trained_anew_are_forgotten(folder: Path) -> None:
    reader = load_translator("bahdanau-en-fr")
    evaluate.write_card("bahdanau-en-fr", reader, {"quality": {"bleu": 99}})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["training"]["steps"] += 1
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    evaluate.write_card("bahdanau-en-fr", reader, {"alignment": {"error_rate": 0.5}})
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert "quality" not in card
    assert card["alignment"] == {"error_rate": 0.5}

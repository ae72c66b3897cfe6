"""A family, or a source of models, is one file that registers itself; nothing else lists it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import torch

from attention_core import finding
from attention_core.errors import ModelError
from attention_core.watching.capture import Want
from attention_core.watching.edit import Edit
from models.families import fake
from models.families import family as registry
from models.families.family import Family, Origin, families, family, register
from models.families.reader import Reader
from models.families.seq2seq import SEQ2SEQ
from models.families.text import TEXT
from models.ours.family import OURS
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.recipes import CHECKPOINTS
from models.store import card, catalogue, sources
from models.store.card import Card, from_files

TEXT_GIVEN, TARGET = "The cat sleeps.", "Le chat dort."


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is forgotten after it."""
    assert families()
    assert sources.sources()
    monkeypatch.setattr(registry, "_FAMILIES", dict(registry._FAMILIES))
    monkeypatch.setattr(sources, "_SOURCES", dict(sources._SOURCES))
    yield
    registry._discovered.cache_clear()


def toy(name: str = "toy") -> Family:
    """Takes models that call themselves toys, and opens the untrained one in their place."""
    return Family(
        name, "read", ("picture",), lambda config: config.get("model_type") == "toy",
        lambda made, _origin: Reader(made, fake.checkpoint()),
    )  # fmt: skip


def test_the_configuration_chooses_the_family_and_not_the_name() -> None:
    assert family({"model_type": "gpt2"}, "read") is TEXT
    assert family({"model_type": "t5"}, "translate") is SEQ2SEQ
    assert family({"model_type": "t5"}, "read") is TEXT
    assert family({}, "read") is TEXT


def test_a_model_of_no_family_is_refused_with_a_sentence() -> None:
    with pytest.raises(ModelError, match=r"can translate with .* kind “bert”; there are .*text"):
        family({"model_type": "bert"}, "translate")


@pytest.mark.usefixtures("apart")
def test_a_family_that_registers_itself_is_asked_before_the_one_that_takes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the operator's folder to the reader, without a word of it anywhere else."""
    made = register(toy())
    assert families()[-1] is TEXT
    assert family({"model_type": "toy"}, "read") is made
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "toy"}))
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    monkeypatch.setattr(card, "rehearse", lambda *_given: None)  # next door nobody registered it
    opened = catalogue.entry("folder:mine").open()
    assert isinstance(opened, Reader)
    assert opened.name == "folder:mine"


@pytest.mark.usefixtures("apart")
def test_a_second_family_of_the_same_name_is_refused() -> None:
    made = register(toy())
    assert register(made) is made
    with pytest.raises(ModelError, match="two families of models called “toy”"):
        register(toy())


@pytest.mark.usefixtures("apart")
def test_a_package_elsewhere_brings_its_families_and_a_broken_one_harms_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "elsewhere_atlas.py").write_text(
        "from tests.test_families import register, toy\nFAMILY = register(toy('elsewhere'))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [
        EntryPoint("broken", "no_such_module_atlas:FAMILY", registry.GROUP),
        EntryPoint("elsewhere", "elsewhere_atlas:FAMILY", registry.GROUP),
    ]
    monkeypatch.setattr(finding, "entry_points", lambda group: points)
    registry._discovered.cache_clear()
    assert {"elsewhere", "text", "seq2seq"} <= {one.name for one in families()}
    assert "no_such_module_atlas" in caplog.text


@pytest.mark.usefixtures("apart")
def test_a_source_that_registers_itself_is_in_the_catalogue_at_its_place() -> None:
    untrained = catalogue.entry("fake").card
    card = Card(**{**vars(untrained), "name": "toy", "title": "Toy"})
    entry = from_files(card, lambda: Origin(Path("nowhere"), Path("nowhere")))
    made = sources.Source("toys", 33, lambda: (entry,))
    before = [one.card.name for one in catalogue.entries()]
    sources.register(made)
    at = before.index("fake-ear") + 1
    assert [one.card.name for one in catalogue.entries()] == [
        *before[:at], "toy", *before[at:],
    ]  # fmt: skip
    assert catalogue.entry("toy") is entry
    with pytest.raises(ModelError, match="two sources of models called “toys”"):
        sources.register(sources.Source("toys", 36, lambda: ()))


def test_the_files_of_a_model_are_asked_for_only_when_it_is_opened() -> None:
    asked = []

    def origin() -> Origin:
        asked.append(1)
        raise ModelError("It is not here.")

    entry = from_files(catalogue.entry("fake").card, origin)
    assert asked == []
    with pytest.raises(ModelError, match="not here"):
        entry.open()
    assert asked == [1]


# Our own translators


@pytest.fixture(scope="module", params=["transformer-en-fr", "bahdanau-en-fr"])
def translator(request: pytest.FixtureRequest) -> TranslatorReader:
    return load_translator(request.param)


def test_a_translator_is_in_memory_once(translator: TranslatorReader) -> None:
    assert load_translator(translator.name) is translator
    assert catalogue.entry(translator.name).open() is translator


def test_our_translators_are_a_family_like_others(translator: TranslatorReader) -> None:
    ours = Origin(CHECKPOINTS / translator.name, CHECKPOINTS, ours=True)
    assert family(ours.config, "translate") is OURS
    assert OURS.open(translator.name, ours) is translator
    assert OURS in families()
    assert not any(OURS.takes(config) for config in (
        {}, {"family": "bert", "shape": {}}, {"family": ["transformer"], "shape": {}},
        {"family": "transformer"}, {"model_type": "transformer"},
    ))  # fmt: skip


@pytest.mark.parametrize(("folder", "ours"), [("transformer-en-fr", False), ("mine", True)])
def test_a_translator_that_did_not_come_with_us_is_refused(folder: str, ours: bool) -> None:
    with pytest.raises(ModelError, match="mine was trained by this program but did not come"):
        OURS.open("mine", Origin(CHECKPOINTS / folder, CHECKPOINTS, ours=ours))


def test_a_translator_is_probed_through_the_same_collector(translator: TranslatorReader) -> None:
    made, seen = translator.probe(TEXT_GIVEN, TARGET, Want(hidden=True))
    record = translator.align(TEXT_GIVEN, TARGET).record
    assert {look.module for look in seen.looks} == set(translator.network.sites.values())
    for look, site in zip(made.looks, record.sites, strict=True):
        mine = [one.weights for one in seen.looks if one.module is look.mechanism]
        whole = torch.cat([weights.reshape(site.heads, -1, len(site.keys)) for weights in mine], 1)
        assert torch.equal(whole, site.weights())
    assert {one.place for one in seen.hidden} == set(translator.network.layers)
    first = seen.hidden[0]
    assert first.leaving.shape[:2] == (1, len(record.axes[0]))


def test_a_translators_gradients_are_those_of_autograd(translator: TranslatorReader) -> None:
    """In double precision, of the chance of the last piece, for every look of the pass."""
    translator.network.double()
    try:
        made, seen = translator.probe(TEXT_GIVEN, TARGET, Want(gradients=True))
        number = made.logits[0, -1].log_softmax(-1)[7]
        expected = torch.autograd.grad(
            number, [look.weights for look in seen.looks], retain_graph=True, allow_unused=True
        )
        found = seen.gradients(number).looks
    finally:
        translator.network.float()
    for mine, theirs in zip(found, expected, strict=True):
        assert torch.equal(mine, torch.zeros_like(mine) if theirs is None else theirs)
    assert float(found[-1].abs().max()) > 0


def test_a_removed_head_of_a_translator_takes_nothing(translator: TranslatorReader) -> None:
    site = next(reversed(translator.network.sites))
    made = translator.align(TEXT_GIVEN, TARGET, edits=[Edit(site, "remove", heads=(0,))])
    assert float(made.record.site(site).weights([0]).abs().max()) == 0
    assert made.chosen != translator.align(TEXT_GIVEN, TARGET).chosen

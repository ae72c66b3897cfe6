"""Models of two towers: the one that reads text is read, whatever its weights are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import CONFIG_MAPPING

from attention_core.errors import ModelError
from models.families import fake
from models.families.reader import Reader
from models.loading import towers
from models.store import catalogue
from tests import architectures

Rename = Callable[[str], str | None]
TEXT = "the cat sat on the mat"


def saved(root: Path, kind: str, name: str = "") -> Any:
    """A tiny model as `name` in a folder of its own, with a tokenizer."""
    made = architectures.shrunk(CONFIG_MAPPING[kind])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        model = getattr(transformers, name)(made) if name else architectures.build(kind)
    model.save_pretrained(root / "model")
    fake.tokenizer().save_pretrained(root / "model")
    return model


def renamed(root: Path, rename: Rename) -> None:
    """Its weights under other names; without those whose name is None."""
    file = root / "model" / "model.safetensors"
    found = {rename(key): tensor for key, tensor in load_file(file).items()}
    kept = {key: tensor for key, tensor in found.items() if key is not None}
    save_file(kept, file, {"format": "pt"})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    return tmp_path


def opened() -> Reader:
    reader = catalogue.entry("folder:model").open()
    assert isinstance(reader, Reader)
    return reader


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        ("clipseg", "CLIPSegForImageSegmentation", "clip.text_model"),
        ("owlvit", "OwlViTForObjectDetection", "owlvit.text_model"),
        ("blip", "BlipForImageTextRetrieval", "text_encoder"),
        ("blip-2", "Blip2ForConditionalGeneration", "language_model"),
        ("aimv2", "Aimv2Model", "text_model"),
        ("instructblip", "InstructBlipForConditionalGeneration", "language_model"),
    ],
)
def test_a_tower_is_found_wherever_it_stands(root: Path, kind: str, name: str, place: str) -> None:
    model, reader = saved(root, kind, name), opened()
    theirs = dict(model.get_submodule(place).named_parameters())
    mine = dict(reader._model.named_parameters())
    assert list(mine) == list(theirs)
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    said = reader.read(TEXT).notes
    assert sum("pictures" in note for note in said) == 1


def test_the_limit_of_a_tower_is_its_own(root: Path) -> None:
    model = saved(root, "clip")
    assert opened().limit == model.config.text_config.max_position_embeddings == 128


def test_the_limit_of_a_model_that_also_takes_pictures_is_that_of_its_text(root: Path) -> None:
    model = architectures.build("llava", text_config={"max_position_embeddings": 64})
    model.save_pretrained(root / "model")
    fake.tokenizer().save_pretrained(root / "model")
    assert opened().limit == 64


def test_what_the_other_tower_lacks_does_not_matter(root: Path) -> None:
    saved(root, "clip")
    renamed(root, lambda key: None if key.startswith("vision_model.") else key)
    assert opened().read(TEXT).sites


def test_what_the_tower_lacks_is_said(root: Path) -> None:
    saved(root, "clip")
    renamed(root, lambda key: None if key.startswith("text_model.encoder.layers.1.") else key)
    with pytest.raises(ModelError, match=r"lacks 16 of .* such as text_model\.encoder\.layers\.1"):
        opened()


@pytest.mark.parametrize("kind", ["chinese_clip", "altclip"])
def test_a_tower_of_another_programs_names_is_never_made_up(root: Path, kind: str) -> None:
    saved(root, kind)
    renamed(root, lambda key: key.replace("text_model.", "bert."))
    with pytest.raises(ModelError, match="no part that reads a text by itself"):
        opened()


def test_a_model_cut_down_to_its_pictures_says_so(root: Path) -> None:
    saved(root, "clip", "CLIPForImageClassification")
    with pytest.raises(ModelError, match="no part that reads a text by itself; choose the whole"):
        opened()


def test_what_siglip_learned_with_padding_is_said(root: Path) -> None:
    saved(root, "siglip")
    assert any("filled up with padding" in note for note in opened().read(TEXT).notes)


def test_a_fast_tokenizer_beside_a_class_that_is_not_is_used(root: Path) -> None:
    saved(root, "siglip")
    tokenizer = transformers.ByT5Tokenizer()
    assert not tokenizer.is_fast
    (root / "model" / "tokenizer_config.json").write_text('{"tokenizer_class": "ByT5Tokenizer"}')
    assert [token.text for token in opened().axis(TEXT).tokens][1:3] == ["the", "cat"]


def test_a_model_of_a_program_that_is_missing_names_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(root, "clip")

    def missing(*_given: object, **_named: object) -> None:
        raise ImportError("TimmWrapperModel requires the timm library but it was not found")

    monkeypatch.setattr(transformers.CLIPModel, "from_pretrained", missing)
    with pytest.raises(ModelError, match=r"not installed on this server \(timm\)"):
        opened()


def test_a_task_of_several_classes_has_the_usual_one_first() -> None:
    """Funnel is loaded as the first of two by the library's own choice."""
    config = transformers.FunnelConfig()
    auto: Any = transformers.AutoModel
    choice = auto._model_mapping[type(config)]
    assert isinstance(choice, tuple)
    assert len(choice) > 1
    assert towers.usual(config, auto) is choice[0]


def test_a_model_that_starts_from_a_picture_has_a_tower_only_with_a_part_for_the_text() -> None:
    assert towers.towered(transformers.CLIPModel, transformers.CLIPConfig)
    assert not towers.towered(transformers.ViTModel, transformers.ViTConfig)
    assert not towers.towered(transformers.BertModel, transformers.BertConfig)
    assert not towers.towered(transformers.Gemma3Model, transformers.Gemma3Config)

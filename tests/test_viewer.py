"""Models that see: each weight lies on the patch that it belongs to, whatever the model."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from attention_core.axes.patches import Box
from attention_core.errors import AttentionError, ModelError
from attention_core.files.photograph import Photograph, made
from attention_core.watching.edit import Edit
from models.families.family import Origin, family
from models.families.pictures import Viewer, untrained
from models.families.pictures.layout import Layout
from models.families.pictures.preparing import MOST, as_learned, grid, whole
from models.loading.vision import Eye, recipe
from models.store import catalogue
from tests import architectures

SMALL: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
    "image_size": 56, "patch_size": 14,
}  # fmt: skip
KINDS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "Dinov2": ({"mlp_ratio": 2}, ("[CLS]",)),
    "Dinov2WithRegisters": (
        {"num_register_tokens": 4}, ("[CLS]", "[REG1]", "[REG2]", "[REG3]", "[REG4]"),
    ),
    "ViT": ({}, ("[CLS]",)),
    "DeiT": ({}, ("[CLS]", "[DIST]")),
    "CLIPVision": ({}, ("[CLS]",)),
    "SiglipVision": ({}, ()),
    "Beit": ({}, ("[CLS]",)),
    "DINOv3ViT": (
        {"num_register_tokens": 4}, ("[CLS]", "[REG1]", "[REG2]", "[REG3]", "[REG4]")),
    "Data2VecVision": ({}, ("[CLS]",)),
    "ViTMSN": ({}, ("[CLS]",)),
}  # fmt: skip
"""Families that see in patches, and the special tokens in front."""


def network(kind: str, **more: Any) -> Any:
    config = getattr(transformers, f"{kind}Config")(**{**SMALL, **more})
    torch.manual_seed(3)
    return random_model(config)


def random_model(config: Any) -> Any:
    auto: Any = transformers.AutoModel
    return auto.from_config(config, attn_implementation="eager").eval()


def viewer(kind: str) -> Viewer:
    return Viewer(kind, Eye(network(kind, **KINDS[kind][0]), recipe({}, 56, kind)))


def noise(height: int, width: int, seed: int = 0) -> Photograph:
    dice = np.random.default_rng(seed)
    return made(dice.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_those_of_the_library(kind: str) -> None:
    found, photo = viewer(kind), noise(40, 60)
    record = found.see(photo, "learned").record
    reference = network(kind, **KINDS[kind][0])
    reference.set_attn_implementation("eager")
    with torch.inference_mode():
        pixels = found.prepared(photo, "learned").pixels
        wanted = reference(pixels, output_attentions=True).attentions
    assert len(record.sites) == len(wanted) == 2
    for site, weights in zip(record.sites, wanted, strict=True):
        assert site.integrity.verified
        bound = 64 * torch.finfo(torch.float32).eps
        torch.testing.assert_close(site.weights(), weights[0], rtol=0, atol=bound)


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_are_named_and_lie_nowhere(kind: str) -> None:
    axis = viewer(kind).see(noise(56, 56)).record.axes[0]
    assert tuple(one.text for one in axis.tokens if one.special) == KINDS[kind][1]
    assert axis.before == len(KINDS[kind][1])
    assert axis.grid == (16, 16) if kind != "SiglipVision" else axis.grid


@pytest.mark.parametrize("kind", KINDS)
def test_the_features_of_a_patch_move_most_where_the_picture_changes(kind: str) -> None:
    """Another way to the layout than the one that finds it: by what comes out in the end."""
    found, photo = viewer(kind), noise(56, 56)
    pixels = photo.pixels.copy()
    pixels[28:42, 14:28] = 255 - pixels[28:42, 14:28]  # row 3, column 2 of 4 × 4
    before, after = (found.see(one, "learned").features for one in (photo, made(pixels)))
    assert int((after - before).norm(dim=-1).argmax()) == 2 * 4 + 1


def test_a_whole_picture_keeps_its_shape() -> None:
    found = Viewer("untrained", untrained.eye())
    axis = found.see(noise(40, 100), short=4).record.axes[0]
    assert axis.grid == (4, 10)
    assert axis.crop == Box(0, 0, 100, 40)
    assert axis.tokens[1 + 10].box == Box(0, 10, 10, 20)


def test_the_map_lies_where_the_model_looked() -> None:
    found = Viewer("untrained", untrained.eye())
    axis = found.see(noise(40, 100), "learned").record.axes[0]
    assert axis.grid == (4, 4)
    assert axis.crop == pytest.approx(Box(30, 0, 70, 40))


@pytest.mark.parametrize(
    ("processor", "said"),
    [
        (ViTImageProcessorPil, {"size": {"height": 224, "width": 224}}),
        (SiglipImageProcessorPil, {"size": {"height": 56, "width": 84}, "resample": 2}),
        (CLIPImageProcessorPil, {"size": {"shortest_edge": 224}, "crop_size": 224}),
        (BitImageProcessorPil, {"size": {"shortest_edge": 256}, "crop_size": 224}),
        (
            BitImageProcessorPil,
            {"size": {"shortest_edge": 100}, "crop_size": {"height": 140, "width": 98}},
        ),
        (
            CLIPImageProcessorPil,
            {"size": {"shortest_edge": 64}, "crop_size": 64, "do_normalize": False},
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [(97, 203), (300, 120), (64, 64)])
def test_pictures_are_prepared_as_the_library_does(
    processor: Any, said: dict[str, Any], size: tuple[int, int]
) -> None:
    photo, theirs = noise(*size), processor(**said)
    wanted = theirs(images=Image.fromarray(photo.pixels), return_tensors="np")["pixel_values"]
    mine = as_learned(photo, recipe(json.loads(theirs.to_json_string()), 224, "mine")).pixels
    assert mine.shape == wanted.shape
    np.testing.assert_allclose(mine.numpy(), wanted, rtol=0, atol=2e-6)


def test_a_crop_lies_in_the_pixels_of_the_photograph() -> None:
    photo = noise(300, 120)
    made_ = as_learned(photo, recipe({"size": {"shortest_edge": 60}, "crop_size": 56}, 56, "mine"))
    assert made_.seen == pytest.approx(Box(4, 94, 116, 206))


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (3000, 2), (37, 41)])
def test_pictures_of_every_shape_have_patches_within_the_limit(size: tuple[int, int]) -> None:
    photo = noise(*size)
    rows, columns = grid(photo, 16)
    assert min(rows, columns) == 16
    assert rows * columns <= MOST
    made_ = whole(photo, recipe({}, 56, "mine"), (14, 14), 16)
    assert made_.pixels.shape == (1, 3, rows * 14, columns * 14)


def test_what_was_done_to_a_picture_is_said_with_its_record() -> None:
    found = Viewer("untrained", Eye(untrained.model(), recipe({}, 56, "mine"), ()))
    photo = made(noise(20, 20).pixels, (*noise(20, 20).notes,))
    assert found.see(photo).record.notes == ()


def test_attention_of_a_model_that_sees_can_be_edited() -> None:
    found, photo = Viewer("untrained", untrained.eye()), noise(56, 56)
    plain = found.see(photo, "learned")
    changed = found.see(photo, "learned", edits=[Edit("encoder.0", "zero", (1,))])
    assert not torch.equal(plain.features, changed.features)
    assert torch.equal(
        plain.record.sites[0].weights(), found.see(photo, "learned").record.sites[0].weights()
    )
    with pytest.raises(AttentionError):
        found.see(photo, edits=[Edit("encoder.9", "zero", (0,))])


def test_two_readers_see_their_own_pictures() -> None:
    found = Viewer("untrained", untrained.eye())
    photos = [noise(56, 56, seed) for seed in range(2)]
    wanted = [found.see(photo).features for photo in photos]
    mixed: list[int] = []

    def look(number: int) -> None:
        for _ in range(20):
            if not torch.equal(found.see(photos[number]).features, wanted[number]):
                mixed.append(number)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert mixed == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Swin", "not cut a picture into rows of patches|one weight for each pair"),
        ("ResNet", "not cut a picture into rows of patches"),
        ("ViTMAE", "rows of patches"),
    ],
)
def test_models_that_see_in_another_way_are_refused_with_a_sentence(kind: str, said: str) -> None:
    config = getattr(transformers, f"{kind}Config")
    more = {} if kind == "ResNet" else SMALL
    if kind == "Swin":
        more = {
            "embed_dim": 8,
            "depths": [1, 1],
            "num_heads": [2, 2],
            "image_size": 32,
            "patch_size": 4,
            "window_size": 4,
        }
    torch.manual_seed(0)
    model = random_model(config(**more))
    with pytest.raises(ModelError, match=said):
        Viewer(kind, Eye(model, recipe({}, 56, kind)))


def saved(folder: Path, model: Any, said: dict[str, Any] | None) -> Path:
    model.save_pretrained(folder)
    if said is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return folder


def opened(folder: Path) -> Any:
    origin = Origin(folder, folder.parent)
    return family(origin.config, "see").open("mine", origin)


def test_a_folder_of_a_vision_transformer_opens(tmp_path: Path) -> None:
    said = {"size": {"shortest_edge": 64}, "crop_size": {"height": 56, "width": 56}}
    found = opened(saved(tmp_path / "eye", untrained.model(), said))
    sight = found.see(noise(56, 56), "learned")
    same = Viewer("mine", Eye(untrained.model(), recipe(said, 56, "mine")))
    assert torch.equal(sight.features, same.see(noise(56, 56), "learned").features)
    assert sight.record.notes == ()


def test_the_eye_of_a_model_with_two_towers_opens_and_says_so(tmp_path: Path) -> None:
    vision = {**SMALL, "projection_dim": 16}
    text = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 99}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    torch.manual_seed(1)
    model: Any = transformers.CLIPModel(config)
    model.train(False)
    found = opened(
        saved(tmp_path / "clip", model, {"size": {"shortest_edge": 56}, "crop_size": 56})
    )
    sight = found.see(noise(56, 56), "learned")
    with torch.inference_mode():
        pixels = found.prepared(noise(56, 56), "learned").pixels
        wanted = model.vision_model(pixels).last_hidden_state[0, 1:]
    torch.testing.assert_close(
        sight.features, wanted, rtol=0, atol=1e-4 * float(wanted.abs().max())
    )
    assert "the part that reads text is left out" in " ".join(sight.record.notes)


def test_a_folder_that_does_not_say_how_pictures_are_prepared_says_so(tmp_path: Path) -> None:
    sight = opened(saved(tmp_path / "eye", untrained.model(), None)).see(noise(56, 56))
    assert "does not say how pictures are prepared" in " ".join(sight.record.notes)


@pytest.mark.parametrize(
    "said",
    [
        {"size": {"height": 0, "width": 224}}, {"size": {"shortest_edge": 10**9}},
        {"image_std": [0, 1, 1]}, {"image_mean": [0.5]}, {"image_mean": ["a", 0, 0]},
        {"size": "large"},
        {"rescale_factor": -1}, {"crop_size": {"height": -3, "width": 3}},
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_followed_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="pictures that cannot be made"):
        recipe(said, 224, "mine")


def test_a_model_that_reads_is_no_model_that_sees(tmp_path: Path) -> None:
    config = transformers.BertConfig(**{k: v for k, v in SMALL.items() if "size" not in k[:5]})
    folder = saved(tmp_path / "bert", transformers.BertModel(config), None)
    with pytest.raises(ModelError, match="No family of models can see"):
        opened(folder)


def test_a_layout_counts_its_tokens() -> None:
    assert Layout(5, 2, 3).tokens == 11
    assert Layout(2, 2, 3).names({"model_type": "deit"}) == ("[CLS]", "[DIST]")


EYES = (
    "clip", "siglip", "siglip2", "altclip", "chinese_clip", "metaclip_2", "llava", "gemma3", "blip",
    "owlvit", "qwen2_vl",
)  # fmt: skip
"""Of several parts, of which the one that sees is watched."""
ELSE = {
    "mllama": "cannot see a plain picture",
    "align": "does not cut a picture into rows of patches",
}
"""They see too, but are given pictures in other forms than one of pixels."""


def offered(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.Entry:
    """The folder of such a model as the page of pictures offers it."""
    architectures.build(kind).save_pretrained(folder / kind)
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(folder))
    (entry,) = (
        one
        for one in catalogue.entries()
        if one.task == "see" and one.card.name.endswith(f"folder:{kind}")
    )
    return entry


@pytest.mark.parametrize("kind", EYES)
def test_the_part_that_sees_is_offered_and_opened(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = offered(kind, tmp_path, monkeypatch).open()
    assert isinstance(found, Viewer)
    record = found.see(noise(40, 60)).record
    assert record.axes[0].crop == Box(0, 0, 60, 40)
    assert all(site.integrity.verified for site in record.sites)
    assert "the part that reads text is left out" in " ".join(record.notes)


@pytest.mark.parametrize("kind", ELSE)
def test_what_sees_in_another_form_is_refused_with_a_sentence(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = offered(kind, tmp_path, monkeypatch)
    with pytest.raises(ModelError, match=ELSE[kind]):
        entry.open()

"""Models that are given patches instead of pixels: each weight lies on the patch it belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch import Tensor
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.qwen2_vl import modeling_qwen2_vl
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.qwen3_vl import modeling_qwen3_vl
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil

from attention_core.errors import ModelError
from attention_core.files.photograph import made
from attention_core.watching.edit import Edit
from models.families.family import Origin, family
from models.families.pictures import Viewer
from models.families.pictures.intake import Blocks, Patches, Pixels, intake
from models.families.pictures.preparing import MOST
from models.loading.vision import Eye, recipe
from tests import architectures
from tests.test_viewer import noise

QWEN: dict[str, Any] = {"patch_size": 14, "temporal_patch_size": 2, "merge_size": 2}
NAFLEX: dict[str, Any] = {"patch_size": 16, "max_num_patches": 24}
SIZES = [(97, 203), (300, 120), (64, 64), (40, 500), (20, 21)]


def network(kind: str) -> Any:
    """A small one with fixed weights, far from uniform."""
    sizes: dict[str, dict[str, Any]] = {
        "qwen2_vl": {"depth": 2, "embed_dim": 32, "num_heads": 4, "hidden_size": 48},
        "qwen3_vl": {
            "depth": 2, "hidden_size": 32, "num_heads": 4, "intermediate_size": 64,
            "out_hidden_size": 48, "num_position_embeddings": 36, "deepstack_visual_indexes": [0],
        },
        "siglip2": {
            "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4,
            "intermediate_size": 64, "num_patches": 36,
        },
        "pixtral": {
            "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4,
            "intermediate_size": 64, "image_size": 256,
        },
    }  # fmt: skip
    owner: Any = {
        "qwen2_vl": modeling_qwen2_vl.Qwen2VisionTransformerPretrainedModel,
        "qwen3_vl": modeling_qwen3_vl.Qwen3VLVisionModel,
        "siglip2": transformers.Siglip2VisionModel,
        "pixtral": transformers.PixtralVisionModel,
    }[kind]
    config = owner.config_class(**sizes[kind]) if kind in ("siglip2", "pixtral") else None
    if config is None:
        whole = transformers.CONFIG_MAPPING[kind]()
        config = type(whole.vision_config)(**sizes[kind])
    torch.manual_seed(3)
    config._attn_implementation = "eager"
    model = owner(config)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return model.train(False)


def viewer(kind: str, **said: Any) -> Viewer:
    return Viewer(kind, Eye(network(kind), recipe(said, 84, kind)))


KINDS = ("qwen2_vl", "qwen3_vl", "siglip2", "pixtral")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(40, 64), (90, 50)])
def test_weights_are_those_of_the_library(kind: str, size: tuple[int, int]) -> None:
    """The library's own step-by-step attention, listened to in an untouched model."""
    found, reference = viewer(kind), network(kind)
    prepared = found.prepared(noise(*size), short=4)
    record = found.see(noise(*size), short=4).record
    wanted = heard(reference, found.intake.inputs(prepared.pixels))
    rows, columns = record.axes[0].grid
    assert rows * columns == len(record.axes[0]) == wanted[0].shape[-1]
    order = block_by_block(rows, columns) if kind.startswith("qwen") else range(rows * columns)
    assert len(record.sites) == len(wanted) == 2
    for site, weights in zip(record.sites, wanted, strict=True):
        assert site.integrity.verified
        for token, patch in enumerate(order):
            row = site.weights(queries=slice(patch, patch + 1))[:, 0]
            mine = row[:, list(order)]
            bound = 64 * torch.finfo(torch.float32).eps
            torch.testing.assert_close(mine, weights[0][:, token], rtol=0, atol=bound)


def heard(model: Any, inputs: Any) -> list[Tensor]:
    """(1, head, query, key) of each layer."""
    found = []

    def listening(*given: Any, **named: Any) -> Any:
        output, weights = modeling_qwen2_vl.eager_attention_forward(*given, **named)
        found.append(weights)
        return output, weights

    ALL_ATTENTION_FUNCTIONS.register("listening", listening)
    for part in model.modules():
        if hasattr(part, "num_heads") or hasattr(part, "num_attention_heads"):
            part.num_key_value_groups = 1
    model.config._attn_implementation = "listening"
    with torch.inference_mode():
        model(**inputs)
    return found


def block_by_block(rows: int, columns: int) -> list[int]:
    """The patch of each token, counted by a slow walk from block to block."""
    return [
        (2 * down + inner) * columns + 2 * across + beside
        for down in range(rows // 2)
        for across in range(columns // 2)
        for inner in range(2)
        for beside in range(2)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_features_of_a_patch_move_most_where_the_picture_changes(kind: str) -> None:
    found, photo = viewer(kind), noise(64, 96)
    rows, columns = found.see(photo, short=4).record.axes[0].grid
    assert (rows, columns) == (4, 6)
    pixels = photo.pixels.copy()
    pixels[32:48, 64:80] = 255 - pixels[32:48, 64:80]  # row 3, column 5
    before, after = (found.see(one, short=4).features for one in (photo, made(pixels)))
    assert int((after - before).norm(dim=-1).argmax()) == 2 * 6 + 4


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("area", [{}, {"min_pixels": 5_000, "max_pixels": 40_000}])
def test_blocks_are_cut_as_the_library_cuts_them(
    size: tuple[int, int], area: dict[str, int]
) -> None:
    said = {**QWEN, **area}
    photo, theirs = noise(*size), Qwen2VLImageProcessorPil(**said)
    told = recipe(json.loads(theirs.to_json_string()), 84, "mine")
    wanted = theirs(images=Image.fromarray(photo.pixels), return_tensors="np")
    found = Viewer("mine", Eye(network("qwen2_vl"), told))
    given = found.intake.inputs(found.prepared(photo, "learned").pixels)
    assert given["grid_thw"].tolist() == wanted["image_grid_thw"].tolist()
    np.testing.assert_allclose(given["hidden_states"], wanted["pixel_values"], rtol=0, atol=2e-6)


@pytest.mark.parametrize("size", SIZES)
def test_patches_are_cut_as_the_library_cuts_them(size: tuple[int, int]) -> None:
    photo, theirs = noise(*size), Siglip2ImageProcessorPil(**NAFLEX)
    told = recipe(json.loads(theirs.to_json_string()), 84, "mine")
    wanted = theirs(images=Image.fromarray(photo.pixels), return_tensors="np")
    found = Viewer("mine", Eye(network("siglip2"), told))
    given = found.intake.inputs(found.prepared(photo, "learned").pixels)
    count = given["pixel_values"].shape[1]
    assert given["spatial_shapes"].tolist() == wanted["spatial_shapes"].tolist()
    assert count == wanted["pixel_attention_mask"].sum()
    theirs_cut = wanted["pixel_values"][:, :count]
    np.testing.assert_allclose(given["pixel_values"], theirs_cut, rtol=0, atol=2e-6)


def test_a_model_that_would_take_more_patches_than_are_shown_says_so() -> None:
    found = viewer("qwen2_vl", **QWEN, max_pixels=12_845_056)
    sight = found.see(noise(16, 16), "learned")
    assert "would take 65536 patches" in " ".join(sight.record.notes)
    assert viewer("qwen2_vl", **QWEN, max_pixels=40_000).see(noise(16, 16)).record.notes == ()


@pytest.mark.parametrize("size", [(1, 1), (2, 3000), (3000, 2)])
@pytest.mark.parametrize("kind", ["qwen2_vl", "siglip2"])
def test_pictures_of_every_shape_fit(kind: str, size: tuple[int, int]) -> None:
    said = {**QWEN, "max_pixels": 12_845_056} if kind == "qwen2_vl" else NAFLEX
    found = viewer(kind, **said)
    for fit in ("learned", "whole"):
        pixels = found.prepared(noise(*size), fit, short=4).pixels
        tall, wide = (
            side // unit for side, unit in zip(pixels.shape[-2:], found.patch, strict=True)
        )
        assert 0 < tall * wide <= MOST


def test_an_edit_says_places_of_the_picture_not_tokens() -> None:
    found, photo = viewer("qwen2_vl"), noise(64, 96)
    edit = Edit("encoder.0", "zero", keys=(7,))
    weights = found.see(photo, short=4, edits=[edit]).record.sites[0].weights()
    assert float(weights[..., 7].abs().max()) == 0
    assert float(weights.sum(-2).min()) == 0 < float(weights.sum(-2).sort(-1).values[:, 1].min())


@pytest.mark.parametrize(
    "said",
    [
        {**QWEN, "min_pixels": 500, "max_pixels": 100}, {**QWEN, "max_pixels": "many"},
        {**NAFLEX, "max_num_patches": 0}, {**NAFLEX, "max_num_patches": -4},
        {**NAFLEX, "patch_size": None},
    ],
)  # fmt: skip
def test_an_area_that_cannot_be_had_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="pictures that cannot be made"):
        recipe(said, 84, "mine")


def test_a_model_is_given_pictures_as_its_call_takes_them() -> None:
    assert intake(network("qwen2_vl")) == Blocks(14, 2, 2)
    assert intake(network("siglip2")) == Patches(16)
    assert intake(network("pixtral")) == Pixels()


@pytest.mark.parametrize("kind", ["qwen2_vl", "siglip2"])
def test_a_folder_of_such_a_model_opens_for_what_it_sees(kind: str, tmp_path: Path) -> None:
    said = QWEN if kind == "qwen2_vl" else NAFLEX
    architectures.build(kind).save_pretrained(tmp_path / kind)
    (tmp_path / kind / "preprocessor_config.json").write_text(json.dumps(said))
    origin = Origin(tmp_path / kind, tmp_path)
    found = family(origin.config, "see").open("mine", origin)
    assert isinstance(found, Viewer)
    record = found.see(noise(60, 90)).record
    assert all(site.integrity.verified for site in record.sites)
    assert "the part that reads text is left out" in " ".join(record.notes)

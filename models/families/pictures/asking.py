"""What an output about a picture was made of: each output as a function of the patches' pixels.

A picture is taken apart into patches whose pixels are their vectors, so that every method that asks
of tokens asks of patches as well; a classifier without tokens is asked of the same squares.

>>> from attention_core.files.photograph import made
>>> from models.families.pictures import untrained
>>> import numpy as np
>>> photo = made(np.random.default_rng(0).integers(0, 255, (32, 64, 3), np.uint8))
>>> asker = ViewerAsker(Viewer("untrained", untrained.eye()), short=2)
>>> output = asker.output(photo, PictureWanted("likeness", other=photo))
>>> output.given.shape, round(output.value, 4), len(output.layers)
(torch.Size([9, 588]), 1.0, 2)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from attention_core.axes.patches import PatchAxis, patches
from attention_core.errors import AttentionError, ModelError
from attention_core.files.photograph import Photograph
from attention_core.numbers.attribution import Features, Output
from attention_core.watching.capture import never
from models.families.layers import features, layers
from models.families.pictures.classifying import CELL, Namer
from models.families.pictures.intake import Pixels
from models.families.pictures.preparing import Prepared
from models.families.pictures.viewer import Viewer

Kind = Literal["class", "likeness"]
Blank = Literal["mean", "blurred", "grey"]
BLANKS: Final[tuple[Blank, ...]] = ("mean", "blurred", "grey")
"""What stands where a patch is taken away, what is least strange to a model first."""
SHORT: Final = 8
"""Patches along the shorter side that a picture is cut into."""
BLUR: Final = 4
"""How many times coarser than a patch a blurred picture is, along each side."""


@dataclass(frozen=True)
class PictureWanted:
    """Which number of a picture.

    kind    the logarithm of a class's probability; or the cosine with another picture
    number  of the class; None: the likeliest
    rather  the number of a class it is held against: the difference of both logarithms
    other   the other picture
    """

    kind: Kind
    number: int | None = None
    rather: int | None = None
    other: Photograph | None = None
    blank: Blank = "mean"


class AskingPictures(Protocol):
    """Whoever can be asked what an output about a picture was made of."""

    kind: Kind

    def output(
        self, photo: Photograph, wanted: PictureWanted, cancelled: Callable[[], bool] = never
    ) -> Output:
        """That number of one picture."""


def cut(pixels: Tensor, rows: int, columns: int) -> Tensor:
    """(picture, channel, row, column) to (picture, patch, channel × height × width).

    >>> pixels = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> cut(pixels, 2, 2)[0, 1].tolist()
    [2.0, 3.0, 6.0, 7.0]
    >>> torch.equal(joined(cut(pixels, 2, 2), 2, 2, (2, 2)), pixels)
    True
    """
    count, channels, height, width = pixels.shape
    parted = pixels.reshape(count, channels, rows, height // rows, columns, width // columns)
    return parted.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


def joined(vectors: Tensor, rows: int, columns: int, shape: tuple[int, int]) -> Tensor:
    """The pictures of these patches; shape: height and width of one.

    vectors  (picture, patch, channel × height × width)
    """
    parted = vectors.reshape(len(vectors), rows, columns, -1, *shape)
    return parted.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)


def blank(pixels: Tensor, kind: Blank, rows: int, columns: int) -> Tensor:
    """The picture that a missing patch is taken from, as large as this one.

    mean     its own mean colour everywhere; grey: what the model counts as 0
    blurred  what is left of it when seen from far away
    """
    if kind == "grey":
        return torch.zeros_like(pixels)
    if kind == "mean":
        return pixels.mean((2, 3), keepdim=True).expand_as(pixels)
    small = functional.adaptive_avg_pool2d(pixels, (-(-rows // BLUR), -(-columns // BLUR)))
    return functional.interpolate(small, pixels.shape[-2:], mode="bilinear", align_corners=False)


class NamerAsker:
    """The classes of a convolutional classifier."""

    kind: Kind = "class"

    def __init__(self, namer: Namer) -> None:
        self.namer = namer

    def output(
        self, photo: Photograph, wanted: PictureWanted, cancelled: Callable[[], bool] = never
    ) -> Output:
        """The logarithm of a class's probability, or of how many times likelier it is.

        cancelled  asked between passes; True raises Superseded

        Raises AttentionError when there is no such class, or both are the same.
        """
        network, prepared = self.namer.network, self.namer.prepared(photo)
        pixels = prepared.pixels
        rows, columns = (side // cell for side, cell in zip(pixels.shape[-2:], CELL, strict=True))
        measure = self._measure(pixels, wanted)
        given = cut(pixels, rows, columns)[0]

        def answer(vectors: Tensor) -> Tensor:
            return measure(network(joined(vectors, rows, columns, CELL)))

        def felt() -> Features:
            cells = network.cells(pixels).detach().requires_grad_()
            number = measure(network.classifier(cells.mean((-2, -1))))[0]
            (gradient,) = torch.autograd.grad(number, cells)
            return Features(*(one.detach()[0].flatten(1).T for one in (cells, gradient)))

        axis = patches(rows, columns, photo.width, photo.height, crop=prepared.seen)
        return Output(
            axis, given, cut(blank(pixels, wanted.blank, rows, columns), rows, columns)[0],
            torch.full((len(given),), 1 / len(given), dtype=torch.float64), answer,
            model=self.namer.name, cancelled=cancelled, features=felt,
        )  # fmt: skip

    def _measure(self, pixels: Tensor, wanted: PictureWanted) -> Callable[[Tensor], Tensor]:
        """From the scores of all classes to the wanted number of each picture."""
        labels = self.namer.labels
        for number in (wanted.number, wanted.rather):
            if number is not None and not 0 <= number < len(labels):
                raise AttentionError(
                    "{model} knows {count} classes, and none of the number {number}; choose one "
                    "of the list.",
                    model=self.namer.name, count=len(labels), number=number,
                )  # fmt: skip
        word = wanted.number
        if word is None:
            with torch.no_grad():
                word = int(self.namer.network(pixels)[0].argmax())
        if wanted.rather is None:
            return lambda scores: scores.log_softmax(-1)[:, word]
        if wanted.rather == word:
            raise AttentionError(
                "Both classes are the same, so nothing speaks for one rather than the other; "
                "choose two."
            )
        return lambda scores: scores[:, word] - scores[:, wanted.rather]


class ViewerAsker:
    """How much a picture is like another one to a model of patches.

    short  patches along the shorter side that a picture is cut into, where the model takes any
    """

    kind: Kind = "likeness"

    def __init__(self, viewer: Viewer, short: int = SHORT) -> None:
        self.viewer, self.short = viewer, short

    def output(
        self, photo: Photograph, wanted: PictureWanted, cancelled: Callable[[], bool] = never
    ) -> Output:
        """The cosine of both pictures' vectors: of their first special token, or where there is
        none of the mean of their patches.

        cancelled  asked between passes; True raises Superseded

        Raises AttentionError where there is no other picture, or the model takes no plain pixels.
        """
        if wanted.other is None:
            raise AttentionError("Choose another picture: asked is how much both are alike.")
        if not isinstance(self.viewer.intake, Pixels):
            raise ModelError(
                "{model} is handed a picture in pieces of its own, so it cannot be asked what an "
                "output was made of; choose a vision transformer such as ViT, DINOv2 or CLIP.",
                model=self.viewer.name,
            )
        prepared = self.viewer.prepared(photo, "whole", self.short)
        found = self.viewer.layout(*prepared.pixels.shape[-2:])
        count = found.rows * found.columns
        other = self._vector(wanted.other)

        def measure(outputs: Any) -> Tensor:
            return (self._direction(outputs.last_hidden_state, found.before) * other).sum(-1)

        reads = self._reads(found.tokens, found.before, count)
        part = self.viewer.watch.model
        return about(self.viewer, photo, prepared, wanted.blank, part, measure, reads, cancelled)

    @staticmethod
    def _reads(size: int, before: int, count: int) -> Tensor:
        """(token,): where the vector of a picture is read."""
        reads = torch.zeros(size, dtype=torch.float64)
        if before:
            reads[0] = 1.0
        else:
            reads[:count] = 1 / count
        return reads

    @staticmethod
    def _direction(states: Tensor, before: int) -> Tensor:
        """(picture, width), of length 1."""
        found = states[:, 0] if before else states.mean(1)
        return functional.normalize(found, dim=-1)

    @torch.no_grad()
    def _vector(self, photo: Photograph) -> Tensor:
        """(1, width): what the model makes of the other picture."""
        viewer = self.viewer
        pixels = viewer.prepared(photo, "whole", self.short).pixels
        outputs = viewer.watch.model(**viewer.intake.inputs(pixels), return_dict=True)
        before = viewer.layout(*pixels.shape[-2:]).before
        return self._direction(outputs.last_hidden_state, before)


def about(
    viewer: Viewer, photo: Photograph, prepared: Prepared, kind: Blank, part: nn.Module,
    measure: Callable[[Any], Tensor], reads: Tensor, cancelled: Callable[[], bool] = never,
) -> Output:  # fmt: skip
    """A number that a part of a model makes of a picture, as a function of its patches.

    kind     what stands where a patch is taken away
    part     what is called with the picture: the model that the viewer watches, or more
    measure  from what that gives to the number of each picture, (batch,)
    reads    (token,), sums to 1: the places that the number is read from
    """
    pixels = prepared.pixels
    found = viewer.layout(*pixels.shape[-2:])
    rows, columns, before = found.rows, found.columns, found.before
    specials = (before, found.tokens - before - rows * columns)

    def padded(vectors: Tensor) -> Tensor:
        """Special tokens have no pixels."""
        return functional.pad(vectors, (0, 0, *specials))

    def inputs(vectors: Tensor) -> Any:
        own = vectors[:, before : before + rows * columns]
        return viewer.intake.inputs(joined(own, rows, columns, viewer.patch))

    def answer(vectors: Tensor) -> Tensor:
        return measure(part(**inputs(vectors), return_dict=True))

    given = padded(cut(pixels, rows, columns))[0]
    none = cut(blank(pixels, kind, rows, columns), rows, columns)
    axis = found.axis(photo, prepared.seen, found.names(viewer.watch.model.config.to_dict()))
    return Output(
        axis, given, padded(none)[0], reads, answer,
        lambda: layers(viewer.watch, inputs(given[None]), part, len(given), measure),
        viewer.name, cancelled,
        features=lambda: features(part, inputs(given[None]), len(given), measure),
    )  # fmt: skip


def axis_of(output: Output) -> PatchAxis:
    """The patches that an output about a picture is attributed to."""
    axis = output.axis
    if not isinstance(axis, PatchAxis):
        raise TypeError("this output is about no picture")
    return axis

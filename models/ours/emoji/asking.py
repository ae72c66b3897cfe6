"""What spoke for a text's fit with a picture, in the towers that we trained.

>>> from models.ours.emoji.reader import load_reader
>>> photo = made(np.zeros((20, 60, 3), np.uint8))
>>> asker = EmojiAsker(load_reader())
>>> asker.picture(photo, "a red car", "mean").given.shape, asker.shown(photo).width
(torch.Size([36, 192]), 60)
>>> output = asker.words(photo, "a red car")
>>> [token.text for token in output.axis.tokens], len(output.layers)
(['a', 'red', 'car'], 2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from attention_core.axes.axis import Axis
from attention_core.axes.patches import patches
from attention_core.files.photograph import Photograph, made
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.numbers.attribution import Layer, Output
from attention_core.watching.capture import Want, capture, never
from attention_core.watching.place import Place
from models.families.pictures.asking import Blank, blank, cut, joined
from models.ours.emoji.pieces import numbered
from models.ours.emoji.reader import NAME, Reader
from models.ours.emoji.showing import on_white, squared
from models.ours.emoji.towers import GRID, TEXT, VISION, WIDTH

PATCH = WIDTH // GRID


class EmojiAsker:
    """The cosines of the two towers; many threads may ask at once."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def shown(self, photo: Photograph) -> Photograph:
        """The picture in the middle of a white square, as the tower is shown it."""
        return made(np.ascontiguousarray(on_white(np.asarray(photo.pixels))))

    def picture(
        self, photo: Photograph, text: str, kind: Blank, cancelled: Callable[[], bool] = never
    ) -> Output:
        """The cosine as a function of the picture.

        Raises TextError where there is nothing to read, TooLong where it is too much.
        """
        towers, square = self.reader.towers, self.shown(photo)
        pixels = squared(np.asarray(photo.pixels))
        pieces = self._pieces(text)
        with torch.no_grad():
            read = towers.hear(pieces).whole[0]
        found = pixels.new_full((), 0.5) if kind == "grey" else None
        none = pixels * 0 + found if found is not None else blank(pixels, kind, GRID, GRID)

        def answer(vectors: Tensor) -> Tensor:
            return towers.see(joined(vectors, GRID, GRID, (PATCH, PATCH))).whole @ read

        axis = patches(GRID, GRID, square.width, square.height)
        return self._output(axis, cut(pixels, GRID, GRID)[0], cut(none, GRID, GRID)[0], answer,
                            VISION, cancelled)  # fmt: skip

    def words(self, photo: Photograph, text: str, cancelled: Callable[[], bool] = never) -> Output:
        """The cosine as a function of the pieces; raises as `picture` does."""
        towers, pieces = self.reader.towers, self._pieces(text)
        with torch.no_grad():
            seen = towers.see(squared(np.asarray(photo.pixels))).whole[0]
            given = towers.pieces(pieces)[0]
            none = towers.pieces.weight.mean(0).expand_as(given)

        def answer(vectors: Tensor) -> Tensor:
            return towers.hear(pieces.expand(len(vectors), -1), vectors).whole @ seen

        return self._output(self.reader.axis(text), given, none, answer, TEXT, cancelled)

    def _pieces(self, text: str) -> Tensor:
        return numbered(self.reader.known, [self.reader.axis(text).text])

    def _output(
        self, axis: Axis, given: Tensor, none: Tensor, answer: Callable[[Tensor], Tensor],
        stack: str, cancelled: Callable[[], bool],
    ) -> Output:  # fmt: skip
        """All parts count alike in the end: both towers take their mean."""
        places = {
            place: mechanism
            for place, mechanism in self.reader.towers.places.items()
            if place.stack == stack
        }
        return Output(
            axis, given, none, torch.full((len(given),), 1 / len(given), dtype=torch.float64),
            answer, lambda: _layers(places, given, answer), NAME, cancelled,
        )  # fmt: skip


def _layers(
    places: Mapping[Place, Mechanism], given: Tensor, answer: Callable[[Tensor], Tensor]
) -> tuple[Layer, ...]:
    """The looks of one tower, layer by layer."""
    with capture(want=Want(gradients=True)) as seen, torch.enable_grad():
        felt = seen.gradients(answer(given[None].detach().requires_grad_())[0]).looks
    pairs = list(zip(seen.looks, felt, strict=True))
    return tuple(
        Layer(look.weights.detach()[0], slope[0])
        for mechanism in places.values()
        for look, slope in pairs
        if look.module is mechanism
    )

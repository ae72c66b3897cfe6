"""Looking at a picture with a model while watching where every head looks.

>>> from models.families.pictures import untrained
>>> from attention_core.files.photograph import made
>>> import numpy as np
>>> viewer = Viewer("untrained", untrained.eye())
>>> sight = viewer.see(made(np.zeros((30, 60, 3), np.uint8)), short=2)
>>> sight.record.axes[0].grid, sight.record.sites[0].weights().shape, sight.features.shape
((2, 4), torch.Size([4, 9, 9]), torch.Size([8, 32]))
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from inspect import signature
from typing import Any, Final, Literal

import torch
from torch import Tensor

from attention_core.axes.patches import PatchAxis
from attention_core.errors import ModelError, Superseded
from attention_core.files.photograph import Photograph
from attention_core.marking import N_
from attention_core.numbers import measures
from attention_core.numbers.components import components
from attention_core.numbers.named import Named
from attention_core.watching.capture import never
from attention_core.watching.edit import Edit
from attention_core.watching.record import AttentionRecord
from models.families.pictures.layout import Layout, entering, layout, probes, ungridded
from models.families.pictures.preparing import MOST, Prepared, as_learned, whole
from models.families.sites import sites, sound
from models.families.untouched import FOREIGN
from models.families.watch import Example, Watch
from models.loading.vision import Eye, usual

_LOG = logging.getLogger(__name__)
Fit = Literal["whole", "learned"]
"""All of a picture in its own shape, or as the model's pictures were prepared while it learned."""
SHORT: Final = 16
"""Patches along the shorter side of a whole picture, where nothing else is asked."""
_INTERPOLATES: Final = "interpolate_pos_encoding"
_FAULT: Final = N_(
    "{model} cannot see a plain picture: it stops with an error, as a model does that needs a "
    "text, a question or something else beside it. Choose a model that sees pictures alone."
)


@dataclass(frozen=True)
class Sight:
    """One picture as a model saw it.

    record    every site, its axes patches of the picture
    features  (patch, width): what the model makes of each patch in the end
    """

    record: AttentionRecord[PatchAxis]
    features: Tensor

    @cached_property
    def measures(self) -> dict[str, Named]:
        """Every head in numbers, worked out when somebody asks: name to (layer, head)."""
        return measures.table(self.record.sites)

    @cached_property
    def components(self) -> Tensor:
        """(patch, 3), 0 … 1: the directions in which the features differ most."""
        return components(self.features)


class Viewer:
    """One model that sees pictures; many threads may use it at once.

    limit     the most patches of one picture
    flexible  True where it takes pictures of any shape
    patch     height and width of a patch in pixels
    """

    limit = MOST

    def __init__(self, name: str, eye: Eye) -> None:
        self.name = name
        self._eye = eye
        self._model: Any = eye.model
        self._takes_any = _INTERPOLATES in signature(self._model.forward).parameters
        self.patch = _patch(eye.model, name)
        self._learned, tokens = self._size()
        shapes = {"": frozenset({(tokens, tokens)})}
        inputs = self._inputs(_noise(*self._learned))
        self.watch = Watch(name, self._model, Example(inputs, shapes, fault=_FAULT))
        self._layouts: dict[tuple[int, int], Layout] = {}
        self._layout(*self._learned)  # raises here, not at the first picture

    @property
    def routed(self) -> bool:
        """True when attention is captured as it is computed and checked against the output."""
        return self.watch.routed

    @cached_property
    def flexible(self) -> bool:
        down, across = self.patch
        try:
            self._layout(3 * down, 5 * across)
        except (ModelError, *FOREIGN):
            return False
        return True

    def see(
        self, photo: Photograph, fit: Fit = "whole", short: int = SHORT,
        cancelled: Callable[[], bool] = never, edits: Sequence[Edit] = (),
    ) -> Sight:  # fmt: skip
        """Where every head of every layer looked.

        fit        a model that takes one shape only sees every picture as it learned to
        short      patches along the shorter side of a whole picture
        cancelled  asked before the pass and between layers; True raises Superseded
        edits      what is done to the attention meanwhile

        Raises AttentionError when an edit names a site that this model has not or cannot change.
        """
        prepared = self.prepared(photo, fit, short)
        if cancelled():
            raise Superseded
        with self.watch.changing(edits):
            run = self.watch.run(self._inputs(prepared.pixels), cancelled)
        found = self._layout(*prepared.pixels.shape[-2:])
        axis = found.axis(photo, prepared.seen, found.names(self._model.config.to_dict()))
        kept, left_out = sound(run.seen)
        sides = dict.fromkeys(self.watch.kinds, (axis, axis))
        notes = (*photo.notes, *left_out, *self._eye.notes, *self.watch.notes)
        record = AttentionRecord(self.name, sites(kept, sides), (axis,), notes)
        states = run.outputs.last_hidden_state[0]
        return Sight(record, states[found.before : found.before + found.rows * found.columns])

    def prepared(self, photo: Photograph, fit: Fit = "whole", short: int = SHORT) -> Prepared:
        """What the model is given of a photograph."""
        if fit == "whole" and self.flexible:
            return whole(photo, self._eye.recipe, self.patch, short)
        made = as_learned(photo, self._eye.recipe)
        if tuple(made.pixels.shape[-2:]) == self._learned:
            return made
        squeezed = replace(self._eye.recipe, size=self._learned, shortest=0, crop=None)
        return as_learned(photo, squeezed)

    def _size(self) -> tuple[tuple[int, int], int]:
        """Height and width of the pictures that the model learned from, and how many tokens it
        makes of them: as its pictures are prepared, or else as its configuration says.
        """
        recipe, side = self._eye.recipe, usual(self._model)
        for size in dict.fromkeys(filter(None, [recipe.crop, recipe.size, (side, side)])):
            height, width = (
                part * (all_ // part) for part, all_ in zip(self.patch, size, strict=True)
            )
            try:
                return (height, width), self._tokens(height, width)
            except FOREIGN:
                _LOG.info("%s does not see %s × %s pixels", self.name, height, width, exc_info=True)
        raise ModelError(_FAULT, model=self.name)

    @torch.inference_mode()
    def _tokens(self, height: int, width: int) -> int:
        made = self._model(**self._inputs(_noise(height, width)), return_dict=True)
        return int(made.last_hidden_state.shape[1])

    def _inputs(self, pixels: Tensor) -> dict[str, Any]:
        given: dict[str, Any] = {"pixel_values": pixels}
        return {**given, _INTERPOLATES: True} if self._takes_any else given

    def _layout(self, height: int, width: int) -> Layout:
        """Where the patches of a picture of that size are among the model's tokens."""
        known = self._layouts.get((height, width))
        return known or self._layouts.setdefault((height, width), self._asked(height, width))

    def _asked(self, height: int, width: int) -> Layout:
        try:
            inputs = self._inputs(probes(height, width, self.patch))
        except IndexError as fault:
            raise ungridded(self.name) from fault
        states = entering(self._model, inputs)
        if states is None or states.ndim != 3:
            raise ungridded(self.name)
        return layout(states, height, width, self.patch, self.name)


def _noise(height: int, width: int) -> Tensor:
    """(1, channel, row, column), the same at every call."""
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def _patch(model: Any, name: str) -> tuple[int, int]:
    """Height and width of a patch, as the configuration says; ModelError where it says none."""
    said = getattr(model.config, "patch_size", None)
    sides = tuple(said) if isinstance(said, list | tuple) else (said, said)
    if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise ungridded(name)
    return sides[0], sides[1]

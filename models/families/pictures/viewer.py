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
from attention_core.watching.record import AttentionRecord, Note, Reordered
from models.families.pictures.intake import intake
from models.families.pictures.layout import Layout, entering, layout, probes, ungridded
from models.families.pictures.preparing import MOST, Prepared, as_learned, whole
from models.families.sites import Seen, sites, sound
from models.families.untouched import FOREIGN
from models.families.watch import Example, Watch
from models.loading.vision import Eye, usual

_LOG = logging.getLogger(__name__)
Fit = Literal["whole", "learned"]
"""All of a picture in its own shape, or as the model's pictures were prepared while it learned."""
SHORT: Final = 16
"""Patches along the shorter side of a whole picture, where nothing else is asked."""
_FAULT: Final = N_(
    "{model} cannot see a plain picture: it stops with an error, as a model does that needs a "
    "text, a question or something else beside it. Choose a model that sees pictures alone."
)
_SMALLER: Final = N_(
    "This model would take {most} patches of a picture; here it is given at most {shown}."
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
        self.patch = _patch(eye.model, name)
        self.intake = intake(eye.model)
        self._area, self._notes = self._room(eye)
        self._learned, tokens = self._size()
        shapes = {"": frozenset({(tokens, tokens)})}
        inputs = self.intake.inputs(_noise(*self._learned))
        self.watch = Watch(name, self._model, Example(inputs, shapes, fault=_FAULT))
        self._layouts: dict[tuple[int, int], Layout] = {}
        self.layout(*self._learned)  # raises here, not at the first picture

    @property
    def routed(self) -> bool:
        """True when attention is captured as it is computed and checked against the output."""
        return self.watch.routed

    @cached_property
    def flexible(self) -> bool:
        down, across = self._unit
        try:
            self.layout(3 * down, 5 * across)
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
        found = self.layout(*prepared.pixels.shape[-2:])
        tokens = self._tokens(found)
        with self.watch.changing([_told(edit, tokens) for edit in edits]):
            run = self.watch.run(self.intake.inputs(prepared.pixels), cancelled)
        axis = found.axis(photo, prepared.seen, found.names(self._model.config.to_dict()))
        kept, left_out = sound([_reordered(one, tokens) for one in run.seen])
        sides = dict.fromkeys(self.watch.kinds, (axis, axis))
        notes = (*photo.notes, *left_out, *self._eye.notes, *self._notes, *self.watch.notes)
        record = AttentionRecord(self.name, sites(kept, sides), (axis,), notes)
        states = run.outputs.last_hidden_state.flatten(0, -2)[tokens]
        return Sight(record, states[found.before : found.before + found.rows * found.columns])

    def prepared(self, photo: Photograph, fit: Fit = "whole", short: int = SHORT) -> Prepared:
        """What the model is given of a photograph."""
        recipe = self._eye.recipe
        if fit == "whole" and self.flexible:
            merged = self.intake.merged
            return whole(photo, recipe, self._unit, max(1, short // merged), MOST // merged**2)
        if self._area is not None:
            fitted = self.intake.fitted(photo.height, photo.width, *self._area)
            return as_learned(photo, replace(recipe, size=self._bounded(*fitted)))
        made = as_learned(photo, recipe)
        if tuple(made.pixels.shape[-2:]) == self._learned:
            return made
        squeezed = replace(recipe, size=self._learned, shortest=0, crop=None)
        return as_learned(photo, squeezed)

    def _size(self) -> tuple[tuple[int, int], int]:
        """Height and width of the pictures that the model learned from, and how many tokens it
        makes of them: as its pictures are prepared, or else as its configuration says.
        """
        recipe, side = self._eye.recipe, usual(self._model)
        for size in dict.fromkeys(filter(None, [recipe.crop, recipe.size, (side, side)])):
            height, width = (
                part * (all_ // part) for part, all_ in zip(self._unit, size, strict=True)
            )
            try:
                return (height, width), self._counted(height, width)
            except FOREIGN:
                _LOG.info("%s does not see %s × %s pixels", self.name, height, width, exc_info=True)
        raise ModelError(_FAULT, model=self.name)

    @torch.inference_mode()
    def _counted(self, height: int, width: int) -> int:
        made = self._model(**self.intake.inputs(_noise(height, width)), return_dict=True)
        return int(made.last_hidden_state.shape[-2])

    @property
    def _unit(self) -> tuple[int, int]:
        """Height and width in pixels of what a picture must be a multiple of."""
        down, across = self.patch
        return down * self.intake.merged, across * self.intake.merged

    def _room(self, eye: Eye) -> tuple[tuple[int, int] | None, tuple[Note, ...]]:
        """The least and the most pixels of a picture while the model learned, within ours."""
        if eye.recipe.area is None:
            return None, ()
        (least, most), patch = eye.recipe.area, self.patch[0] * self.patch[1]
        if most <= MOST * patch:
            return (least, most), ()
        note = Note(_SMALLER, most=most // patch, shown=MOST)
        return (min(least, MOST * patch), MOST * patch), (note,)

    def _bounded(self, height: int, width: int) -> tuple[int, int]:
        """That size, or less of its longer side where a very long picture has too many patches."""
        down, across = self._unit
        rows, columns = height // down, width // across
        most = MOST // self.intake.merged**2
        if rows * columns > most:
            long = max(1, most // min(rows, columns))
            rows, columns = min(rows, long), min(columns, long)
        return rows * down, columns * across

    def _tokens(self, found: Layout) -> Tensor:
        """(place,): the model's token for each place of the axis."""
        patches = self.intake.tokens(found.rows, found.columns) + found.before
        behind = torch.arange(found.before + len(patches), found.tokens)
        return torch.cat([torch.arange(found.before), patches, behind])

    def layout(self, height: int, width: int) -> Layout:
        """Where the patches of a picture of that size are among the model's tokens."""
        known = self._layouts.get((height, width))
        return known or self._layouts.setdefault((height, width), self._asked(height, width))

    def _asked(self, height: int, width: int) -> Layout:
        down, across = self.patch
        try:
            pictures = probes(height, width, self.patch)
        except IndexError as fault:
            raise ungridded(self.name) from fault
        states = entering(self._model, self.intake.inputs(pictures))
        if states is None or states.ndim not in (2, 3):
            raise ungridded(self.name)
        states = states.reshape(len(pictures), -1, states.shape[-1])
        tokens = self.intake.tokens(height // down, width // across)
        return layout(states, height // down, width // across, tokens.tolist(), self.name)


def _reordered(one: Seen, tokens: Tensor) -> Seen:
    """That look, its places in the order of the axis; tokens (place,): the model's for each."""
    if torch.equal(tokens, torch.arange(len(tokens))):
        return one
    return replace(one, source=Reordered(one.source, tokens))


def _told(edit: Edit, tokens: Tensor) -> Edit:
    """That edit, in the model's own numbers of tokens; a place that is not there stays as it is."""
    known = dict(enumerate(tokens.tolist()))
    queries, keys = (
        None if places is None else tuple(known.get(place, place) for place in places)
        for places in (edit.queries, edit.keys)
    )
    return replace(edit, queries=queries, keys=keys)


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

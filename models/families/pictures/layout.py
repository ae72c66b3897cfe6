"""Which token of a model stands for which patch of a picture: asked of the model, not assumed.

One patch of a grey picture is made white, and the token that changes most before the first layer
is that patch's. Three patches tell where the grid begins and which way it runs.

>>> found = Layout(before=1, rows=2, columns=3, after=0)
>>> found.tokens, found.names({})
(7, ('[CLS]',))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from attention_core.axes.patches import Box, PatchAxis, patches
from attention_core.errors import ModelError
from attention_core.files.photograph import Photograph
from models.families.layers import first_stack
from models.families.untouched import Inputs, twin


@dataclass(frozen=True)
class Layout:
    """The tokens of one picture: special ones, rows × columns patches, and others behind."""

    before: int
    rows: int
    columns: int
    after: int = 0

    @property
    def tokens(self) -> int:
        return self.before + self.rows * self.columns + self.after

    def names(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """What the special tokens in front are called."""
        second = "[DIST]" if config.get("model_type") == "deit" else "[REG{number}]"
        later = (second.format(number=number) for number in range(1, self.before))
        return ("[CLS]", *later)[: self.before]

    def axis(self, photo: Photograph, seen: Box, names: tuple[str, ...]) -> PatchAxis:
        """The patches over the part of a photograph that the model sees."""
        return patches(self.rows, self.columns, photo.width, photo.height, names, crop=seen)


def probes(height: int, width: int, patch: tuple[int, int]) -> Tensor:
    """(picture, channel, row, column): grey, and three with one patch white: first, right, below.

    Raises IndexError where there are not two patches along each side.
    """
    down, across = patch
    if height < 2 * down or width < 2 * across:
        raise IndexError("less than two patches")
    made = torch.zeros(4, 3, height, width)
    for number, (row, column) in enumerate(((0, 0), (0, 1), (1, 0)), 1):
        made[number, :, row * down : (row + 1) * down, column * across : (column + 1) * across] = 1
    return made


@torch.inference_mode()
def entering(model: PreTrainedModel, inputs: Inputs) -> Tensor | None:
    """(picture, token, width): what enters the first of a model's layers; None where it has none.

    Asked of a twin, so that nobody who looks meanwhile is touched.
    """
    other = twin(model)
    stack = first_stack(other)
    if stack is None:
        return None

    def enters(_module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        raise _EnoughError(given[0] if given else named.get("hidden_states"))

    stack[0].register_forward_pre_hook(enters, with_kwargs=True)
    try:
        other(**inputs, return_dict=True)
    except _EnoughError as enough:
        states = enough.args[0]
        return states if isinstance(states, Tensor) else None
    return None


class _EnoughError(Exception):
    """Ends a pass before its first layer, with what enters it."""


def layout(states: Tensor, rows: int, columns: int, order: Sequence[int], name: str) -> Layout:
    """Where the patches are among a model's tokens.

    states  (picture, token, width) that enter the first layer, of the pictures of `probes`
    order   which of the patches' tokens each patch is, patches row by row
    name    of the model, for the sentence

    Raises ModelError where its tokens are no patches in rows.
    """
    moved = (states[1:] - states[0]).abs().sum(-1).argmax(-1).tolist()
    before = moved[0] - order[0]
    found = Layout(before, rows, columns, states.shape[1] - before - rows * columns)
    wanted = [before + order[patch] for patch in (0, 1, columns)]
    if moved != wanted or min(found.before, found.after) < 0:
        raise ungridded(name)
    return found


def ungridded(name: str) -> ModelError:
    """What is said of a model that sees, but not in patches."""
    return ModelError(
        "{model} does not cut a picture into rows of patches, one token each, so there is no place "
        "on the picture to show its attention at; choose a vision transformer such as ViT, DeiT, "
        "DINOv2 or CLIP.",
        model=name,
    )

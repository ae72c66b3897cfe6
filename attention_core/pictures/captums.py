"""Attributions in captum's own types, for those who know its pictures; for notebooks.

Captum writes tokens and labels into its page as they are; here they are text before it gets them,
so nothing that a token spells is run.

>>> from attention_core.numbers.attribution import ALL
>>> from attention_core.numbers.attribution.planted import planted
>>> made = record(planted(), ALL["gradient"].of(planted()), "b")
>>> made.raw_input_ids, [round(float(one), 3) for one in made.word_attributions], made.attr_score
(['a', 'b'], [0.167, 1.0], 1.75)
>>> from attention_core.axes.patches import patches
>>> spread(patches(1, 2, 4, 2), torch.tensor([1.0, -1.0])).tolist()
[[1.0, 1.0, -1.0, -1.0], [1.0, 1.0, -1.0, -1.0]]

Source: Kokhlikyan et al. 2020, https://arxiv.org/abs/2009.07896; `captum.attr.visualization` 0.9.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib import import_module
from math import nan
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attention_core.axes.patches import PatchAxis
from attention_core.errors import AttentionError
from attention_core.numbers.attribution import Found, Output

Way = Literal["heat_map", "blended_heat_map", "masked_image", "alpha_scaling"]
Sign = Literal["all", "positive", "negative", "absolute_value"]
_LABELS: Final = ("pred_class", "true_class", "attr_class")
_REST: Final = ("word_attributions", "pred_prob", "attr_score", "convergence_score")


def record(
    output: Output, found: Found, said: str = "", probability: float = nan, true: str = ""
) -> Any:
    """A `captum.attr.visualization.VisualizationDataRecord` of what a method found.

    said         what the output is called, such as the word that the model said
    probability  of it; NaN where the output is none
    true         what would have been right, where that is known

    `word_attributions` (token,) are the scores divided by the largest by size, since captum's
    colours end at ±1; `attr_score` is their sum as it was found, and `convergence_score` how far
    that is from what the method promises, NaN where it promises nothing.
    """
    largest = float(found.scores.abs().max().clamp_min(torch.finfo(torch.float64).tiny))
    missing = found.missing
    return _captum().VisualizationDataRecord(
        found.scores / largest, probability, said, true, said, float(found.scores.sum()),
        [token.text for token in output.axis.tokens], nan if missing is None else missing,
    )  # fmt: skip


def text(records: Iterable[Any], legend: bool = True) -> Any:
    """Captum's picture of texts, an `IPython.display.HTML`; as the last line of a cell it is shown.

    records  of captum's type, ours or anybody's; they stay as they are
    """
    return _captum().visualize_text([_safe(one) for one in records], legend)


def image(
    output: Output, found: Found, pixels: NDArray[np.uint8], way: Way = "blended_heat_map",
    sign: Sign = "all", title: str = "",
) -> tuple[Any, Any]:  # fmt: skip
    """Captum's picture of an image: a matplotlib figure and its axis, which nobody shows yet.

    pixels  (row, column, 3), the picture that the output is about
    way     how captum draws it; signed scores cannot be drawn by the last two
    sign    which scores are drawn

    Raises AttentionError where the output is about no picture or another one, or where no score has
    that sign.
    """
    axis = output.axis
    if not isinstance(axis, PatchAxis):
        raise AttentionError("This output is about a text; show it with `text`.")
    if pixels.shape[:2] != (round(axis.height), round(axis.width)):
        raise AttentionError(
            "The picture has {width} × {height} pixels, and the patches lie on one of {wanted}; "
            "give the picture that was asked about.",
            width=pixels.shape[1], height=pixels.shape[0],
            wanted=f"{round(axis.width)} × {round(axis.height)}",
        )  # fmt: skip
    drawn = spread(axis, found.scores)
    seen = {"positive": drawn.max(), "negative": -drawn.min()}.get(sign, np.abs(drawn).max())
    if seen <= 0:
        raise AttentionError(
            "No patch has a score of this sign, so there is nothing to draw; choose another method "
            "or another sign."
        )
    made: tuple[Any, Any] = _captum().visualize_image_attr(
        drawn[..., None], pixels, way, sign, outlier_perc=0, show_colorbar=True,
        title=title or None, use_pyplot=False,
    )  # fmt: skip
    return made


def spread(axis: PatchAxis, scores: Tensor) -> NDArray[np.float64]:
    """(row, column): the score of its patch at each pixel of the picture; 0 where there is none."""
    made = np.zeros((round(axis.height), round(axis.width)))
    for patch, score in zip(axis.tokens, scores.tolist(), strict=True):
        if patch.row >= 0:
            left, top, right, bottom = (max(0, round(side)) for side in patch.box)
            made[top:bottom, left:right] = score
    return made


def _safe(one: Any) -> Any:
    """The same record, its words being text that a page shows as it is."""
    labels = {name: escape(str(getattr(one, name))) for name in _LABELS}
    rest = {name: getattr(one, name) for name in _REST}
    words = [escape(word) for word in one.raw_input_ids]
    return _captum().VisualizationDataRecord(raw_input_ids=words, **labels, **rest)


def _captum() -> Any:
    return import_module("captum.attr").visualization  # takes a second

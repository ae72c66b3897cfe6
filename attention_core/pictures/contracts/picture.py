"""A picture under the patches that a model saw of it, with the weight of each as heat.

>>> from attention_core.pictures.contracts.packing import packed
>>> looks = np.array([[0.5, 0.25], [0.1, 0.0]])
>>> shown = PictureMap(
...     picture="data:,", width=20, height=10, grid=(1, 2), crop=(0, 0, 20, 10),
...     looks=["a", "cat"], heat=heat(looks), peaks=looks.max(-1), beside=np.zeros((2, 0)),
... )
>>> packed(shown)["heat"].tolist(), shown.peaks.tolist()
([[65535, 32768], [65535, 0]], [0.5, 0.1])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import Array, Chosen, Labels, Picture, Sent, told

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("The picture; arrow keys move, Enter chooses, Shift with arrows marks a region"),
    "heat": N_("Heat"),
    "special": N_("{place} lies nowhere in the picture; click to look from there"),
    "patch": N_("row {row}, column {column}"),
    "region": N_("{count} patches"),
    "weight": N_("{place}: {weight}"),
    "look": N_("{place} looks most at {other} ({weight})"),
    "maximum": N_("{weight}, the largest"),
    "hint": "",
    "note": "",
}
"""What the picture says; {row}, {column}, {weight}, … are filled in by it."""


def heat(looks: Array) -> Array:
    """(look, patch) of 0 to 1: each look relative to its own largest weight."""
    peaks = looks.max(-1, keepdims=True, initial=0.0)
    shares: Array = np.divide(looks, peaks, out=np.zeros_like(looks), where=peaks > 0)
    return shares


@dataclass(frozen=True, kw_only=True)
class PictureMap(Picture):
    """A picture with one look drawn over it; patches row by row from the upper left.

    picture        where the browser finds it: an address of the app's own, or `data:`
    width, height  of the picture in its own pixels
    grid           rows and columns of patches
    crop           left, top, right, bottom in pixels: the part that the patches cover
    specials       names of the places before the patches that lie nowhere, such as [CLS]
    looks          what looks: words, heads; or, if `own`, every place of the picture itself
    heat           (look, patch)     0 … 1, relative to the look's largest
    peaks          (look)            the weight that 1 stands for
    beside         (look, special)   the weight on places that lie nowhere
    unit           whether weights are said in percent or as plain numbers
    own            True: look i belongs to place i, the special ones first; what is pointed at is
                   shown at once. False: the mean of all looks given is shown
    picks          True where the reader chooses places by click and drag
    colours        (patch, channel)  0 … 255, in place of heat
    boxes          rectangles to outline: left, top, right, bottom in pixels of the picture
    covered        patches that are hidden from the model
    chosen         places: a special one's number, or the number of specials + the patch's
    """

    widget: ClassVar[str] = "picture"
    words: ClassVar[Mapping[str, str]] = TEXT

    picture: str
    width: float
    height: float
    grid: tuple[int, int]
    crop: tuple[float, float, float, float]
    looks: Annotated[Sequence[str], Labels("look")]
    heat: Annotated[Array, Sent("look patch", np.uint16, shares=True, planes=True)]
    peaks: Annotated[Array, Sent("look", np.float32)]
    beside: Annotated[Array, Sent("look special", np.float32)]
    specials: Annotated[Sequence[str], Labels("special")] = ()
    colours: Annotated[Array | None, Sent("patch channel", np.uint8)] = None
    boxes: Sequence[Sequence[float]] = ()
    covered: Sequence[int] = ()
    unit: Literal["share", "number"] = "share"
    own: bool = False
    picks: bool = True
    name: str = "picture"
    chosen: Annotated[Sequence[int] | None, Chosen()] = None

    def __post_init__(self) -> None:
        """There is one number for each patch of the grid."""
        super().__post_init__()
        rows, columns = self.grid
        if self.heat.shape[-1] != rows * columns:
            raise ShapeError(
                "The numbers have shape {found} but the labels need {needed}; "
                "pass one label for each row and column.",
                found=self.heat.shape,
                needed=(len(self.looks), rows * columns),
            )

    def drawn(self, chosen: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """A small picture's looks, or of a large one the chosen ones."""
        yield "heat", "0/all"
        for look in told(chosen, "chosen") or ():
            yield "heat", f"row/{look}"

"""What each picture needs, typed once: Python fills it in, the browser's types are made from it.

A picture is one file here with a `Picture`, and a folder of its `widget`'s name that draws it;
whoever asks for all of them asks `PICTURES`.

>>> [picture.widget for picture in PICTURES]
['alignment', 'canvas', 'head_grid', 'head_view', 'hearing', 'lab', 'matrix', 'mosaic', 'picture', \
'tree']
"""

from __future__ import annotations

import sys
from typing import Final

from attention_core.finding import found
from attention_core.pictures.contracts.alignment import Alignment
from attention_core.pictures.contracts.canvas import Canvas
from attention_core.pictures.contracts.heads import HeadGrid, HeadView
from attention_core.pictures.contracts.hearing import Hearing
from attention_core.pictures.contracts.lab import Lab
from attention_core.pictures.contracts.matrix import Links, Matrix
from attention_core.pictures.contracts.mosaic import Mosaic, Panel
from attention_core.pictures.contracts.packing import Picture
from attention_core.pictures.contracts.picture import PictureMap
from attention_core.pictures.contracts.tree import Tree

__all__ = [
    "PICTURES",
    "Alignment",
    "Canvas",
    "HeadGrid",
    "HeadView",
    "Hearing",
    "Lab",
    "Links",
    "Matrix",
    "Mosaic",
    "Panel",
    "Picture",
    "PictureMap",
    "Tree",
]


def _pictures() -> tuple[type[Picture], ...]:
    """The pictures that the files of this folder say, in order of their widgets."""
    every = {
        one
        for module in found(sys.modules[__name__])
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Picture) and one is not Picture
    }
    return tuple(sorted(every, key=lambda one: one.widget))


PICTURES: Final = _pictures()

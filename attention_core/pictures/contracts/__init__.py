"""What each picture needs, typed once: Python fills it in, the browser's types are made from it."""

from __future__ import annotations

from attention_core.pictures.contracts.alignment import Alignment
from attention_core.pictures.contracts.heads import HeadGrid, HeadView
from attention_core.pictures.contracts.lab import Lab
from attention_core.pictures.contracts.matrix import Links, Matrix
from attention_core.pictures.contracts.mosaic import Mosaic, Panel
from attention_core.pictures.contracts.packing import Picture
from attention_core.pictures.contracts.tree import Tree

PICTURES: tuple[type[Picture], ...] = (Alignment, HeadGrid, HeadView, Lab, Matrix, Mosaic, Tree)

__all__ = [
    "PICTURES",
    "Alignment",
    "HeadGrid",
    "HeadView",
    "Lab",
    "Links",
    "Matrix",
    "Mosaic",
    "Panel",
    "Picture",
    "Tree",
]

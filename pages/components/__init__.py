"""Browser widgets that draw attention: what people look at, point at and choose from."""

from __future__ import annotations

from pages.components.alignment import alignment
from pages.components.head_grid import head_grid
from pages.components.head_view import head_view
from pages.components.matrix import matrix
from pages.components.tree import tree

__all__ = ["alignment", "head_grid", "head_view", "matrix", "tree"]

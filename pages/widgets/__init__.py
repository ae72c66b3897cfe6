"""Browser widgets that draw attention: what people look at, point at and choose from."""

from __future__ import annotations

from pages.widgets.alignment import alignment
from pages.widgets.head_grid import head_grid
from pages.widgets.head_view import head_view
from pages.widgets.matrix import matrix
from pages.widgets.tree import tree

__all__ = ["alignment", "head_grid", "head_view", "matrix", "tree"]

"""Pictures of texts that are read from right to left.

>>> right_to_left("أحب التعلم"), right_to_left("I say שלום")
(True, False)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from attention_core.numbers.alignment import Link
from attention_core.pictures.views import View

_BACKWARDS: Final = ("R", "AL")


def right_to_left(text: str) -> bool:
    """Whether most of its letters that have a direction run from right to left."""
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    return sum(kind in _BACKWARDS for kind in kinds) > kinds.count("L")


def mirrored(view: View, rows: bool, columns: bool) -> View:
    """The same picture with its rows, its columns or both in reverse, where these are True."""
    down, across = slice(None, None, -1 if rows else 1), slice(None, None, -1 if columns else 1)
    return replace(
        view,
        rows=view.rows[down],
        columns=view.columns[across],
        weights=view.weights[:, down, across],
        allowed=view.allowed[down, across],
        row_places=view.row_places[down],
        column_places=view.column_places[across],
    )


def mirrored_links(links: Sequence[Link], view: View, rows: bool, columns: bool) -> list[Link]:
    """Links of a view as its mirrored picture counts them."""
    sources, targets = len(view.columns) - 1, len(view.rows) - 1
    return [
        Link(
            sources - link.source if columns else link.source,
            targets - link.target if rows else link.target,
        )
        for link in links
    ]

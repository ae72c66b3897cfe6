"""Numbers about heads: how wide they look, how far, and how much of it lands on special tokens.

A measure is one file here with its `MEASURES`, a tuple of one or several; a package of somebody
else names a `Measure` of its own, or such a module, under the entry points
`attention_atlas.measures`. Tables, menus, the map of heads and the tests ask `ALL`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from attention_core.finding import found
from attention_core.numbers.measures import measure as _measure
from attention_core.numbers.measures.measure import Measure, Read, taken
from attention_core.numbers.named import Named
from attention_core.watching.capture import never
from attention_core.watching.record import Site

GROUP = "attention_atlas.measures"


def registered() -> dict[str, Measure]:
    """Every measure by its name, in order; asks the folder and the installed packages anew."""
    made: list[Measure] = []
    for one in found(sys.modules[__name__], GROUP):
        made += [one] if isinstance(one, Measure) else getattr(one, "MEASURES", ())
    return {one.name: one for one in sorted(made, key=lambda one: (one.place, one.name))}


ALL: dict[str, Measure] = registered()
"""Every measure the app offers, in order."""


def table(sites: Iterable[Site[Any]], cancelled: Callable[[], bool] = never) -> dict[str, Named]:
    """Every measure of every head: name to (layer, head); NaN where a layer has fewer heads.

    Raises Superseded when `cancelled` says that nobody wants it any more.
    """
    return _measure.table(sites, ALL.values(), cancelled)


__all__ = ["ALL", "GROUP", "Measure", "Read", "registered", "table", "taken"]

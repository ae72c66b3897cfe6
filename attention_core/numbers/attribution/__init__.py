"""What an output was made of: one number for each token, by several methods side by side.

A method is one file here with its `METHOD`; a package of somebody else names a `Method` of its own,
or such a module, under the entry points `attention_atlas.attributions`. The page, the benchmark and
the tests ask `ALL`.
"""

from __future__ import annotations

import sys

from attention_core.finding import found
from attention_core.numbers.attribution.method import SEES, Found, Knobs, Method, Passes
from attention_core.numbers.attribution.output import Around, Features, Layer, Output

GROUP = "attention_atlas.attributions"


def registered() -> dict[str, Method]:
    """Every method by its name, in order; asks the folder and the installed packages anew."""
    modules = found(sys.modules[__name__], GROUP)
    made = [one if isinstance(one, Method) else getattr(one, "METHOD", None) for one in modules]
    methods = [one for one in made if one is not None]
    return {one.name: one for one in sorted(methods, key=lambda one: (one.place, one.name))}


ALL: dict[str, Method] = registered()
"""Every method that the app offers, in order."""

__all__ = [
    "ALL",
    "GROUP",
    "SEES",
    "Around",
    "Features",
    "Found",
    "Knobs",
    "Layer",
    "Method",
    "Output",
    "Passes",
    "registered",
]

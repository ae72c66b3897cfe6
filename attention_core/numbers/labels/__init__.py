"""What heads are called: previous token, separator, induction, …, each with its score.

A label is one file here with its `LABELS`, a tuple of one or several; a package of somebody else
names a `Label` of its own, or such a module, under the entry points `attention_atlas.labels`.
A head has a label where its score reaches the label's `least`; it may have several, or none.

>>> from attention_core.axes.tokens import spaced
>>> from attention_core.watching.place import Place
>>> from attention_core.watching.record import Integrity, Stored
>>> axis = spaced("a b c d e f g h i j")
>>> weights = Stored(torch.eye(10).roll(-1, 1)[None])
>>> site = Site((Place("encoder", 0),), 1, axis, axis, weights, Integrity(0, 0))
>>> [label.name for label, score in of_head(scores([site]), 0, 0)]
['previous', 'local']
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch

from attention_core.finding import found
from attention_core.numbers.labels.label import Label
from attention_core.numbers.measures import measure
from attention_core.numbers.named import Named
from attention_core.watching.capture import never
from attention_core.watching.record import Site

GROUP = "attention_atlas.labels"
SLACK = 1e-6
"""Of a score in single precision."""
Scores = Mapping[str, Named]
"""(layer, head) by the name of a label; NaN where it does not apply."""


def registered() -> dict[str, Label]:
    """Every label by its name, in order; asks the folder and the installed packages anew."""
    made: list[Label] = []
    for one in found(sys.modules[__name__], GROUP):
        made += [one] if isinstance(one, Label) else getattr(one, "LABELS", ())
    return {one.name: one for one in sorted(made, key=lambda one: (one.place, one.name))}


ALL: dict[str, Label] = registered()
"""Every label, in order."""


def scores(
    sites: Iterable[Site[Any]], repeats: bool = False, cancelled: Callable[[], bool] = never
) -> dict[str, Named]:
    """Every label's score of every head: name to (layer, head); labels that apply to none are left
    out.

    repeats  True for the labels that are read off tokens by chance, said several times over

    Raises Superseded when `cancelled` says that nobody wants it any more.
    """
    wanted = [one for one in ALL.values() if one.repeats == repeats]
    table = measure.table(sites, wanted, cancelled)
    return {name: one for name, one in table.items() if bool(one.values.isfinite().any())}


def of_head(scored: Scores, layer: int, head: int) -> list[tuple[Label, float]]:
    """The labels of one head with their scores, in order."""
    here = ((ALL[name], float(one.values[layer, head])) for name, one in scored.items())
    return [(label, score) for label, score in here if score >= label.least - SLACK]


def having(scored: Scores, name: str) -> list[tuple[int, int]]:
    """(layer, head) of every head with that label, the highest score first."""
    values = scored[name].values.nan_to_num(nan=-torch.inf)
    places = [
        (int(layer), int(head)) for layer, head in (values >= ALL[name].least - SLACK).nonzero()
    ]
    return sorted(places, key=lambda place: -float(values[place]))


__all__ = ["ALL", "GROUP", "Label", "Scores", "having", "of_head", "registered", "scores"]

"""Attention step by step: every stage of a small computation, with numbers a reader may change.

>>> from attention_core.pictures.contracts.packing import choices, packed
>>> drawn = Lab(
...     mechanism="additive", base={"query": [[1.0]]}, parameters={}, program="programs/additive",
...     turning=["keys"], terms=[("softmax", "weights")], knobs=[], trace=[], trace_of=Settings(),
... )
>>> packed(drawn)["terms"], choices(drawn)["state"]["mask"]
([['softmax', 'weights']], 'none')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from attention_core.marking import N_
from attention_core.mechanisms.registry import STAGES
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import Chosen, Contract, Picture

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("The computation; arrow keys move from cell to cell, Enter changes a number"),
    "equation": N_("The equation; a piece is lit while its stage is looked at"),
    "hint": N_(
        "Point at a number to see where it comes from; click a number of q, k or v to change it."
    ),
    "step": N_("Step {step} of {steps}"),
    "all": N_("All {steps} steps"),
    "back": N_("Step back"),
    "next": N_("Next step"),
    "reset": N_("As it began"),
    "head": N_("Head shown"),
    "looks": N_("Who looks"),
    "cross": N_("q at other words (cross)"),
    "self": N_("every word at all (self)"),
    "mask": N_("Mask"),
    "none": N_("no mask"),
    "causal": N_("causal: nothing later"),
    "last": N_("the last key is padding"),
    "may": N_("may look"),
    "blocked": N_("not allowed to look"),
    "checking": N_("Python is checking …"),
    "checked": N_("Python computed the same; the largest difference is {apart}."),
    "differs": N_("Python's result differs by {apart}; please report it."),
    "python": N_("Computed by Python."),
    "refused": N_("“{text}” is no number to compute with; type one between −{most} and {most}."),
    **{name: explained.title for name, explained in STAGES.items()},
    **{f"about_{name}": explained.about for name, explained in STAGES.items() if explained.about},
    "note": "",
}
"""What the widget says."""

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class Settings(Contract):
    """What the reader has set: where knobs stand, who looks, the mask, numbers typed over.

    edits   of query, key and value: the number at "row,column", counted from 0
    """

    knobs: Mapping[str, float] = field(default_factory=dict)
    looks: str = "cross"
    mask: str = "none"
    edits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Turned(Contract):
    """A knob: its ends and step, or the `stops` that it may stand at."""

    name: str
    title: str
    least: float
    most: float
    start: float
    step: float
    stops: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Computed(Contract):
    """One stage as Python computed it.

    heads   (head, row, column)   numbers, or True and False for who may look
    rows    what is counted: query, key, value, width, one; columns likewise
    shares  whether its numbers are drawn like weights
    """

    id: str
    heads: Sequence[Sequence[Sequence[float | bool]]]
    rows: str
    columns: str
    shares: bool


@dataclass(frozen=True, kw_only=True)
class Lab(Picture):
    """A mechanism with everything that a browser needs to compute it by itself.

    base         query, key and value without edits, as many rows as there may ever be
    parameters   learnt tensors of the mechanism as nested lists, by their names
    program      the address of what the browser carries out; `turning` are the knobs that change it
    terms        pieces of the equation, each with the stage that it lights up for
    trace        Python's own computation of `trace_of`, against which the browser's is held
    state        None = the reader's; head: the one shown, counted from 0
    """

    widget: ClassVar[str] = "lab"
    words: ClassVar[Mapping[str, str]] = TEXT
    asks: ClassVar[bool] = True

    mechanism: str
    base: Mapping[str, Rows]
    parameters: Mapping[str, Any]
    program: str
    turning: Sequence[str]
    terms: Sequence[tuple[str, str]]
    knobs: Sequence[Turned]
    trace: Sequence[Computed]
    trace_of: Settings
    state: Annotated[Settings | None, Chosen()] = Settings()
    head: Annotated[int | None, Chosen()] = None

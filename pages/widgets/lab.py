"""Attention step by step: every stage of a small computation, with numbers a reader may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streamlit.components.v2.bidi_component.state import ComponentResult

from attention_core.marking import N_
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.mechanism import Knob, Mechanism
from attention_core.mechanisms.program import program
from attention_core.mechanisms.stages import NAMES, Stage
from attention_core.pictures.contracts.files import FILES
from pages.widgets import programs
from pages.widgets.hosts.streamlit import Callback, mount, registered

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
    **{name: explained.title for name, explained in NAMES.items()},
    **{f"about_{name}": explained.about for name, explained in NAMES.items() if explained.about},
    "note": "",
}
"""What the widget says."""

_RENDERER = registered("lab")


def stage_name(name: str) -> tuple[str, dict[str, str]]:
    """The sentence that names a stage, and what belongs into its places."""
    if name.startswith("round "):
        return TEXT["round"], {"round": name.removeprefix("round ")}
    return TEXT.get(name, name), {}


def lab_bench(
    *,
    key: str,
    given: Experiment,
    shown: Sequence[Stage],
    mechanism: Mechanism,
    knobs: Sequence[tuple[Knob, str]],
    title: str = "",
    text: Mapping[str, str] = TEXT,
    on_state_change: Callback = None,
) -> ComponentResult:
    """The widget; the result has `state`: knobs, looks, mask and edits as the reader set them.

    given      what the reader wants now
    shown      Python's own computation of it, against which the browser's is held
    mechanism  the module that computed it: the browser needs its parameters
    knobs      what may be turned, each with its title in the reader's language
    """
    data: dict[str, Any] = {
        "mechanism": given.mechanism,
        "base": {part: _base(given, part) for part in lab.PARTS},
        "parameters": _learnt(mechanism),
        "program": f"{programs.ADDRESS}/{given.mechanism}",
        "turning": [knob.name for knob in programs.turning(given.mechanism)],
        "terms": [list(term) for term in mechanism.terms],
        "knobs": [_knob(knob, title_shown) for knob, title_shown in knobs],
        "trace": stages(shown),
        "trace_of": state(given),
        "title": title,
        "caption": "",
        "name": given.mechanism,
        "text": {**TEXT, **text},
    }
    callbacks: dict[str, Callback] = {"state": on_state_change, "head": None}
    return mount(_RENDERER, key, data, {"state": state(given)}, callbacks)


def given_to_browser(given: Experiment) -> dict[str, Any]:
    """All that the browser computes with, for one experiment."""
    return {
        "program": program(given).written(),
        "inputs": {
            **{part: lab.rows(given, part).tolist() for part in lab.PARTS},
            "allowed": lab.allowed(given).tolist(),
            "temperature": given.knob("temperature"),
        },
        "parameters": _learnt(lab.mechanism(given)),
    }


def _learnt(mechanism: Mechanism) -> dict[str, Any]:
    """The parameters that a program takes as inputs."""
    return {
        name: tensor.tolist()
        for name, tensor in mechanism.named_parameters()
        if lab.invented_by_seed(tensor)
    }


def stages(shown: Sequence[Stage]) -> list[dict[str, Any]]:
    """Python's stages as the browser draws them: id, heads (head, row, column), what they count."""
    return [
        {
            "id": stage.name, "heads": stage.numbers.tolist(),
            "rows": stage.rows, "columns": stage.columns,
        }
        for stage in shown
    ]  # fmt: skip


def written(given: Experiment, shown: Sequence[Stage]) -> dict[str, Any]:
    """The whole computation as a file: what was asked, and every stage as Python computed it."""
    return {"mechanism": given.mechanism, **state(given), "stages": stages(shown)}


def state(given: Experiment) -> dict[str, Any]:
    """An experiment without its mechanism, as the browser keeps it."""
    return {
        "knobs": dict(given.knobs),
        "looks": given.looks,
        "mask": given.mask,
        "edits": {
            part: {f"{row},{column}": number for (row, column), number in cells.items()}
            for part, cells in given.edits.items()
        },
    }


def _base(given: Experiment, part: lab.Part) -> list[list[float]]:
    """The invented numbers without edits, as many rows as there may ever be."""
    width, seed = int(given.knob("width")), int(given.knob("numbers"))
    return lab.invented(seed, part, lab.LONGEST, width).tolist()


def _knob(knob: Knob, title: str) -> dict[str, Any]:
    return {
        "name": knob.name, "title": title, "least": knob.least, "most": knob.most,
        "start": knob.start, "step": knob.step, "stops": list(knob.stops),
    }  # fmt: skip

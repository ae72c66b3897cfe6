"""Attention step by step: every stage of a small computation, with numbers a reader may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.mechanism import Knob, Mechanism
from attention_core.mechanisms.program import program
from attention_core.mechanisms.registry import stage_of
from attention_core.mechanisms.stages import Stage
from attention_core.pictures.contracts.lab import TEXT, Computed, Lab, Settings, Turned
from attention_core.pictures.contracts.packing import plain
from pages.widgets import programs
from pages.widgets.hosts.streamlit import Callback, ComponentResult, show

__all__ = ["TEXT", "Lab", "bench", "given_to_browser", "stage_name", "stages", "state", "written"]


def stage_name(name: str) -> tuple[str, dict[str, str]]:
    """The sentence that names a stage, and what belongs into its places: "round 2" is {round} 2."""
    kind, _space, number = name.partition(" ")
    return stage_of(name).title, {kind: number} if number else {}


def bench(
    picture: Lab,
    *,
    key: str,
    text: Mapping[str, str] = TEXT,
    on_state_change: Callback = None,
) -> ComponentResult:
    """The widget; the result has `state`: knobs, looks, mask and edits as the reader set them."""
    return show(picture, key, text, {"state": on_state_change, "head": None})


def drawn(
    given: Experiment, shown: Sequence[Stage], mechanism: Mechanism,
    knobs: Sequence[tuple[Knob, str]], title: str = "",
) -> Lab:  # fmt: skip
    """What the bench shows of one experiment.

    given      what the reader wants now
    shown      Python's own computation of it
    mechanism  the module that computed it: the browser needs its parameters
    knobs      what may be turned, each with its title in the reader's language
    """
    return Lab(
        mechanism=given.mechanism,
        base={part: _base(given, part) for part in lab.PARTS},
        parameters=_learnt(mechanism),
        program=f"{programs.ADDRESS}/{given.mechanism}",
        turning=[knob.name for knob in programs.turning(given.mechanism)],
        terms=[(term.text, term.stage) for term in mechanism.terms],
        knobs=[_turned(knob, shown_as) for knob, shown_as in knobs],
        trace=[Computed(**stage) for stage in stages(shown)],
        trace_of=settings(given),
        state=settings(given),
        title=title,
        name=given.mechanism,
    )


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
            "shares": stage_of(stage.name).shares,
        }
        for stage in shown
    ]  # fmt: skip


def written(given: Experiment, shown: Sequence[Stage]) -> dict[str, Any]:
    """The whole computation as a file: what was asked, and every stage as Python computed it."""
    return {"mechanism": given.mechanism, **state(given), "stages": stages(shown)}


def state(given: Experiment) -> dict[str, Any]:
    """An experiment without its mechanism, as the browser and the address keep it."""
    return dict(plain(settings(given)))


def settings(given: Experiment) -> Settings:
    """An experiment without its mechanism."""
    return Settings(
        knobs=dict(given.knobs),
        looks=given.looks,
        mask=given.mask,
        edits={
            part: {f"{row},{column}": number for (row, column), number in cells.items()}
            for part, cells in given.edits.items()
        },
    )


def _base(given: Experiment, part: lab.Part) -> list[list[float]]:
    """The invented numbers without edits, as many rows as there may ever be."""
    width, seed = int(given.knob("width")), int(given.knob("numbers"))
    return lab.invented(seed, part, lab.LONGEST, width).tolist()


def _turned(knob: Knob, title: str) -> Turned:
    return Turned(
        name=knob.name, title=title, least=knob.least, most=knob.most,
        start=knob.start, step=knob.step, stops=list(knob.stops),
    )  # fmt: skip

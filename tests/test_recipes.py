"""The browser's own computation of every mechanism equals Python's, stage by stage."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attention_core.mechanisms import ALL
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.registry import stage_of
from pages.widgets.lab import TEXT, given_to_browser, stage_name, stages

REPLAY = Path(__file__).parents[1] / "pages" / "widgets" / "lab" / "replay.js"
DENO = Path(sys.executable).with_name("deno")
NAMES = set(TEXT.values())
PROGRAM = f"""
import {{ gridFrom, worked }} from {json.dumps(REPLAY.as_uri())};
const grids = (given) =>
  Object.fromEntries(Object.entries(given).map(([name, rows]) => [name, gridFrom(rows)]));
const cases = JSON.parse(await new Response(Deno.stdin.readable).text());
const found = cases.map(({{ program, inputs, parameters }}) =>
  worked(program, grids(inputs), grids(parameters)).map((stage) => ({{
    ...stage,
    heads: stage.heads.map((rows) => rows.map((row) => row.map(Number))),
    from: stage.heads[0].map((row, r) =>
      row.map((_, c) => stage.heads.flatMap((_, h) => stage.from(r, c, h)))),
    say: stage.heads.map((rows, h) => rows.map((row, r) => row.map((_, c) => stage.say(h, r, c)))),
  }}))
);
console.log(JSON.stringify(found));
"""


EDITED = {name: Experiment(name, edits={"key": {(1, 2): 4.5}}) for name in ALL}


def experiments() -> Iterator[Experiment]:
    """Every mechanism with every knob at both ends, every mask, who looks, and hot and cold."""
    for name, mechanism in ALL.items():
        ends = [{knob.name: end} for knob in mechanism.knobs for end in (knob.least, knob.most)]
        other: list[dict[str, float]] = [
            {},
            {"temperature": 0.3},
            {"numbers": 3, "keys": 9, "width": 8},
        ]
        for knobs in [*other, *ends]:
            yield Experiment(name, knobs)
        yield EDITED[name]
        yield Experiment(name, {"keys": 1}, mask="last")  # nobody may look at anything
        yield Experiment(name, {"keys": 1, "queries": 12})
        yield Experiment(name, {"keys": 12, "queries": 1}, mask="causal")
        for mask in ("causal", "last"):
            yield Experiment(name, looks="self", mask=mask, edits={"query": {(1, 2): -4.5}})


CASES = list(experiments())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """The stages that the browser's program makes of all cases."""
    program = tmp_path_factory.mktemp("deno") / "program.js"
    program.write_text(PROGRAM)
    run = subprocess.run(  # noqa: S603  our own program
        [DENO, "run", "--quiet", "--no-remote", "--allow-read", program],
        input=json.dumps([given_to_browser(case) for case in CASES]),
        capture_output=True, text=True, check=True, timeout=240,
    )  # fmt: skip
    answer: list[list[dict[str, Any]]] = json.loads(run.stdout)
    return answer


def stages_of(found: list[list[dict[str, Any]]], case: Experiment) -> dict[str, dict[str, Any]]:
    return {stage["id"]: stage for stage in found[CASES.index(case)]}


@pytest.mark.parametrize("name", list(ALL))
def test_every_term_of_an_equation_lights_for_a_stage_that_there_is(
    name: str, found: list[list[dict[str, Any]]]
) -> None:
    place = next(at for at, case in enumerate(CASES) if case.mechanism == name)
    drawn = {stage["id"] for stage in found[place]}
    lit = {term.stage for term in ALL[name].terms if term.stage}
    assert lit <= drawn
    assert {"context", "weights"} & lit


@pytest.mark.parametrize("name", list(ALL))
def test_every_stage_has_a_name_for_readers(name: str, found: list[list[dict[str, Any]]]) -> None:
    for browser, case in zip(found, CASES, strict=True):
        if case.mechanism == name:
            python = stages(lab.worked(case)[1])
            assert all(stage_name(one["id"])[0] in NAMES for one in [*browser, *python])


@pytest.mark.parametrize("place", range(len(CASES)), ids=lambda place: CASES[place].mechanism)
def test_every_stage_equals_pythons(found: list[list[dict[str, Any]]], place: int) -> None:
    trace, shown = lab.worked(CASES[place])
    mine = {stage["id"]: stage for stage in found[place]}
    theirs = {stage["id"]: stage for stage in stages(shown)}
    assert list(mine) == list(theirs)
    assert {"query", "key", "value", "scores", "allowed", "weights", "context"} <= mine.keys()
    for name in mine:
        ours, python = (np.array(one[name]["heads"], float) for one in (mine, theirs))
        np.testing.assert_allclose(ours, python, rtol=0, atol=1e-9, err_msg=name)
        assert mine[name]["shares"] == theirs[name]["shares"] == stage_of(name).shares
    scored = next(one.name for one in shown if torch.equal(one.numbers, trace.scores))
    for stage, tensor in ((scored, trace.scores), ("weights", trace.weights)):
        heads = np.array(mine[stage]["heads"])
        np.testing.assert_allclose(heads, tensor.numpy(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", list(ALL))
def test_what_changes_with_a_number_comes_from_it(
    name: str, found: list[list[dict[str, Any]]]
) -> None:
    before, after = (stages_of(found, case) for case in (Experiment(name, {}), EDITED[name]))
    touched = {("key", 1, 2)}
    for _round in before:  # a stage may come from one that stands after it
        touched |= {cell for cell in cells(after) if sources(after, *cell) & touched}
    changed = {
        (stage, row, column)
        for stage, row, column in cells(before)
        if any(
            one[row][column] != other[row][column]
            for one, other in zip(before[stage]["heads"], after[stage]["heads"], strict=True)
        )
    }
    assert changed <= touched
    assert name in {"luong_location", "light_conv", "dynamic_conv"} or len(changed) > 1


@pytest.mark.parametrize("name", list(ALL))
def test_every_weight_and_context_says_where_it_comes_from(
    name: str, found: list[list[dict[str, Any]]]
) -> None:
    drawn = stages_of(found, Experiment(name, {}))
    for stage in ("weights", "context"):
        assert all(box for row in drawn[stage]["from"] for box in row)
    everywhere = {cell for cell in cells(drawn) if cell[0] in ("weights", "context")}
    assert all(sources(drawn, *cell) <= set(cells(drawn)) for cell in everywhere)


def cells(drawn: dict[str, dict[str, Any]]) -> Iterator[tuple[str, int, int]]:
    """Every cell of every stage, whatever the head."""
    for name, stage in drawn.items():
        for row, line in enumerate(stage["heads"][0]):
            yield from ((name, row, column) for column in range(len(line)))


def sources(
    drawn: dict[str, dict[str, Any]], stage: str, row: int, column: int
) -> set[tuple[str, int, int]]:
    """The cells in the boxes that one cell says it comes from."""
    return {
        (name, top + down, left + right)
        for name, top, left, high, wide in drawn[stage]["from"][row][column]
        for down in range(high)
        for right in range(wide)
    }

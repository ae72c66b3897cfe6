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

from attention_core.mechanisms import ALL
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from pages.widgets.lab import TEXT, given_to_browser, stage_name, stages

RECIPES = Path(__file__).parents[1] / "pages" / "widgets" / "lab" / "recipes.js"
DENO = Path(sys.executable).with_name("deno")
NAMES = set(TEXT.values())
SCORES = ("biased", "scaled", "scores")
PROGRAM = f"""
import {{ RECIPES, worked }} from {json.dumps(RECIPES.as_uri())};
import {{ TERMS }} from {json.dumps(RECIPES.with_name("terms.js").as_uri())};
const cases = JSON.parse(await new Response(Deno.stdin.readable).text());
const found = cases.map((one) => RECIPES[one.mechanism] ? worked(one) : null);
console.log(JSON.stringify({{ found, known: Object.keys(RECIPES), terms: TERMS }}));
"""


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
        yield Experiment(name, {"keys": 1}, mask="last")  # nobody may look at anything
        yield Experiment(name, {"keys": 1, "queries": 12})
        yield Experiment(name, {"keys": 12, "queries": 1}, mask="causal")
        for mask in ("causal", "last"):
            yield Experiment(name, looks="self", mask=mask, edits={"query": {(1, 2): -4.5}})


CASES = list(experiments())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser's program makes of all cases."""
    program = tmp_path_factory.mktemp("deno") / "program.js"
    program.write_text(PROGRAM)
    run = subprocess.run(  # noqa: S603  our own program
        [DENO, "run", "--quiet", "--no-remote", "--allow-read", program],
        input=json.dumps([given_to_browser(case) for case in CASES]),
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def test_no_recipe_is_without_its_mechanism(found: dict[str, Any]) -> None:
    assert set(found["known"]) <= set(ALL)


@pytest.mark.parametrize("name", list(ALL))
def test_every_term_of_an_equation_lights_for_a_stage_that_there_is(
    name: str, found: dict[str, Any]
) -> None:
    place = next(at for at, case in enumerate(CASES) if case.mechanism == name)
    drawn = {stage["id"] for stage in found["found"][place]}
    lit = {stage for _text, stage in found["terms"][name] if stage}
    assert lit <= drawn
    assert {"context", "weights"} & lit


@pytest.mark.parametrize("name", list(ALL))
def test_every_stage_has_a_name_for_readers(name: str, found: dict[str, Any]) -> None:
    for browser, case in zip(found["found"], CASES, strict=True):
        if case.mechanism == name:
            python = stages(case, lab.run(case))
            assert all(stage_name(one["id"])[0] in NAMES for one in [*browser, *python])


@pytest.mark.parametrize("place", range(len(CASES)), ids=lambda place: CASES[place].mechanism)
def test_every_stage_equals_pythons(found: dict[str, Any], place: int) -> None:
    browser = found["found"][place]
    if browser is None:
        assert CASES[place].mechanism not in found["known"]  # Python's own stages are shown
        return
    mine = {stage["id"]: stage for stage in browser}
    theirs = {stage["id"]: stage for stage in stages(CASES[place], lab.run(CASES[place]))}
    mine["scores"] = next(mine[name] for name in SCORES if name in mine)
    assert {"query", "key", "value", "allowed", "weights", "context"} <= mine.keys() & theirs.keys()
    for name in mine.keys() & theirs.keys():
        ours = np.array(mine[name]["heads"], float)
        python = np.array(theirs[name]["heads"], float)
        shape = np.broadcast_shapes(ours.shape, python.shape)
        np.testing.assert_allclose(
            np.broadcast_to(ours, shape), np.broadcast_to(python, shape), atol=1e-9, err_msg=name
        )

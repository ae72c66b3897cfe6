"""Programs for the browser: what is written down, what is constant, who gets one."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
import torch
from starlette.requests import Request
from torch import Tensor

from attention_core.errors import UnverifiedError
from attention_core.mechanisms import ALL
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.mechanism import Extra, Mechanism, Trace, one_head, softmax
from attention_core.mechanisms.program import Program, program, traced
from attention_core.mechanisms.stages import marking, stage, stages
from pages.widgets import programs

LAB = Path(__file__).parents[1] / "pages" / "widgets" / "lab"
DENO = Path(sys.executable).with_name("deno")


class Plain(Mechanism):
    """No marks, no edits: only what the interface asks for."""

    card = replace(ScaledDotProduct.card, name="plain")

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        scores = query @ key.mT
        weights = softmax(scores, allowed)
        return one_head(scores, allowed, weights, value, weights @ value)


class Undecided(Plain):
    """Goes another way for other numbers."""

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        if query.sum() > 0:
            query = -query
        return super().attend(query, key, value, allowed, first)


class Overwriting(Plain):
    """Changes numbers in place."""

    def attend(
        self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, first: int = 0
    ) -> Trace:
        return super().attend((query + 1).add_(1), key, value, allowed, first)


def written(mechanism: Mechanism) -> Program:
    """The program of a mechanism for three queries and five keys, two wide."""
    dice = torch.Generator().manual_seed(1)
    sizes = {"query": 3, "key": 5, "value": 5}
    inputs = {
        part: torch.randn(size, 2, generator=dice, dtype=torch.float64)
        for part, size in sizes.items()
    }
    inputs["allowed"] = torch.ones(3, 5, dtype=torch.bool)
    inputs["temperature"] = torch.tensor(1.0, dtype=torch.float64)
    return traced(mechanism, inputs, {})


@pytest.mark.parametrize("name", list(ALL))
def test_a_program_depends_on_no_numbers_and_no_mask(name: str) -> None:
    other = Experiment(
        name, {"numbers": 7, "temperature": 0.3}, mask="causal", edits={"query": {(0, 0): -9.0}}
    )
    assert program(other).written() == program(Experiment(name)).written()


@pytest.mark.parametrize("name", list(ALL))
def test_a_program_holds_nothing_that_no_stage_needs(name: str) -> None:
    found = program(Experiment(name))
    read = {place for step in found.steps for place in step.read()}
    shown = {place for _stage, place in found.stages}
    assert all({*step.results} & (read | shown) for step in found.steps)
    assert found.constants.keys() <= read | shown


def test_a_mechanism_without_marks_has_the_stages_of_every_mechanism() -> None:
    names = [one.name for one, _place in written(Plain()).stages]
    assert names == ["query", "key", "value", "scores", "allowed", "weights", "context"]


@pytest.mark.parametrize("mechanism", [Undecided, Overwriting])
def test_what_cannot_be_written_down_is_refused(mechanism: type[Mechanism]) -> None:
    with pytest.raises(UnverifiedError, match="depends on its numbers"):
        written(mechanism())


def test_random_draws_and_patterns_are_constants() -> None:
    for name, shown in (("hard", "noise"), ("big_bird", "kind"), ("alibi", "bias")):
        found = program(Experiment(name))
        place = next(place for one, place in found.stages if one.name == shown)
        assert name == "big_bird" or place in found.constants
        kinds = {step.operation.split(".")[0] for step in found.steps}
        assert not kinds & {"arange", "index_put_", "isin", "full", "zeros_like"}


def test_a_stage_is_the_tensor_itself_and_seen_by_its_own_thread_only() -> None:
    given = torch.ones(2, 2)
    with marking() as marks:
        other = Thread(target=stage, args=("elsewhere", given))
        other.start()
        other.join()
        assert stage("here", given) is given
    stage("after", given)
    assert [mark.name for mark in marks] == ["here"]


def test_the_first_stage_of_a_name_counts_and_scores_come_before_who_may_look() -> None:
    square = torch.eye(2)
    trace = one_head(square, square > 0, square, square, square, Extra("centre", square[:1], "h q"))
    with marking() as marks:
        stage("keys", square, "k w")
        stage("allowed", square > 0)
        stage("keys", square + 1, "k w")
    found = stages(marks, trace)
    names = ["keys", "scores", "allowed", "centre", "weights", "context"]
    assert [one.name for one in found] == names
    assert torch.equal(found[0].tensor, square)
    assert [found[3].size, found[3].rows, found[3].columns] == [(1, 2, 1), "query", "one"]


def asked(name: str, query: str) -> Request:
    return Request(
        {
            "type": "http", "headers": [], "query_string": query.encode(),
            "path_params": {"edition": "x", "mechanism": name},
        }
    )  # fmt: skip


def test_the_browser_gets_the_program_that_it_asks_for() -> None:
    answer = programs.answer(asked("entmax", "alpha=1.15&keys=3&queries=2&width=8"))
    found = json.loads(gzip.decompress(bytes(answer.body)))
    given = Experiment("entmax", {"alpha": 1.15, "keys": 3, "queries": 2, "width": 8})
    assert found == json.loads(json.dumps(program(given).written()))
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", list(ALL))
def test_a_program_can_be_asked_for_as_the_lab_starts(name: str) -> None:
    query = {knob.name: str(knob.start) for knob in programs.turning(name)}
    assert programs.asked(name, query) is not None


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("nobody", "keys=3&queries=2&width=4"),
        ("luong_dot", ""),
        ("luong_dot", "keys=13&queries=2&width=4"),
        ("luong_dot", "keys=1e999&queries=2&width=4"),
        ("luong_dot", "keys=nan&queries=2&width=4"),
        ("luong_dot", "keys=x&queries=2&width=4"),
        ("luong_dot", "keys=3&queries=2&width=5"),
        ("luong_dot", "keys=3&queries=2&width=4&numbers=1"),
        ("luong_dot", "keys=3.5&queries=2&width=4"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(name: str, query: str) -> None:
    assert programs.answer(asked(name, query)).status_code == 400


def test_another_thread_may_compute_while_a_program_is_written() -> None:
    wrong: list[bool] = []

    def compute() -> None:
        given = Experiment("multi_head")
        first = lab.run(given).context
        wrong.extend(not torch.equal(lab.run(given).context, first) for _ in range(20))

    other = Thread(target=compute)
    other.start()
    sizes = {len(program(Experiment("entmax")).steps) for _ in range(2)}
    other.join()
    assert len(sizes) == 1
    assert wrong == [False] * 20


def test_the_browsers_own_tests_pass() -> None:
    run = subprocess.run(  # noqa: S603  our own tests
        [DENO, "test", "--quiet", "--no-check", "--no-remote", str(LAB)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout

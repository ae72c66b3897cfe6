"""Fetching a carrier as work behind the pages: it goes on alone, stops, fails with a sentence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from attention_core.errors import ModelError
from models.store.carriers import job
from models.store.carriers.carrier import Carrier
from models.store.carriers.fetching import Progress
from models.work.desk import Desk
from models.work.jobs import Job, Jobs


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "waited for twenty seconds in vain"
        time.sleep(0.005)


class Source:
    """Stands in for the index: it gives as much as it is told to, and may refuse."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.half, self.whole = threading.Event(), threading.Event()
        self.problem: Exception | None = None
        self.stopped = False
        monkeypatch.setattr(job, "fetch", self.fetch)
        monkeypatch.setattr(job, "TICK", 0.01)
        monkeypatch.setenv("ATLAS_ALLOW_DOWNLOADS", "1")

    def fetch(self, _carrier: Carrier, progress: Progress) -> Path:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        try:
            self.half.wait(20)
            progress("fetching", 50, 100)
            while not self.whole.wait(0.01):
                progress("fetching", 50, 100)
            progress("converting", 100, 100)
        except BaseException:
            self.stopped = True
            raise
        return Path()


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    return Source(monkeypatch)


@pytest.fixture
def desk() -> Desk:
    return Desk(seats=1)


def started(desk: Desk) -> tuple[Jobs, Job[int]]:
    jobs = Jobs(desk=desk)
    return jobs, jobs.start(job.key("vit"), job.Fetching("vit"))


def test_its_rows_are_the_parts_that_have_come(source: Source, desk: Desk) -> None:
    _, found = started(desk)
    assert found.rows == []
    source.half.set()
    until(lambda: len(found.rows) == 40)  # half of the 80 parts that fetching takes
    assert found.running
    source.whole.set()
    until(lambda: not found.running)
    assert (found.state, found.rows, source.asked) == ("done", list(range(100)), 1)


def test_readers_go_first_while_it_waits_for_the_index(source: Source, desk: Desk) -> None:
    _, found = started(desk)
    until(lambda: source.asked == 1)
    for _ in range(5):
        assert desk.run("reader", lambda _cancelled: "read") == "read"
    assert found.running
    source.half.set()
    source.whole.set()
    until(lambda: found.state == "done")


def test_what_is_stopped_goes_on_from_the_beginning_when_it_is_asked_for_again(
    source: Source, desk: Desk
) -> None:
    jobs, found = started(desk)
    source.half.set()
    until(lambda: len(found.rows) == 40)
    found.cancel()
    until(lambda: found.state == "cancelled" and source.stopped)
    source.whole.set()
    jobs.start(job.key("vit"), found.work)
    until(lambda: found.state == "done")
    assert source.asked == 2


def test_a_carrier_that_cannot_be_had_leaves_its_sentence(source: Source, desk: Desk) -> None:
    source.problem = ModelError("The index is asleep.")
    jobs, found = started(desk)
    until(lambda: found.state == "failed")
    assert isinstance(found.work, job.Fetching)
    assert str(found.work.problem) == "The index is asleep."
    source.problem = None
    source.half.set()
    source.whole.set()
    jobs.start(job.key("vit"), found.work)
    until(lambda: found.state == "done")
    assert found.work.problem is None


def test_a_fault_of_ours_is_a_sentence_too(source: Source, desk: Desk) -> None:
    source.problem = RuntimeError("unforeseen")
    _, found = started(desk)
    until(lambda: found.state == "failed")
    assert isinstance(found.work, job.Fetching)
    assert "Something went wrong on our side" in str(found.work.problem)


def test_nothing_is_fetched_where_downloads_are_not_allowed(
    source: Source, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATLAS_ALLOW_DOWNLOADS")
    _, found = started(desk)
    until(lambda: found.state == "failed")
    assert isinstance(found.work, job.Fetching)
    assert "Downloads are not allowed on this server" in str(found.work.problem)
    assert source.asked == 0

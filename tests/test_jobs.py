"""Long work goes on without its reader, can be stopped and resumed, and never spoils the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from attention_core.errors import AttentionError, Superseded
from models.work.desk import Desk
from models.work.jobs import Job, Jobs


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "waited for ten seconds in vain"
        time.sleep(0.001)


class Counting:
    """Work whose row is its place; `gate` holds it before a place, `fault` breaks it there."""

    def __init__(self, total: int, gate: int | None = None, fault: int | None = None) -> None:
        self.total, self.gate, self.fault = total, gate, fault
        self.asked: list[int] = []
        self.open = threading.Event()

    def __len__(self) -> int:
        return self.total

    def row(self, place: int, cancelled: Callable[[], bool]) -> int:
        self.asked.append(place)
        while place == self.gate and not self.open.wait(0.001):
            if cancelled():
                raise Superseded
        if place == self.fault:
            raise ZeroDivisionError
        return place


def jobs(**options: float) -> Jobs:
    return Jobs(desk=Desk(seats=1), seats=1, **options)  # type: ignore[arg-type]


def ended(job: Job[int]) -> Job[int]:
    until(lambda: not job.running)
    return job


def test_rows_come_in_order_and_the_job_is_done() -> None:
    job = ended(jobs().start("key", Counting(7)))
    assert (job.state, job.rows, job.total) == ("done", list(range(7)), 7)


def test_rows_so_far_are_there_while_it_runs_and_a_reload_finds_them() -> None:
    running, work = jobs(), Counting(7, gate=3)
    running.start("key", work)
    until(lambda: work.asked[-1:] == [3])
    found = running.find("key")
    assert found is not None
    assert (found.state, found.rows) == ("running", [0, 1, 2])
    assert found.left > 0
    work.open.set()
    assert ended(found).rows == list(range(7))
    assert found.left == 0


def test_the_same_key_is_worked_through_once_however_many_ask() -> None:
    running, first = jobs(), Counting(5)
    wanted = [running.start("key", first if not index else Counting(5)) for index in range(30)]
    assert {id(job) for job in wanted} == {id(wanted[0])}
    ended(wanted[0])
    assert running.start("key", Counting(5)) is wanted[0]
    assert first.asked == list(range(5))


def test_a_cancelled_job_keeps_its_rows_and_goes_on_behind_them() -> None:
    running, work = jobs(), Counting(7, gate=3)
    job = running.start("key", work)
    until(lambda: work.asked[-1:] == [3])
    job.cancel()
    assert ended(job).state == "cancelled"
    assert job.rows == [0, 1, 2]
    work.open.set()
    running.start("key", work)
    assert ended(job).rows == list(range(7))
    assert job.state == "done"


def test_a_job_wanted_again_while_it_stops_is_not_run_twice() -> None:
    running, work = jobs(), Counting(5, gate=2)
    job = running.start("key", work)
    until(lambda: work.asked[-1:] == [2])
    job.cancel()
    running.start("key", work)
    work.open.set()
    if ended(job).state == "cancelled":
        running.start("key", work)
    assert ended(job).rows == list(range(5))


def test_an_error_in_the_middle_ends_the_job_with_its_rows_and_can_be_tried_again() -> None:
    running, work = jobs(), Counting(5, fault=2)
    job = ended(running.start("key", work))
    assert (job.state, job.rows) == ("failed", [0, 1])
    assert ended(running.start("other", Counting(3))).state == "done"
    work.fault = None
    assert ended(running.start("key", work)).rows == list(range(5))


def test_two_jobs_take_turns_so_that_a_short_one_need_not_wait_for_a_long_one() -> None:
    running, work = jobs(), Counting(2000, gate=1)
    long = running.start("long", work)
    until(lambda: work.asked[-1:] == [1])
    short = running.start("short", Counting(3))
    work.open.set()
    assert ended(short).state == "done"
    assert len(long.rows) < 2000
    assert ended(long).rows == list(range(2000))


def test_a_reader_at_the_desk_is_served_between_two_rows() -> None:
    desk = Desk(seats=1)
    work = Counting(5000, gate=1)
    job = Jobs(desk=desk, seats=1).start("key", work)
    until(lambda: work.asked[-1:] == [1])
    work.open.set()
    assert desk.run("reader", lambda cancelled: len(job.rows)) < 5000
    ended(job)


def test_an_unknown_or_expired_job_is_not_found() -> None:
    assert jobs().find("key") is None
    running = jobs(lifetime=0.0)
    ended(running.start("key", Counting(2)))
    time.sleep(0.01)
    assert running.find("key") is None


def test_only_so_many_jobs_are_kept_and_running_ones_never_make_room() -> None:
    running = jobs(kept=2)
    ended(running.start("one", Counting(1)))
    held = Counting(2, gate=0)
    running.start("two", held)
    other = Counting(2, gate=0)
    running.start("three", other)
    assert running.find("one") is None
    with pytest.raises(AttentionError, match="2 files already"):
        running.start("four", Counting(1))
    held.open.set()
    other.open.set()


def test_a_job_without_rows_is_done_at_once() -> None:
    assert ended(jobs().start("key", Counting(0))).rows == []

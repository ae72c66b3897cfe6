"""Long work goes on without its reader, can be stopped and resumed, and never spoils the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from attention_core.errors import AttentionError, Superseded
from models.work import desk as desks
from models.work import jobs as work_of_server
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


# --- time that the test makes pass ---


class Clock:
    """Stands still until it is told to go on."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(work_of_server, "time", made)
    return made


class Timed(Counting):
    """Work that takes two seconds a row, and raises Superseded once where it is told to."""

    def __init__(self, total: int, clock: Clock, stopped: int | None = None) -> None:
        super().__init__(total)
        self.clock, self.stopped = clock, stopped

    def row(self, place: int, cancelled: Callable[[], bool]) -> int:
        self.clock.now += 2
        if place == self.stopped:
            self.stopped = None
            raise Superseded
        return super().row(place, cancelled)


def test_a_running_job_never_expires(clock: Clock) -> None:
    running, work = jobs(lifetime=10.0), Counting(2, gate=1)
    job = running.start("key", work)
    clock.now += 1000
    assert running.find("key") is job
    work.open.set()
    ended(job)


def test_a_finished_job_is_kept_as_long_as_somebody_looks_at_it_in_time(clock: Clock) -> None:
    running = jobs(lifetime=10.0)
    job = ended(running.start("key", Counting(1)))
    for _ in range(3):
        clock.now += 10
        assert running.find("key") is job
    clock.now += 10.5
    assert running.find("key") is None


def test_a_job_that_goes_on_is_young_again(clock: Clock) -> None:
    running, work = jobs(lifetime=10.0), Counting(3, fault=1)
    job = ended(running.start("key", work))
    clock.now += 9
    work.fault = None
    ended(running.start("key", work))
    clock.now += 9
    assert running.find("key") is job


def test_a_finished_job_is_kept_for_an_hour_and_thirty_two_of_them_at_most(clock: Clock) -> None:
    running = Jobs(desk=Desk(seats=1), seats=1)
    for key in range(33):
        ended(running.start(str(key), Counting(0)))
    assert running.find("0") is None
    assert running.find("1") is not None
    clock.now += 3600
    assert running.find("1") is not None
    assert running.find("2") is not None
    clock.now += 3600.5
    assert running.find("2") is None


def test_expired_jobs_are_let_go_when_another_starts(clock: Clock) -> None:
    running = jobs(lifetime=10.0)
    for key in ("one", "two"):
        ended(running.start(key, Counting(1)))
    clock.now += 11
    ended(running.start("three", Counting(1)))
    assert list(running._jobs) == ["three"]


def test_the_job_that_nobody_looked_at_for_longest_makes_room() -> None:
    running = jobs(kept=2)
    for key in ("one", "two"):
        ended(running.start(key, Counting(1)))
    running.find("one")
    ended(running.start("three", Counting(1)))
    assert running.find("two") is None
    assert running.find("one") is not None


def test_a_job_runs_for_the_time_of_its_rows_and_tells_what_is_left(clock: Clock) -> None:
    running, work = jobs(), Timed(6, clock)
    work.fault = 4
    job = ended(running.start("key", work))
    assert (len(job.rows), job.seconds, job.left) == (4, 8, 4)
    work.fault = None
    ended(running.start("key", work))
    assert (len(job.rows), job.seconds, job.left) == (6, 12, 0)


def test_a_row_that_was_stopped_does_not_make_the_others_seem_slow(clock: Clock) -> None:
    running, work = jobs(), Timed(3, clock, stopped=0)
    work.fault = 0
    job = ended(running.start("key", work))
    assert job.state == "failed"
    assert job.seconds == 0


def test_a_new_job_runs_and_nothing_is_known_of_it_yet(clock: Clock) -> None:
    job = Job("key", Counting(3))
    assert (job.running, job.stopping, job.rows, job.seconds, job.left) == (True, False, [], 0, 0)
    assert job.seen == clock.now


# --- stopping, seats and faults ---


class Deaf(Counting):
    """Work that does not hear that it shall stop."""

    def row(self, place: int, cancelled: Callable[[], bool]) -> int:
        return super().row(place, lambda: False)


def test_a_job_wanted_again_before_it_has_stopped_goes_on_to_its_end() -> None:
    running, work = jobs(), Deaf(5, gate=2)
    job = running.start("key", work)
    until(lambda: work.asked[-1:] == [2])
    job.cancel()
    assert running.start("key", work) is job
    work.open.set()
    assert ended(job).state == "done"
    assert work.asked == list(range(5))


@pytest.mark.parametrize(("counted", "seats"), [(1, 1), (2, 1), (4, 3)])
def test_one_core_is_left_to_readers(
    counted: int, seats: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (work_of_server, desks):
        monkeypatch.setattr(module, "cores", lambda: counted)
    running = Jobs(desk=Desk(seats=9))
    held = [Counting(1, gate=0) for _ in range(5)]
    started = [running.start(str(key), work) for key, work in enumerate(held)]
    until(lambda: sum(bool(work.asked) for work in held) == seats)
    until(lambda: running._turns.waiting == 5 - seats)
    for work in held:
        work.open.set()
    for job in started:
        ended(job)


def test_a_fault_is_logged_with_its_row_counted_from_one(caplog: pytest.LogCaptureFixture) -> None:
    ended(jobs().start("key", Counting(5, fault=2)))
    assert "A job failed at row 3 of 5" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_job_does_not_keep_the_server_from_ending() -> None:
    class Kept(Counting):
        def row(self, place: int, cancelled: Callable[[], bool]) -> int:
            return int(threading.current_thread().daemon)

    running: Job[int] = jobs().start("key", Kept(1))
    assert ended(running).rows == [True]


# --- several readers ---


class Slow(Counting):
    """Work whose rows take some milliseconds, as real ones do."""

    def row(self, place: int, cancelled: Callable[[], bool]) -> int:
        time.sleep(0.004)
        return super().row(place, cancelled)


def test_a_reader_with_many_files_leaves_others_their_turn() -> None:
    running = jobs()
    greedy = [Slow(400, gate=1) for _ in range(2)]
    for number, work in enumerate(greedy):
        running.start(f"greedy {number}", work, "greedy")
    until(lambda: any(work.asked[-1:] == [1] for work in greedy))
    modest = running.start("modest", Slow(50), "modest")
    for work in greedy:
        work.open.set()
    ended(modest)
    assert sum(len(work.asked) for work in greedy) < 75
    assert len(modest.rows) == 50
    for number in range(2):
        job = running.find(f"greedy {number}")
        assert job is not None
        job.cancel()
        ended(job)


def test_thirty_two_files_of_one_reader_close_the_server_to_nobody() -> None:
    running, held = jobs(), [Counting(2, gate=0) for _ in range(40)]
    started = [running.start(str(key), work, "greedy") for key, work in enumerate(held)]
    assert [job.stopping for job in started] == [True] * 38 + [False] * 2
    other = running.start("other", Counting(3), "other")
    for work in held:
        work.open.set()
    assert ended(other).state == "done"
    for job in started:
        ended(job)


def test_the_first_of_a_readers_files_is_stopped_and_its_rows_stay(clock: Clock) -> None:
    running, held = jobs(), [Counting(3, gate=1) for _ in range(3)]
    first = running.start("0", held[0], "reader")
    until(lambda: held[0].asked[-1:] == [1])
    clock.now += 1
    running.start("1", held[1], "reader")
    clock.now += 1
    running.start("2", held[2], "reader")
    assert ended(first).state == "cancelled"
    assert first.rows == [0]
    for work in held:
        work.open.set()


def test_work_says_with_how_many_it_takes_turns() -> None:
    running, held = jobs(), [Counting(1, gate=0) for _ in range(3)]
    started = [running.start(str(n), work, f"reader {n // 2}") for n, work in enumerate(held)]
    assert [running.ahead(job) for job in started] == [1, 1, 1]
    for work in held:
        work.open.set()
    for job in started:
        ended(job)
    assert running.ahead(started[0]) == 0

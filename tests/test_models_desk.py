"""Never more passes than seats, the latest request of a reader wins, and nobody waits for ever."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest
import torch

from attention_core.errors import Superseded
from models.families import fake
from models.families.reader import Reader
from models.work.desk import Desk, cores


def start(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "waited for ten seconds in vain"
        time.sleep(0.001)


class Occupied:
    """A desk whose only seat is taken until `leave`."""

    def __init__(self) -> None:
        self.desk = Desk(seats=1)
        self.free = threading.Event()
        begun = threading.Event()

        def sit(cancelled: Callable[[], bool]) -> None:
            begun.set()
            self.free.wait(10)

        self.thread = start(lambda: self.desk.run("sitter", sit))
        assert begun.wait(10)

    def leave(self) -> None:
        self.free.set()
        self.thread.join()


def test_work_gets_its_result_back() -> None:
    assert Desk(seats=1).run("me", lambda cancelled: 42) == 42


def test_never_more_passes_than_seats() -> None:
    desk, running, most = Desk(seats=2), [0], [0]
    lock = threading.Lock()

    def work(cancelled: Callable[[], bool]) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.005)
        with lock:
            running[0] -= 1

    threads = [start(lambda key=key: desk.run(key, work)) for key in range(12)]  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert most == [2]


def test_a_newer_request_takes_the_place_of_one_that_waits() -> None:
    occupied, ended = Occupied(), []

    def ask(answer: str) -> None:
        try:
            ended.append(occupied.desk.run("me", lambda cancelled: answer))
        except Superseded:
            ended.append(f"{answer} superseded")

    threads = []
    for answer in ("first", "second", "third"):
        threads.append(start(lambda answer=answer: ask(answer)))  # type: ignore[misc]
        until(lambda: occupied.desk.ahead("me") == 0 and len(ended) + 1 == len(threads))
        until(lambda: occupied.desk.waiting == 1)
    assert ended == ["first superseded", "second superseded"]
    occupied.leave()
    for thread in threads:
        thread.join()
    assert ended[-1] == "third"


def test_a_newer_request_stops_one_that_runs() -> None:
    desk, begun, ended = Desk(seats=2), threading.Event(), []

    def long(cancelled: Callable[[], bool]) -> None:
        begun.set()
        until(cancelled)
        raise Superseded

    def ask() -> None:
        try:
            desk.run("me", long)
        except Superseded:
            ended.append("superseded")

    thread = start(ask)
    assert begun.wait(10)
    assert desk.run("me", lambda cancelled: cancelled()) is False
    thread.join()
    assert ended == ["superseded"]


def test_another_readers_request_supersedes_nobody() -> None:
    desk = Desk(seats=2)

    def outer(cancelled: Callable[[], bool]) -> bool:
        thread = start(lambda: desk.run("other", lambda inner: None))
        thread.join()
        return cancelled()

    assert desk.run("me", outer) is False


def test_requests_are_served_in_the_order_in_which_they_came() -> None:
    occupied, served = Occupied(), []
    threads = []
    for key in range(5):
        threads.append(
            start(lambda key=key: occupied.desk.run(key, lambda cancelled: served.append(key)))  # type: ignore[misc]
        )
        until(lambda: occupied.desk.waiting == len(threads))
    assert [occupied.desk.ahead(key) for key in range(5)] == [0, 1, 2, 3, 4]
    occupied.leave()
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]


class Unfair(threading.Condition):
    """Wakes those who wait in the reverse of the order in which they came."""

    def notify_all(self) -> None:
        self._waiters.reverse()  # type: ignore[attr-defined]
        super().notify_all()


def test_first_come_is_first_served_whoever_wakes_first() -> None:
    occupied, served = Occupied(), []
    occupied.desk._changed = Unfair()
    threads = []
    for key in range(5):
        threads.append(
            start(lambda key=key: occupied.desk.run(key, lambda cancelled: served.append(key)))  # type: ignore[misc]
        )
        until(lambda: occupied.desk.waiting == len(threads))
    occupied.leave()
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]


def test_two_seats_that_fall_free_together_are_both_taken() -> None:
    desk = Desk(seats=2)
    desk._changed = Unfair()
    sitting, free, together = threading.Barrier(3), threading.Event(), threading.Barrier(2)

    def sit(cancelled: Callable[[], bool]) -> None:
        sitting.wait(10)
        free.wait(10)

    def meet(cancelled: Callable[[], bool]) -> None:
        together.wait(30)

    threads = [start(lambda key=key: desk.run(key, sit)) for key in ("one", "two")]  # type: ignore[misc]
    sitting.wait(10)
    for key in range(2):
        threads.append(start(lambda key=key: desk.run(key, meet)))  # type: ignore[misc]
        until(lambda: desk.waiting == len(threads) - 2)
    with desk._changed:  # nobody is woken before both are on their way out
        free.set()
    for thread in threads:
        thread.join()
    assert not together.broken


def test_nobody_is_ahead_of_one_who_runs_or_never_asked() -> None:
    occupied = Occupied()
    assert occupied.desk.ahead("sitter") is occupied.desk.ahead("nobody") is None
    occupied.leave()


def test_a_failure_frees_its_seat() -> None:
    desk = Desk(seats=1)
    for fault in (ZeroDivisionError, KeyboardInterrupt, SystemExit):

        def fail(cancelled: Callable[[], bool], fault: type[BaseException] = fault) -> None:
            raise fault

        with pytest.raises(fault):
            desk.run("me", fail)
    assert desk.run("me", lambda cancelled: "free") == "free"
    assert desk.waiting == 0
    assert desk._latest == {}


def test_a_pass_has_its_own_bound_of_threads() -> None:
    before = torch.get_num_threads()
    assert Desk(seats=1, threads=1).run("me", lambda cancelled: torch.get_num_threads()) == 1
    torch.set_num_threads(before)
    assert cores() >= 1


def test_the_bound_of_threads_is_one_unless_said_otherwise() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    assert Desk(seats=1).run("me", lambda cancelled: torch.get_num_threads()) == 1
    assert Desk(seats=1, threads=2).run("me", lambda cancelled: torch.get_num_threads()) == 2
    torch.set_num_threads(before)


def test_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = {0: {1, 4, 6}}
    monkeypatch.setattr(os, "sched_getaffinity", allowed.__getitem__, raising=False)
    assert cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    for counted, expected in ((7, 7), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda counted=counted: counted)
        assert cores() == expected


def test_ten_quick_changes_of_a_slider_cost_about_one_reading() -> None:
    """Each change supersedes the one before; only the last has to finish."""
    desk, reader = Desk(seats=2), Reader("fake", fake.checkpoint())
    finished, superseded = [], []

    def ask(number: int) -> None:
        def work(cancelled: Callable[[], bool]) -> None:
            for _ in range(20):
                reader.read("the cat sat on the mat", cancelled=cancelled)

        try:
            desk.run("me", work)
            finished.append(number)
        except Superseded:
            superseded.append(number)

    threads = []
    for number in range(10):
        threads.append(start(lambda number=number: ask(number)))  # type: ignore[misc]
        time.sleep(0.002)
    for thread in threads:
        thread.join()
    assert finished[-1] == 9
    assert len(superseded) >= 5

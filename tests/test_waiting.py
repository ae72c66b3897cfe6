"""What a reader is told while they wait: the queue while there is one, then what is being done."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any

import pytest

from pages.frame import waiting
from pages.frame.waiting import Wait
from tests.test_models_desk import Occupied, until

NEXT = "You are next: the server is answering other readers."


class Place:
    """A place on a page that remembers what stood there."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def caption(self, sentence: str) -> None:
        self.said.append(sentence)

    def empty(self) -> None:
        self.said.append("")


def queued(desk: Any, *keys: str) -> list[threading.Thread]:
    """Requests that wait one behind the other."""
    threads = []
    for key in keys:
        threads.append(threading.Thread(target=desk.run, args=(key, lambda cancelled: None)))
        threads[-1].start()
        until(lambda: desk.waiting == len(threads))
    return threads


def test_a_reader_hears_how_many_come_before_them() -> None:
    occupied = Occupied()
    threads = queued(occupied.desk, "first", "second", "third")
    wait = Wait(occupied.desk)
    wait.step = "Reading"
    told = [wait.sentence(key) for key in ("sitter", "first", "second", "third")]
    occupied.leave()
    for thread in threads:
        thread.join()
    assert told == ["Reading", NEXT, "1 request is before yours.", "2 requests are before yours."]


def test_a_sentence_is_sent_when_it_is_another_one_and_taken_away_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.001)
    monkeypatch.setattr(waiting, "TICK", 0.001)
    occupied, place = Occupied(), Place()
    threads = queued(occupied.desk, "me")
    wait = Wait(occupied.desk)
    wait.step = "Reading"
    teller = threading.Thread(target=wait.tell, args=(place, "me"))
    teller.start()
    until(lambda: place.said == [NEXT])
    occupied.leave()
    until(lambda: place.said == [NEXT, "Reading"])
    wait.over.set()
    teller.join()
    threads[0].join()
    assert place.said == [NEXT, "Reading", ""]


def test_nothing_is_said_of_what_is_quickly_done() -> None:
    wait, place = Wait(), Place()
    wait.step = "Reading"
    wait.over.set()
    wait.tell(place, "me")  # type: ignore[arg-type]
    assert place.said == []


@pytest.mark.parametrize(("code", "counted"), [("en", True), ("zh", False)])
def test_the_seconds_are_counted_only_where_they_are_said_in_the_readers_language(
    code: str, counted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def spinner(_doing: str, show_time: bool) -> nullcontext[None]:
        asked.append(show_time)
        return nullcontext()

    monkeypatch.setattr("streamlit.spinner", spinner)
    monkeypatch.setattr("pages.frame.language.current", lambda: code)
    with waiting.shown("Reading"):
        pass
    assert asked == [counted]

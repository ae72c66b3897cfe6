"""The server's housekeeping: what is dead is freed when the memory has grown, or after a while."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from pages.frame import house


class Knot:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def dead_and_frozen() -> weakref.ref[Knot]:
    found = weakref.ref(Knot())
    gc.freeze()
    gc.collect()
    assert found() is not None, "what is frozen must be out of the collector's sight"
    return found


@pytest.mark.parametrize(
    ("grown", "later", "freed"),
    [
        (0, 0.0, False),
        (house.GROWTH, 0.0, False),
        (house.GROWTH + 1, 0.0, True),
        (0, house.SPRING_CLEANING + 1, True),
    ],
)
def test_a_full_collection_waits_until_it_is_due(
    grown: int, later: float, freed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, moment = 1 << 30, 1000.0
    monkeypatch.setattr(house, "held", lambda: memory)
    monkeypatch.setattr("pages.frame.house.time.monotonic", lambda: moment)
    keeper, knot = house.Keeper(), dead_and_frozen()
    memory, moment = memory + grown, moment + later
    keeper.tidy()
    assert (knot() is None) is freed
    assert keeper.memory == (memory if freed else memory - grown)


def test_the_memory_held_is_at_least_what_was_just_taken() -> None:
    before = house.held()
    taken = bytearray(b"x" * (64 << 20))
    assert house.held() - before > 0.9 * len(taken) or before == 0

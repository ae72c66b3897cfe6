"""What is large in a picture lies under an address that nobody guesses, every number of it."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.widgets import addressed
from pages.widgets.addressed import Store, numbers
from pages.widgets.hosts.streamlit import SMALL, light

RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.dirichlet(np.full(7, 0.3), (3, 5)).astype(np.float32)
"""(head, query, key)"""


def read(address: str, part: str = "", base: str = "") -> Any:
    """What the route answers."""
    with TestClient(Starlette(routes=addressed.ROUTES)) as client:
        return client.get(f"{base}/{address}{part and '/' + part}")


def put(value: Any) -> str:
    address = addressed.STORE.put(value)
    assert address is not None
    return address


@pytest.mark.parametrize("base", ["", "/atlas", "/some/where"])
def test_numbers_are_served_as_they_are_wherever_the_app_is_mounted(base: str) -> None:
    answer = read(put(WEIGHTS), base=base)
    assert np.array_equal(np.frombuffer(answer.content, "<f4").reshape(3, 5, 7), WEIGHTS)
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"


def test_every_part_is_the_numbers_that_it_is_called() -> None:
    address = put(WEIGHTS)
    parts = {
        "2/all": WEIGHTS[2], "row/4": WEIGHTS[:, 4], "column/6": WEIGHTS[:, :, 6],
    }  # fmt: skip
    for part, wanted in parts.items():
        found = np.frombuffer(read(address, part).content, "<f4")
        assert np.array_equal(found, wanted.ravel()), part


@pytest.mark.parametrize(
    "part",
    ["3/all", "row/5", "column/7", "0", "0/row/1", "-1/all", "0/all/", "row/", "1e3/all", "../x"],
)
def test_a_part_that_is_not_there_is_not_found(part: str) -> None:
    assert read(put(WEIGHTS), part).status_code == 404


def test_text_has_no_rows() -> None:
    assert numbers(np.arange(3, dtype=np.uint8), "row/0") is None
    assert numbers(np.arange(3, dtype=np.uint8), "0/all") is None


@given(
    arrays(
        np.float32,
        some.tuples(some.integers(1, 6), some.integers(1, 6)),
        elements=some.floats(0, 1, width=32),
    ),
    some.booleans(),
)
def test_shades_are_the_steps_of_the_palette_that_the_numbers_have(
    plane: np.ndarray[Any, np.dtype[np.float32]], by_rows: bool
) -> None:
    """As the browser works a small matrix out: round(255 × weight / largest)."""
    found = numbers(plane, "0/rows" if by_rows else "0/matrix")
    assert found is not None
    count = len(plane) if by_rows else 1
    most = np.frombuffer(found, "<f4", count)
    steps = np.frombuffer(found, np.uint8, offset=4 * count).reshape(plane.shape)
    assert np.array_equal(most, plane.max(1) if by_rows else [plane.max()])
    for row, cells in enumerate(plane):
        largest = most[row if by_rows else 0]
        for column, weight in enumerate(cells):
            share = np.float32(weight / largest) if largest else np.float32(0)
            assert steps[row, column] == int(float(share) * 255 + 0.5)


def test_steps_of_shares_are_shaded_like_the_shares() -> None:
    steps = np.array([[[10, 5], [0, 20]]], np.uint16)
    found = numbers(steps, "0/rows")
    assert found == np.array([10, 20], "<f4").tobytes() + bytes([255, 128, 0, 255])


def test_an_address_says_nothing_about_what_lies_there_to_who_guesses_it() -> None:
    """Another process, and so another secret, gives the same text another address."""
    code = (
        "import numpy as np; from pages.widgets.addressed import STORE;"
        "print(STORE.put(np.arange(1000)))"
    )
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout  # noqa: S603
        for _ in range(2)
    }
    assert len(found) == 2


def test_one_content_has_one_address_and_another_content_or_type_another() -> None:
    same = put(WEIGHTS.copy())
    assert same == put(WEIGHTS)
    others = {put(WEIGHTS.reshape(5, 3, 7)), put(WEIGHTS.view(np.int32)), put(WEIGHTS[:, ::-1])}
    assert len(others | {same}) == 4


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    kept = Store(most=3_000)
    first, *others = [kept.put(np.full(1_000, one, np.uint8)) for one in range(4)]
    assert first is not None
    assert kept.part(first) is None
    assert all(one is not None and kept.part(one) for one in others)
    assert kept.put(np.zeros(3_001, np.uint8)) is None


def test_what_is_asked_for_stays_longer_and_comes_back_under_the_same_address() -> None:
    kept = Store(most=3_000)
    made = [np.full(1_000, one, np.uint8) for one in range(4)]
    one, two, three = (kept.put(value) for value in made[:3])
    assert one is not None
    assert two is not None
    assert kept.part(one)
    kept.put(made[3])
    assert (kept.part(two), three is None) == (None, False)
    assert gzip.decompress(kept.part(one) or b"") == made[0].tobytes()
    assert kept.put(made[1]) == two
    assert gzip.decompress(kept.part(two) or b"") == made[1].tobytes()


def test_readers_at_once_get_what_they_asked_for() -> None:
    kept = Store(most=50_000)
    made = [RANDOM.integers(0, 255, (20, 100), np.uint8) for _ in range(60)]

    def asks(place: int) -> bool:
        address = kept.put(made[place % 60])
        found = kept.part(address or "", f"row/{place % 20}")
        return found is None or gzip.decompress(found) == made[place % 60][place % 20].tobytes()

    with ThreadPoolExecutor(8) as readers:
        assert all(readers.map(asks, range(2_000)))


def test_a_message_holds_what_is_small_and_says_where_the_rest_is() -> None:
    assert light("a title") == "a title"
    assert light(None) is None
    assert light(["a"] * 9) == ["a"] * 9
    small = np.zeros(SMALL // 4, np.float32)
    assert base64.b64decode(light(small)["base64"]) == small.tobytes()
    words = ["word"] * 200
    sent = light(words)
    assert len(json.dumps(sent)) < 120
    assert json.loads(read(sent["at"]).content) == words
    sent = light(WEIGHTS)
    assert (sent["dtype"], sent["shape"]) == ("float32", [3, 5, 7])
    assert len(json.dumps(sent)) < 150


def test_what_the_browser_missed_comes_inside_the_message() -> None:
    address = light(WEIGHTS)["at"]
    inside = light(WEIGHTS, {address})
    assert base64.b64decode(inside["base64"]) == WEIGHTS.tobytes()
    assert inside["shape"] == [3, 5, 7]
    words = ["word"] * 200
    assert light(words, {light(words)["at"]}) == words


def test_what_is_larger_than_an_address_may_hold_comes_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(addressed, "STORE", Store(most=100))
    assert "base64" in light(WEIGHTS)
